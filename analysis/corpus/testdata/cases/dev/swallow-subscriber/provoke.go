//go:build provoke

package subscriber

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"commit": func() {
			m := &Message{}
			Receive(m, func(*Message) error { panic("x") })
			if m.Committed {
				println("SHOWN")
			}
		},
		"reterr": func() {
			if _, err := Exec(func() int { panic("x") }); err == nil {
				println("SHOWN")
			}
		},
		"drop": func() { Drop([]func(){func() { panic("x") }}); println("SHOWN") },
		"named": func() {
			if Named(&Message{}, func(*Message) error { panic("x") }) == nil {
				println("SHOWN")
			}
		},
		"handed": func() {
			if Handed(&Message{}, func(*Message) error { panic("x") }) == nil {
				println("SHOWN")
			}
		},
		"walk":   func() { Walk(&Message{}, func(*Message) { panic(errStop) }) },
		"logged": func() { Logged(&Message{}, func(*Message) error { panic("x") }) },
	}
}
