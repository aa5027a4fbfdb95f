// Package locals reads the arguments and local variables of frames out of core
// files, with the debug information of the executable (DWARF). It is a layer over
// the packages of the debugger delve, the only one here that links them.
//
// Start with [Open] and [Core.Frames].
package locals

import (
	"debug/elf"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-delve/delve/pkg/logflags"
	"github.com/go-delve/delve/pkg/proc"
	"github.com/go-delve/delve/pkg/proc/core"
	"github.com/go-delve/delve/service/api"

	"github.com/backstop-go/backstop/internal/redact"
)

// ErrNoDebugInfo says that an executable cannot tell of variables.
var ErrNoDebugInfo error = noDebugInfo{}

type noDebugInfo struct{}

func (noDebugInfo) Error() string { return "the executable has no debug information" }

// Hint is what to do about it.
func (noDebugInfo) Hint() string {
	return "build without -ldflags=\"-s -w\"; an executable that strip made small can be read with the one that it was made from"
}

// Options say which variables to read, and how much of them.
type Options struct {
	Goroutine int64 // of which
	Frames    int   // how many frames outside package runtime; 0 is 10
	// Raw leaves values as they are. Otherwise what looks like a secret or like
	// personal data is masked.
	Raw bool

	Depth    int // how many pointers and structures to follow; 0 is 2
	Elements int // of arrays, slices and maps; 0 is 16
	Text     int // bytes of a string; 0 is 128
}

// A Frame is a call and its variables.
type Frame struct {
	Func string     `json:"func"`
	File string     `json:"file"`
	Line int        `json:"line"`
	Args []Variable `json:"args,omitempty"` // results, too
	Vars []Variable `json:"locals,omitempty"`
	// Problem says why there are no variables, or not all.
	Problem string `json:"problem,omitempty"`
}

