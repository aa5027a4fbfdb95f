package tracee

import (
	"strings"
	"testing"
)

// TestProgram: the program does what it says, built in the least usual way.
func TestProgram(t *testing.T) {
	p := Start(t, Build(t, Toolchains[0], PIEStripped))
	for _, name := range p.Shapes() {
		a := p.Do(name)
		if len(a.Panics) == 0 {
			t.Errorf("%s: no panic noted", name)
		}
		for _, seen := range a.Panics {
			if len(seen.Stack) < 2 || seen.Goid == 0 {
				t.Errorf("%s: %+v", name, seen)
			}
		}
	}
	if n := len(p.Do("nested").Panics); n != 1 {
		t.Errorf("nested: %d panics noted", n)
	}
	p.Send("die-string")
	if err := p.Wait(); err == nil || err.Error() != "exit status 2" || !strings.Contains(p.Stderr.String(), "panic: a text") {
		t.Errorf("die-string: %v, %s", err, p.Stderr)
	}
}
