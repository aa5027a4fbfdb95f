//go:build provoke

package report

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"run":   func() { (&tracker{}).Run(func() { panic("job") }) },
		"named": func() { RunNamed("a", func() { panic("job") }) },
		"quiet": func() { Quiet(func() { panic("job") }) },
		"spawn": func() { (&tracker{}).Spawn(func() { panic("job") }) },
		"late":  func() { (&tracker{}).Late(func() { panic("job") }) },
		"safe":  func() { (&tracker{}).Safe(func() { panic("job") }) },
		"note":  func() { (&tracker{}).Note("a", func() { panic("job") }) },
	}
}
