//go:build provoke

package crawl

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"group":        func() { All([]string{"a"}, func(string) []byte { return nil }) },
		"groupguarded": func() { AllGuarded([]string{"a"}, func(string) []byte { return nil }) },
		"dnscrypt":     func() { s := Serve(1); s.in <- nil; select {} },
		"once":         func() { s := ServeOnce(); s.in <- nil; close(s.in) },
	}
}
