//go:build provoke

package session

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"drop": func() {
			done := make(chan struct{})
			(&session{names: map[string]int{}}).Drop("", done)
			<-done
			select {}
		},
		"clean": func() { (&session{}).Clean([]func(){func() { panic("hook") }}) },
		"reset": func() { (&session{}).Reset("") },
		"touch": func() { (&guard{}).Touch(&session{names: map[string]int{}}, "a") },
		"count": func() {
			if Count([]string{"a"}) != 1 {
				println("SHOWN")
			}
		},
	}
}
