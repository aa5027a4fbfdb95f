//go:build provoke

package registry

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"stats":     func() { New() },
		"setlabels": func() { Labels() },
		"pair":      func() { Pair(1) },
		"pair2":     func() { Pair(2) },
		"register":  func() { (&Registry{}).Register("a", nil) },
		"reset":     func() { (&Registry{}).Reset() },
		"set":       func() { Set(map[string]int{}, "a") },
	}
}
