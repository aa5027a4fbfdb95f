//go:build provoke

package mapped

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"read": func() { Open([]byte{1}).Read(make([]byte, 3)) },
		"loop": func() {
			in, out := make(chan *segment, 1), make(chan int, 1)
			in <- Open(nil)
			close(in)
			Loop(in, out)
		},
	}
}
