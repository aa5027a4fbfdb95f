//go:build provoke

package guard

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"arg":     func() { Run(func() { panic("boom") }) },
		"method":  func() { (&pool{}).Run(func() { panic("boom") }) },
		"result":  func() { Result(func() { panic("boom") }) },
		"plain":   func() { Plain(func() { panic("boom") }) },
		"handler": func() { SetHandler(func(string, any) {}); Job("a", func() { panic("boom") }) },
		"job2":    func() { SetHandler(func(string, any) {}); Job2("a", func() { panic("boom") }) },
		"value":   func() { Value(func() { panic("boom") }) },
	}
}
