//go:build provoke

package flow

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"drained": func() { Drain([]string{"a"}, func() (string, bool) { return "", false }) },
		"check":   func() { Check(func() error { return nil }) },
		"exit":    func() { Exit(1) },
		"must":    func() { Must(func() error { return nil }) },
		"maybe":   func() { Maybe(9) },
	}
}
