//go:build provoke

package spawn

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"async": func() { Async(func() { panic("async") }) },
		"all":   func() { All(func() { panic("all") }) },
		"call":  func() { base{&plugin{}}.Call(func() { panic("x") }) },
		"start": func() { Start(func() { panic("x") }, make(chan struct{})) },
		"inner": func() { Inner(func() {}, func() { panic("x") }) },
	}
}
