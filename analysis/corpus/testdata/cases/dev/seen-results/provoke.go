//go:build provoke

package packets

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"header": func() { (&Node{addr: 1, kids: make([]Node, 3)}).Header(); (&Node{}).Header() },
		"pack":   func() { Pack(false, "a"); Pack(true, "a") },
		"nested": func() {
			Nested(map[string]*Node{"a": {}}, "a.b")
			Nested(map[string]*Node{"a": {}, "b": {}}, "a.b")
			Nested(nil, "")
		},
		"pooled": func() { Pooled() },
		"listed": func() { Listed(&Node{}) },
		"lease":  func() { Lease(false); Lease(true) },
		"stop":   func() { (&Hooks{map[string]func(){"a": func() {}}}).Stop() },
		"run":    func() { new(Producer).Run(false, "a"); new(Producer).Run(true, "a") },
	}
}
