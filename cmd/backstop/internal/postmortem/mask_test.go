package postmortem

import "testing"

// A name that says that a value is a secret hides all of it, in whichever form.
func TestMaskNamed(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"password", "correct horse battery", "[redacted]"},
		{"api_key", "k", "[redacted]"},
		{"user", "bob \"the\"\nbuilder", "bob \"the\"\nbuilder"},
		{"", "password=hunter2 for bob", "password=[redacted] for bob"},
		{"password", "", ""},
	} {
		if got := maskNamed(c.name, c.text); got != c.want {
			t.Errorf("%q: %q becomes %q, want %q", c.name, c.text, got, c.want)
		}
	}
}
