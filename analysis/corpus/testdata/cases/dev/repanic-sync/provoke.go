//go:build provoke

package controller

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"always":      func() { Sync("a", func(string) error { return nil }) },
		"wrapped":     func() { Wrapped("a", func(string) error { return nil }) },
		"rethrow":     func() { (&controller{}).Run(nil) },
		"alwaysfixed": func() { Checked("a", func(string) error { return nil }) },
		"early":       func() { Early("a", func(string) error { return nil }) },
		"must":        func() { Must("a", func(string) error { return nil }) },
		"done":        func() { Done("a", func(string) error { return nil }) },
	}
}
