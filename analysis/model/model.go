// Package model tells of functions whose source is not looked at, or whose
// source does not say it: which never return, which call their arguments, in
// which goroutine, and who recovers there.
//
// A model is lines of text, so that users can add their own:
//
//	# function                              statement
//	time.AfterFunc                          calls 1 goroutine
//	net/http.HandleFunc                     calls 1 request guarded net/http
//	(*example.com/pool.Pool).Submit         calls 0 goroutine guarded the pool
//	example.com/crash.Exit                  never-returns
//
// Functions are written as go/types names them. Parameters are counted from 0,
// without the receiver.
package model

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Where a callback runs.
type Where string

// Places where a callback runs.
const (
	Caller    Where = "caller"    // in the goroutine that passed it, before the call returns
	Goroutine Where = "goroutine" // in a goroutine of its own
	Request   Where = "request"   // in a goroutine that serves requests
	Stored    Where = "stored"    // kept and called later by whoever holds it; nothing is known
)

// A Callback is a parameter that the function calls, or has called.
type Callback struct {
	Param   int    // counted from 0, without the receiver
	Where   Where  //
	Guarded bool   // a panic in it is recovered by who calls it
	By      string // who guards: "net/http", "golang.org/x/sync/errgroup"

	// Deferred says that the function is what a defer statement runs, so that it
	// may recover.
	Deferred bool

	// Kept says that the function is not started by the callee, but kept where a
	// goroutine finds it.
	Kept bool
}

// A Func is what is known of one function.
type Func struct {
	NeverReturns bool // os.Exit, log.Fatal, runtime.Goexit
	Exits        bool // ends the process, without deferred calls
	Panics       bool // always panics: log.Panic
	Must         bool // panics when its argument or error says so: regexp.MustCompile
	Reports      bool // tells somebody: a log, an error tracker
	Stack        bool // captures the stack of its caller
	Recovers     bool // is a guard when it is deferred itself
	Safe         bool // never panics, whatever its arguments are
	Callbacks    []Callback
}

// A Model knows functions by name: "(*sync.Once).Do".
type Model struct {
	funcs map[string]Func
}

// Func returns what is known of the function that go/types calls name.
func (m *Model) Func(name string) (Func, bool) {
	f, ok := m.funcs[name]
	return f, ok
}

// Names lists the functions, sorted.
func (m *Model) Names() []string { return slices.Sorted(maps.Keys(m.funcs)) }

//go:embed std.txt
var std string

//go:embed thirdparty.txt
var thirdParty string

// Default is the model that comes with the analyzers: the standard library and
// libraries that many services use.
var Default = sync.OnceValue(func() *Model {
	m := &Model{funcs: make(map[string]Func)}
	for name, text := range map[string]string{"std.txt": std, "thirdparty.txt": thirdParty} {
		if err := m.add(name, strings.NewReader(text)); err != nil {
			panic(err) // a test reads both files
		}
	}
	return m
})

// With returns the model with the statements of r added; name is for errors.
func (m *Model) With(name string, r io.Reader) (*Model, error) {
	more := &Model{funcs: maps.Clone(m.funcs)}
	return more, more.add(name, r)
}

func (m *Model) add(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if len(fields) == 1 {
			return fmt.Errorf("%s:%d: nothing is said of %s", name, n, fields[0])
		}
		f := m.funcs[fields[0]]
		f.Callbacks = slices.Clone(f.Callbacks)
		if err := f.state(fields[1], fields[2:]); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		m.funcs[fields[0]] = f
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func (f *Func) state(word string, args []string) error {
	if word == "calls" {
		c, err := callback(args)
		if err != nil {
			return err
		}
		f.Callbacks = append(f.Callbacks, c)
		return nil
	}
	switch word {
	case "never-returns":
		f.NeverReturns = true
	case "exits":
		f.NeverReturns, f.Exits = true, true
	case "panics":
		f.NeverReturns, f.Panics = true, true
	case "must":
		f.Must = true
	case "reports":
		f.Reports = true
	case "stack":
		f.Stack = true
	case "recovers":
		f.Recovers = true
	case "safe":
		f.Safe = true
	default:
		return fmt.Errorf("unknown statement %q: calls, never-returns, exits, panics, must, reports, stack, recovers or safe", word)
	}
	if len(args) > 0 {
		return fmt.Errorf("%s takes nothing behind it, got %q", word, strings.Join(args, " "))
	}
	return nil
}

// callback reads PARAM WHERE [guarded [BY]].
func callback(args []string) (Callback, error) {
	if len(args) < 2 {
		return Callback{}, fmt.Errorf("calls needs a parameter and where it is called: calls 0 goroutine")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 0 {
		return Callback{}, fmt.Errorf("parameter %q is no number from 0", args[0])
	}
	c := Callback{Param: n, Where: Where(args[1])}
	switch c.Where {
	case Caller, Goroutine, Request, Stored:
	default:
		return Callback{}, fmt.Errorf("unknown place %q: caller, goroutine, request or stored", args[1])
	}
	switch {
	case len(args) == 2:
	case args[2] == "guarded":
		c.Guarded, c.By = true, strings.Join(args[3:], " ")
	default:
		return Callback{}, fmt.Errorf("unknown word %q behind the place: guarded", args[2])
	}
	return c, nil
}