// A Variable is the value of a variable at the time of the crash. The compiler
// keeps few of them for as long as their block lasts: what a variable holds
// behind its last use may be older or newer than the source suggests.
type Variable struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`           // as a Go expression, as far as it was read
	Error string `json:"error,omitempty"` // why it was not
}

const (
	defaultFrames, defaultDepth, defaultElements, defaultText = 10, 2, 16, 128

	maxFrames  = 4096     // looked at
	maxValue   = 2 << 10  // bytes of the text of one variable
	maxVars    = 200      // of one frame
	maxFields  = 64       // of one structure
	maxTypeLen = 256      // bytes
	hugeDWARF  = 16 << 30 // sections that say that they are larger are not read
)

// A Core is a core file opened for its variables. It is not safe for concurrent
// use.
type Core struct {
	group  *proc.TargetGroup
	target *proc.Target
}

// Open opens a core and its executable. The caller has verified that they belong
// together. The error is ErrNoDebugInfo when the executable was stripped.
func Open(corePath, exePath string) (c *Core, err error) {
	defer survive(&err)
	if err := checkDebugInfo(exePath); err != nil {
		return nil, err
	}
	logflags.SetLoggerFactory(func(bool, logflags.Fields, io.Writer) logflags.Logger { return silent{} })
	group, err := core.OpenCore(corePath, exePath, nil)
	if err != nil {
		return nil, fmt.Errorf("read debug information of %s: %w", exePath, err)
	}
	if group.Selected == nil {
		return nil, fmt.Errorf("read debug information of %s: no process in the core", exePath)
	}
	return &Core{group: group, target: group.Selected}, nil
}

// Close closes the files.
func (c *Core) Close() (err error) {
	defer survive(&err)
	return c.group.Detach(false) //nolint:wrapcheck // files that were only read
}

// checkDebugInfo looks for DWARF first: delve would write a warning to standard
// error.
func checkDebugInfo(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("read executable: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	for _, name := range []string{".debug_info", ".zdebug_info"} {
		if s := f.Section(name); s != nil && s.Type != elf.SHT_NOBITS {
			if s.Size > hugeDWARF {
				return fmt.Errorf("its section %s says that it has %d bytes", name, s.Size)
			}
			return nil
		}
	}
	return ErrNoDebugInfo
}

// Frames returns frames of a goroutine with their variables, innermost first,
// beginning with the first one outside package runtime.
func (c *Core) Frames(o Options) (frames []Frame, err error) {
	defer survive(&err)
	g, err := proc.FindGoroutine(c.target, o.Goroutine)
	if err != nil {
		return nil, fmt.Errorf("find goroutine %d: %w", o.Goroutine, err)
	}
	if g == nil || g.Unreadable != nil {
		return nil, fmt.Errorf("find goroutine %d: it cannot be read", o.Goroutine)
	}
	stack, err := proc.GoroutineStacktrace(c.target, g, maxFrames, 0)
	if err != nil && len(stack) == 0 {
		return nil, fmt.Errorf("unwind goroutine %d: %w", o.Goroutine, err)
	}
	first := 0
	for first < len(stack) && inRuntime(&stack[first]) {
		first++
	}
	for i := first; i < len(stack) && len(frames) < orElse(o.Frames, defaultFrames); i++ {
		if fn := stack[i].Current.Fn; fn != nil && (fn.Name == "runtime.goexit" || fn.Name == "runtime.main") {
			break
		}
		frames = append(frames, c.frame(g, stack[i:], o))
	}
	return frames, nil
}

func inRuntime(f *proc.Stackframe) bool {
	return f.Current.Fn == nil || strings.HasPrefix(f.Current.Fn.Name, "runtime.") && f.Current.Fn.Name != "runtime.main"
}

// frame reads the variables of the first frame of a stack.
func (c *Core) frame(g *proc.G, stack []proc.Stackframe, o Options) (f Frame) {
	defer func() {
		if v := recover(); v != nil {
			f.Problem = fmt.Sprintf("the debug information cannot be understood: %v", v)
		}
	}()
	at := stack[0].Call
	f = Frame{File: at.File, Line: at.Line, Func: "?"}
	if at.Fn != nil {
		f.Func = at.Fn.Name
	}
	cfg := proc.LoadConfig{
		FollowPointers: true, MaxVariableRecurse: orElse(o.Depth, defaultDepth), MaxStringLen: orElse(o.Text, defaultText),
		MaxArrayValues: orElse(o.Elements, defaultElements), MaxStructFields: maxFields,
	}
	threadID := 0
	if g.Thread != nil {
		threadID = g.Thread.ThreadID()
	}
	scope := proc.FrameToScope(c.target, c.target.Memory(), g, threadID, stack...)
	args, err := scope.FunctionArguments(cfg)
	if err == nil {
		var vars []*proc.Variable
		if vars, err = scope.LocalVariables(cfg); err == nil {
			f.Vars = variables(vars, o.Raw)
		}
		f.Args = variables(args, o.Raw)
	}
	if err != nil {
		f.Problem = err.Error()
	}
	return f
}

func variables(all []*proc.Variable, raw bool) []Variable {
	var out []Variable
	for _, v := range all {
		if unnamed := strings.HasPrefix(v.Name, "~"); unnamed || len(out) == maxVars {
			continue
		}
		out = append(out, variable(v, raw))
	}
	return out
}

func variable(v *proc.Variable, raw bool) Variable {
	out := Variable{Name: v.Name, Type: cut(v.TypeString(), maxTypeLen)}
	if v.Unreadable != nil {
		out.Error = unreadable(v.Unreadable)
		return out
	}
	value := cut(api.ConvertVar(v).SinglelineString(), maxValue)
	if !raw {
		value = masked(out.Name, value)
	}
	out.Value = value
	return out
}

// unreadable says why a variable has no value. The usual reason is that the
// compiler needed its register, or its place on the stack, for something else.
func unreadable(err error) string {
	text := err.Error()
	if strings.Contains(text, "could not find loclist entry") || text == "empty OP stack" {
		return "not kept at this point"
	}
	return cut(text, maxTypeLen)
}

// masked masks a value by itself, and as the value of its name: a string is a
// secret because it is called password.
func masked(name, value string) string {
	value = redact.Text(value)
	head := name + ": "
	text := redact.Text(head + value)
	if rest, ok := strings.CutPrefix(text, head); ok {
		return rest
	}
	return value
}

// cut shortens a text, between two characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

func orElse(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// survive turns a panic into an error: delve reads debug information that a
// compiler wrote, and damaged or crafted files make it panic.
func survive(err *error) {
	if v := recover(); v != nil { //nolint:revive // it is deferred itself
		*err = fmt.Errorf("the debug information cannot be understood: %v", v)
	}
}
