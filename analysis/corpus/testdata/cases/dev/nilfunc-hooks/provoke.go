//go:build provoke

package hooks

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"start":      func() { Start("") },
		"run":        func() { Run() },
		"pick":       func() { Pick() },
		"print":      func() { (&printer{}).Loop(nil) },
		"printfixed": func() { (&printer{}).LoopFixed() },
		"default":    func() { Default(nil) },
		"given":      func() { Given(func() {}) },
		"stop":       func() { Stop(&Options{}, nil) },
		"table":      func() { Table("b"); Table("a") },
	}
}
