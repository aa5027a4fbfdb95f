//go:build provoke

package latch

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"run": func() {
			for range 50000 {
				l := New(&part{run: func() error { panic("x") }})
				if l.Run() == nil {
					println("SHOWN")
					return
				}
			}
		},
		"runright": func() {
			for range 100 {
				l := New(&part{run: func() error { panic("x") }})
				if l.RunRight() == nil {
					println("SHOWN")
				}
			}
		},
		"closed": func() {
			if Closed(func() (func(), error) { return func() {}, nil }) == nil {
				println("SHOWN")
			}
		},
		"flag": func() {
			if !Flag(func() { panic("x") }) {
				println("SHOWN")
			}
		},
	}
}
