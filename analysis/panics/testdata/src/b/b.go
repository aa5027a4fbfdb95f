// Package b is another package.
package b

// Explode panics with what it is given.
func Explode(s string) {
	if s == "" {
		panic("b: empty name")
	}
}

// Deep leads to Explode.
func Deep(s string) { middle(s) }

func middle(s string) { Explode(s) }

// Quiet has a guard.
func Quiet(s string) {
	defer func() {
		if r := recover(); r != nil {
			println("recovered")
		}
	}()
	Explode(s)
}
