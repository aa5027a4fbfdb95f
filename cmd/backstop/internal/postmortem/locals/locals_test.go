package locals

import (
	"errors"
	"strings"
	"testing"
)

// TestMasked: a value is a secret because it looks like one, or because of its name.
func TestMasked(t *testing.T) {
	for _, c := range []struct{ name, value, without string }{
		{"password", `"hunter2"`, "hunter2"},
		{"text", `"password=hunter2"`, "hunter2"},
		{"to", `"jane.doe@example.com"`, "jane.doe"},
	} {
		if got := masked(c.name, c.value); strings.Contains(got, c.without) {
			t.Errorf("%s = %s shows %s", c.name, c.value, got)
		}
	}
	if got := masked("index", "3"); got != "3" {
		t.Errorf("a harmless value became %q", got)
	}
}

func TestUnreadable(t *testing.T) {
	if got := unreadable(errors.New("could not find loclist entry at 0x1 for address 0x2")); got != "not kept at this point" {
		t.Errorf("a variable that is gone: %q", got)
	}
	if got := unreadable(errors.New(strings.Repeat("é", 500))); len(got) > maxTypeLen+len("...") || strings.ContainsRune(got, '\ufffd') {
		t.Errorf("a long reason: %d bytes", len(got))
	}
}

// TestSurvive: a panic of the debugger is an error.
func TestSurvive(t *testing.T) {
	fails := func() (err error) {
		defer survive(&err)
		panic("index out of range")
	}
	if err := fails(); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("it says %v", err)
	}
}
