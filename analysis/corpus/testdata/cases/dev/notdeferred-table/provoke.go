//go:build provoke

package jobs

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"table": func() { RunAll([]job{{run: func() { panic("x") }}}) },
		"step":  func() { Step("a", nil) },
		"sweep": func() { Sweep(nil) },
	}
}
