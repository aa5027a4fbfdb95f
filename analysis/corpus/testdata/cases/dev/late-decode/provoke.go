//go:build provoke

package decode

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"frame": func() { Decode(nil) },
		"visit": func() { Visit(nil, func(Frame) {}) },
		"early": func() {
			if _, err := Early(nil); err == nil {
				println("SHOWN")
			}
		},
		"locked": func() {
			if _, err := Locked(nil); err == nil {
				println("SHOWN")
			}
		},
		"checked": func() {
			Checked(nil, nil)
			if Checked([]byte{1}, func(Frame) { panic("x") }) == nil {
				println("SHOWN")
			}
		},
	}
}
