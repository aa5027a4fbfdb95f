//go:build provoke

package users

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"host":     func() { Host("%zz://") },
		"team":     func() { (&Store{}).TeamOf("a") },
		"rename":   func() { (&Store{map[string]*User{}}).Rename("a", "b") },
		"walk":     func() { Walk("/no/such") },
		"either":   func() { (&Store{}).Either("a") },
		"ensure":   func() { (&Store{map[string]*User{}}).Ensure("a") },
		"greet":    func() { (&Store{}).Greet("a") },
		"constant": func() { Constant() },
		"switch":   func() { (&Store{}).Switch("a") },
		"both":     func() { (&Store{}).Both("a") },
		"value":    func() { Value("") },
	}
}
