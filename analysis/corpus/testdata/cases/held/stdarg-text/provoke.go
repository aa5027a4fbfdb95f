//go:build provoke

package table

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"bar":       func() { Bar(1, "label") },
		"bubble":    func() { Bubble([]string{"long"}, 1) },
		"pick":      func() { Pick(nil) },
		"conns":     func() { (&reader{}).Next() },
		"jitter":    func() { Jitter(0) },
		"rule":      func() { Rule("") },
		"barfixed":  func() { BarFixed(1, "label") },
		"indent":    func() { Indent(nil) },
		"pickfixed": func() { PickFixed(nil) },
		"die":       func() { Die() },
		"pad":       func() { Pad("long", 1) },
		"grow":      func() { Grow(nil) },
		"longest":   func() { Longest([]string{"a", "bb"}) },
	}
}
