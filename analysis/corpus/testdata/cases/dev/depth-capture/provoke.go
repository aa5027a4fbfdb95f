//go:build provoke

package worker

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"capture": func() { Task(std{}, func() { panic("task") }) },
		"nested":  func() { Timed(std{}, func() { panic("task") }) },
		"direct": func() {
			if Direct(std{}, func() { panic("task") }) == nil {
				println("SHOWN")
			}
		},
		"capturefixed": func() {
			if Fixed(std{}, func() { panic("task") }) == nil {
				println("SHOWN")
			}
		},
		"again": func() { Again(std{}, func() {}, func() { panic("cleanup") }) },
	}
}
