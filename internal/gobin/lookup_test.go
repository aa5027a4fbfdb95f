package gobin_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// declared returns the line of the source file that text stands on.
func declared(t *testing.T, file, text string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "prog", file))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		if strings.Contains(line, text) {
			return i + 1
		}
	}
	t.Fatalf("%s has no %q", file, text)
	return 0
}

// TestLookup finds functions by the names that tracebacks print, with and
// without code of their own.
func TestLookup(t *testing.T) {
	f := open(t, build(t, current(), pieStripped))
	for _, c := range []struct {
		name, file, text string
		n                int
		inlined          bool
	}{
		{"main.main", "main.go", "func main()", 1, false},
		{"main.plain", "main.go", "func plain()", 1, false},
		{"main.outer", "main.go", "func outer(", 1, true},
		{"main.middle", "main.go", "func middle(", 1, true},
		{"main.inner", "inner.go", "func inner(", 1, true},
		{"main.closures.func1", "main.go", "f := func()", 1, true},
		{"main.closures.func2", "main.go", "g := func()", 1, true},
		{"main.thing.value", "main.go", "func (t thing) value()", 1, true},
		{"main.(*thing).pointer", "main.go", "func (t *thing) pointer()", 1, true},
		{"main.deferred.func1", "main.go", "defer func()", 1, false},
		{"main.(*list[...]).push", "generic.go", "func (l *list[T]) push", 2, false},
		{"main.each[...]", "generic.go", "func each[T any]", 2, false},
		{"main.onlyInlined[...]", "generic.go", "func onlyInlined[T any]", 2, true},
	} {
		funcs, err := f.Lookup(c.name)
		if err != nil || len(funcs) != c.n {
			t.Errorf("%s: %+v, %v; want %d", c.name, funcs, err, c.n)
		}
		line := declared(t, c.file, c.text)
		for _, fn := range funcs {
			if fn.Name != c.name || filepath.Base(fn.File) != c.file || fn.StartLine != line || fn.Inlined != c.inlined {
				t.Errorf("%s: %+v, want %s:%d", c.name, fn, c.file, line)
			}
			if (fn.Entry < fn.End) == c.inlined {
				t.Errorf("%s: code from %#x to %#x", c.name, fn.Entry, fn.End)
			}
			again, err := f.Lookup(fn.Symbol)
			if err != nil || len(again) != 1 || again[0] != fn {
				t.Errorf("%s: looked up again: %+v, %v", fn.Symbol, again, err)
			}
		}
	}
	if funcs, err := f.Lookup("panic"); err != nil || len(funcs) != 1 || funcs[0].Symbol != "runtime.gopanic" {
		t.Errorf("panic is %+v, %v", funcs, err)
	}
	for _, name := range []string{"", "main.mai", "ain.main", "main.main\x00main.plain", "main.each[...].func", "main.each["} {
		if funcs, err := f.Lookup(name); !errors.Is(err, gobin.ErrNotFound) {
			t.Errorf("%q is %+v, %v", name, funcs, err)
		}
	}
}

// TestResolve takes offsets from a traceback that the program itself printed.
func TestResolve(t *testing.T) {
	for _, m := range []mode{stripped, pieStripped} {
		exe := build(t, current(), m)
		f := open(t, exe)
		text := command(t, ".", nil, exe, "traceback")
		calls := regexp.MustCompile(`(?m)^(\S+)\(.*\)\n\t(\S+):(\d+)(?: \+(0x[0-9a-f]+))?`).FindAllStringSubmatch(text, -1)
		if len(calls) < 8 {
			t.Fatalf("no traceback:\n%s", text)
		}
		resolveAll(t, f, calls)
	}
}

// resolveAll checks that the calls between two that have an offset are those
// inlined into the second.
func resolveAll(t *testing.T, f *gobin.File, calls [][]string) {
	t.Helper()
	first, fault := 0, false
	for i, c := range calls {
		if c[4] == "" {
			continue
		}
		funcs, err := f.Lookup(c[1])
		if err != nil {
			t.Errorf("%s: %v", c[1], err)
			continue
		}
		var stacks []string
		for _, fn := range funcs { // the instances of a generic function
			frames, err := f.Resolve(fn, hex(t, c[4][2:]), !fault)
			if err == nil {
				stacks = append(stacks, frameText(frames))
			} else if !errors.Is(err, gobin.ErrNotFound) {
				t.Errorf("%s: %v", c[1], err)
			}
		}
		want := ""
		for _, c := range calls[first : i+1] {
			name := c[1]
			if name == "panic" {
				name = "runtime.gopanic"
			}
			want += name + " " + c[2] + ":" + c[3] + "\n"
		}
		if !strings.Contains(strings.Join(stacks, ""), want) {
			t.Errorf("%s +%s:\n%sthe runtime printed\n%s", c[1], c[4], strings.Join(stacks, "or\n"), want)
		}
		// The panic is that of a fault: runtime.sigpanic, which the traceback
		// leaves out, was not called.
		first, fault = i+1, c[1] == "panic"
	}
}

func frameText(frames []gobin.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%s %s:%d\n", f.Func, f.File, f.Line)
	}
	return b.String()
}

// TestConcurrent asks one file from several goroutines at once.
func TestConcurrent(t *testing.T) {
	exe := build(t, current(), pieStripped)
	want, err := digest(open(t, exe))
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, exe)
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if got, err := digest(f); err != nil || got != want {
				t.Errorf("%v, or other answers", err)
			}
		}()
	}
	wg.Wait()
}
