//go:build provoke

package index

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"of":     func() { Of("a") },
		"group":  func() { Group([]int{1}, func(n int) int { return n }) },
		"header": func() { Header("a") },
		"last":   func() { Last(nil) },
		"add":    func() { (&node{}).add("a", "b") },
		"addset": func() { var s Set[int]; s.Keys(); s.Add(1) },
		"lazy":   func() { Lazy(true) },
		"result": func() { Result([]string{"a"}) },
	}
}
