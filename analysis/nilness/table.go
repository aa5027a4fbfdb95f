package nilness

import (
	"bufio"
	_ "embed"
	"fmt"
	"go/constant"
	"go/types"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

//go:generate go run ./tabulate std.txt

// std.txt is made by running [Analyzer] on the standard library. Functions whose
// code says less than their documentation are in more.txt.
//
//go:embed std.txt
var stdTable string

//go:embed more.txt
var moreTable string

var words = []struct {
	word string
	bits Result
}{
	{"any", NilWithErr | NilWithAny},
	{"some", NilWithErr},
	{"false", NilOnFalse},
	{"withnil", NilWithNil},
	{"free", NilFree},
	{"sure", NilForSure},
	{"input", NilOfInput},
}

var paramWords = []struct {
	word string
	bits Param
}{
	{"dies", DiesOfNil | DerefsNil},
	{"derefs", DerefsNil},
	{"writes", WritesNil},
	{"calls", CallsNil | DiesOfNil},
}

func tableOf(text string) func() map[string]Func {
	return sync.OnceValue(func() map[string]Func {
		m := make(map[string]Func)
		if err := readTable(strings.NewReader(text), m); err != nil {
			panic(err) // a test reads both
		}
		return m
	})
}

var (
	made    = tableOf(stdTable)
	written = tableOf(moreTable)
)

// readTable reads lines of a name and what is known of it: r0=any is a result, p1=dies a
// parameter, the receiver counted, safe a method whose receiver may be nil, and
// only= the variable with the only error.
func readTable(r io.Reader, into map[string]Func) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		var f Func
		for _, word := range fields[1:] {
			if err := f.read(word); err != nil {
				return fmt.Errorf("%s: %w", fields[0], err)
			}
		}
		into[fields[0]] = f
	}
	return lines.Err()
}

func (f *Func) read(word string) error {
	if word == "safe" {
		f.safe = true
		return nil
	}
	at, list, ok := strings.Cut(word, "=")
	if at == "only" {
		f.Only = list
		return nil
	}
	if !ok || len(at) < 2 {
		return fmt.Errorf("unknown word %q", word)
	}
	n, err := strconv.Atoi(at[1:])
	if err != nil || n < 0 || n > 100 {
		return fmt.Errorf("%q counts nothing", at)
	}
	for _, w := range strings.Split(list, ",") {
		known := false
		if at[0] == 'r' {
			f.Results = grow(f.Results, n)
			for _, k := range words {
				if k.word == w {
					f.Results[n] |= k.bits
					known = true
				}
			}
		} else {
			f.Params = grow(f.Params, n)
			for _, k := range paramWords {
				if k.word == w {
					f.Params[n] |= k.bits
					known = true
				}
			}
		}
		if !known {
			return fmt.Errorf("unknown word %q", w)
		}
	}
	return nil
}

func grow[T any](s []T, n int) []T {
	for len(s) <= n {
		var zero T
		s = append(s, zero)
	}
	return s
}

// stdlib is what the table made of the standard library says. Methods with a pointer
// receiver dereference it unless they are listed as safe.
func stdlib(obj *types.Func) (Func, bool) {
	if !inStd(obj.Pkg().Path()) {
		return Func{}, false
	}
	f := made()[ir.Name(obj)]
	sig, _ := obj.Type().(*types.Signature)
	if sig == nil || sig.Recv() == nil || f.safe {
		return f, true
	}
	if _, ok := types.Unalias(sig.Recv().Type()).(*types.Pointer); ok {
		f.Params = grow(slices.Clone(f.Params), 0)
		f.Params[0] |= DerefsNil
	}
	return f, true
}

// inStd reports whether an import path is of the standard library: its first
// element has no dot. Modules without a dot in their path are rare, and facts of
// theirs are preferred.
func inStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return stdRoots[first]
}

var stdRoots = map[string]bool{
	"archive": true, "bufio": true, "bytes": true, "cmp": true, "compress": true, "container": true, "context": true,
	"crypto": true, "database": true, "debug": true, "embed": true, "encoding": true, "errors": true, "expvar": true,
	"flag": true, "fmt": true, "go": true, "hash": true, "html": true, "image": true, "index": true, "io": true,
	"iter": true, "log": true, "maps": true, "math": true, "mime": true, "net": true, "os": true, "path": true,
	"plugin": true, "reflect": true, "regexp": true, "runtime": true, "slices": true, "sort": true, "strconv": true,
	"strings": true, "sync": true, "syscall": true, "testing": true, "text": true, "time": true, "unicode": true,
	"unique": true, "unsafe": true, "weak": true,
}

// Tabulate writes what is known of exported functions as [readTable] reads it.
func Tabulate(w io.Writer, facts map[string]Func, safe map[string]bool) error {
	names := make(map[string]bool)
	for name := range facts {
		names[name] = true
	}
	for name := range safe {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := facts[name]
		line := name
		for n, r := range f.Results {
			var list []string
			if r&NilWithAny != 0 {
				list = append(list, "any")
				r &^= NilWithErr
			}
			for _, k := range words[1:] {
				if r&k.bits == k.bits {
					list = append(list, k.word)
				}
			}
			if len(list) > 0 {
				line += fmt.Sprintf(" r%d=%s", n, strings.Join(list, ","))
			}
		}
		for n, p := range f.Params {
			recv := n == 0 && strings.HasPrefix(name, "(")
			switch {
			case p&WritesNil != 0:
				line += fmt.Sprintf(" p%d=writes", n)
			case p&DiesOfNil != 0 && p&CallsNil != 0:
				line += fmt.Sprintf(" p%d=calls", n)
			case p&DiesOfNil != 0 && !recv:
				line += fmt.Sprintf(" p%d=dies", n)
			}
		}
		if safe[name] {
			line += " safe"
		}
		if line == name {
			continue
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func constString(c *ssa.Const) string {
	if c.Value.Kind() == constant.String {
		return constant.StringVal(c.Value)
	}
	return c.Value.ExactString()
}
