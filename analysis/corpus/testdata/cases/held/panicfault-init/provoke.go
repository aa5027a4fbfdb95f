//go:build provoke

package fault

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"guarded": func() { (&File{}).Guarded() },
		"inside":  func() { out := make(chan error); (&File{}).Inside(out); <-out },
	}
}
