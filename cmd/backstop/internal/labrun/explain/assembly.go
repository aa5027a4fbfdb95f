package explain

import (
	"context"
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/gobin"
)

// A Routine is the machine code of one function, cut down to its calls.
type Routine struct {
	Func  string        `json:"func"` // the linker's symbol
	Role  string        `json:"role"`
	File  string        `json:"file"`
	Line  int           `json:"line"` // of the func keyword
	Total int           `json:"instructions"`
	Code  []Instruction `json:"code"`
	Notes []string      `json:"notes,omitempty"` // what is not there, and why

	entry, end uint64
	calls      map[string]int // by name, what every function calls left out
}

// An Instruction is one that is shown: a call, the one that faulted, or one
// beside them.
type Instruction struct {
	Skipped int    `json:"skipped,omitempty"` // instructions left out before it
	Addr    uint64 `json:"addr"`
	Offset  uint64 `json:"offset"` // from the entry
	File    string `json:"file"`   // without its directory; of an inlined function another than the routine's
	Line    int    `json:"line"`
	Text    string `json:"text"`
	Call    string `json:"call,omitempty"` // what it calls
	Mark    string `json:"mark,omitempty"` // call, fault, waits
	Says    string `json:"says,omitempty"`
}

// The lab's guard: the function that defers, and the deferred function that
// recovers.
var guardFuncs = []string{modulePath + "harness.try", modulePath + "harness.try.func1"}

const (
	maxRoutines = 8
	maxShown    = 24 // instructions of one routine
)

// assembly disassembles the scenario's functions and, where recover matters, the
// lab's guard.
func (m *maker) assembly(ctx context.Context) error {
	if m.bin == nil {
		return nil // a note says why
	}
	wanted := m.routinesWanted()
	if len(wanted) == 0 {
		return nil
	}
	var names []string
	for _, r := range wanted {
		names = append(names, regexp.QuoteMeta(r.Func))
	}
	args := []string{"tool", "objdump", "-s", "^(" + strings.Join(names, "|") + ")$", m.binary}
	text, err := m.toolchain.Go(ctx, args...)
	if err != nil {
		return fmt.Errorf("the disassembler of %s: %w", m.toolchain.Name, err)
	}
	code := parseObjdump(text)
	for _, r := range wanted {
		all := code[r.Func]
		if len(all) == 0 {
			continue
		}
		m.fill(&r, all)
		m.e.Routines = append(m.e.Routines, r)
	}
	m.absent()
	return nil
}

func (m *maker) routinesWanted() []Routine {
	var all []Routine
	add := func(f gobin.Func, role string) {
		if f.Entry == 0 || slices.ContainsFunc(all, func(r Routine) bool { return r.Func == f.Symbol }) {
			return
		}
		all = append(all, Routine{Func: f.Symbol, Role: role, File: strings.TrimPrefix(f.File, modulePath), Line: f.StartLine, entry: f.Entry, end: f.End})
	}
	funcs := slices.Clone(m.funcs)
	// The scenario's own function first, then its literals, then the helpers.
	slices.SortStableFunc(funcs, func(a, b gobin.Func) int {
		if x, y := m.excerptOf(a), m.excerptOf(b); x != y {
			return x - y
		}
		return a.StartLine - b.StartLine
	})
	for _, f := range funcs {
		if len(all) == maxRoutines {
			m.note("not disassembled: %s of the scenario", plural(len(funcs)-maxRoutines, "more function"))
			break
		}
		add(f, m.role(f.Name))
	}
	if caught := m.e.Row.Recovered; caught == nil || !*caught {
		return all
	}
	for i, name := range guardFuncs {
		funcs, err := m.bin.Lookup(name)
		if err != nil || len(funcs) == 0 {
			continue
		}
		add(funcs[0], []string{"the lab's guard: it defers the function below, then calls the scenario", "the function the guard defers: it calls recover"}[i])
	}
	return all
}

// parseObjdump reads what go tool objdump prints, by symbol.
func parseObjdump(text string) map[string][]Instruction {
	all := make(map[string][]Instruction)
	symbol := ""
	for _, line := range strings.Split(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "TEXT "); ok {
			symbol, _, _ = strings.Cut(rest, "(SB)")
			continue
		}
		f := strings.Fields(line)
		if symbol == "" || len(f) < 4 {
			continue
		}
		file, number, ok := cutLast(f[0], ":")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		addr, err := strconv.ParseUint(strings.TrimPrefix(f[1], "0x"), 16, 64)
		if err != nil {
			continue
		}
		in := Instruction{Addr: addr, File: file, Line: n, Text: strings.Join(f[3:], " ")}
		if m := callForm.FindStringSubmatch(in.Text); m != nil {
			in.Call = m[1]
		}
		all[symbol] = append(all[symbol], in)
	}
	return all
}

var callForm = regexp.MustCompile(`^(?:CALL|BL) (.*?)(?:\(SB\))?$`)

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// fill marks the instructions worth a look and keeps them with their neighbours.
func (m *maker) fill(r *Routine, all []Instruction) {
	r.Total, r.calls = len(all), countCalls(all)
	body := m.bodyOf(r)
	waits := m.returnAddresses()
	fault := uint64(0)
	if m.deep != nil {
		fault, _ = strconv.ParseUint(strings.TrimPrefix(m.deep.Signal.PC, "0x"), 16, 64)
	}
	for i := range all {
		in := &all[i]
		in.Offset = in.Addr - r.entry
		switch {
		case fault != 0 && in.Addr == fault:
			in.Mark, in.Says = "fault", faultSays(m.deep)
		case in.Call != "":
			if text, ok := m.callSays(in); ok {
				in.Mark, in.Says = "call", text
				if r.openCoded(body) && body.exits[in.Line] && m.deferredCall(in) {
					in.Says = "on the way out it makes the deferred call itself (open-coded)"
				}
			}
			next := r.end
			if i+1 < len(all) {
				next = all[i+1].Addr
			}
			if waits[next] {
				in.Mark = "waits"
				in.Says = strings.TrimPrefix(in.Says+fmt.Sprintf("; it did not return: the traceback has its return address, +0x%x", next-r.entry), "; ")
			}
		case testAfter(all, i):
			in.Mark, in.Says = "call", "its result: not 0 means that recovery brought us back here, to leave through deferreturn"
		}
	}
	r.Notes = m.deferNotes(r)
	r.Code = keepMarked(all)
}

// openCoded reports whether a function that defers makes no records.
func (r *Routine) openCoded(body bodyCounts) bool {
	return body.defers > 0 && r.calls["runtime.deferreturn"] > 0 &&
		r.calls["runtime.deferproc"]+r.calls["runtime.deferprocStack"]+r.calls["runtime.deferprocat"] == 0
}

// deferredCall knows calls that can be of a deferred function: through a value,
// or of a literal or wrapper of the function itself.
func (m *maker) deferredCall(in *Instruction) bool {
	return register.MatchString(in.Call) || closurePart.MatchString(in.Call) || m.isScenario(in.Call)
}

func faultSays(r *crash.Report) string {
	text := "this instruction faulted: " + r.Signal.Name
	if r.Signal.Addr != "" {
		text += " at address " + r.Signal.Addr
	}
	return text + "; it is no call, the runtime made it look as if sigpanic had been called here"
}

// testAfter knows the test of what deferproc and deferprocStack returned.
func testAfter(all []Instruction, i int) bool {
	return i > 0 && strings.HasPrefix(all[i].Text, "TEST") && (all[i-1].Call == "runtime.deferproc" || all[i-1].Call == "runtime.deferprocStack")
}

// returnAddresses are those of the goroutine that crashed, as the traceback
// states them at GOTRACEBACK=system.
func (m *maker) returnAddresses() map[uint64]bool {
	found := make(map[uint64]bool)
	if m.deep == nil {
		return found
	}
	stack := m.deep.CrashStack()
	for i, f := range stack {
		if f.Inlined || f.Offset == 0 || m.interrupted(stack, i) {
			continue
		}
		for _, own := range m.funcs {
			if own.Name == f.Func && own.Entry != 0 {
				found[own.Entry+uint64(f.Offset)] = true
			}
		}
	}
	return found
}

// interrupted reports whether a frame was left by a signal and not by a call, so
// that its offset is that of the instruction itself.
func (m *maker) interrupted(stack []crash.Frame, i int) bool {
	if i == 0 {
		return m.deep.Kind == crash.KindSignal
	}
	return stack[i-1].Func == "runtime.sigpanic"
}

// callSays says what a call is for. What every function does, such as making
// room on the stack or allocating, is not worth a word.
func (m *maker) callSays(in *Instruction) (string, bool) {
	name := strings.TrimSuffix(strings.TrimSuffix(in.Call, ".abi0"), "<1>")
	switch name {
	case "runtime.gopanic":
		return "panic(v): type and value are in the registers", true
	case "runtime.gorecover":
		return "recover()", true
	case "runtime.deferproc":
		return "a defer whose record is made on the heap, as in a loop", true
	case "runtime.deferprocStack":
		return "a defer whose record stands in this frame", true
	case "runtime.deferprocat":
		return "a defer in a loop body over a function: it belongs to the outer function", true
	case "runtime.deferrangefunc":
		return "prepares defer statements in a loop body over a function", true
	case "runtime.deferreturn":
		return "the way out after a recovery, and after records on the list: runs what is left", true
	case "runtime.newproc":
		return "a go statement: a panic in there is out of reach of any recover here", true
	case "runtime.panicBounds":
		return "a bounds check that failed jumps here", true
	case "runtime.Goexit":
		return "runs the deferred calls and ends the goroutine; recover finds nothing", true
	case "runtime.block":
		return "select {}", true
	}
	if d := says(name, nil); d != "" && (strings.HasPrefix(name, "runtime.panic") || !ordinary(name)) {
		return d, true
	}
	if strings.HasPrefix(name, "runtime.panic") || strings.HasPrefix(name, "runtime.goPanic") {
		return "raises the panic it is named after", true
	}
	if d := m.goroot.find(name); d != nil && strings.HasPrefix(name, "runtime.mapassign") {
		return "finds the place for a key in a map; panics on a nil map", true
	}
	for _, f := range m.funcs {
		if f.Symbol == name {
			if f.Wrapper || strings.Contains(name, "deferwrap") || strings.Contains(name, "gowrap") {
				return "a function of the compiler around the deferred or started call", true
			}
			return m.role(f.Name), true
		}
	}
	if register.MatchString(in.Call) {
		return "a call through a function value", true
	}
	return "", false
}

var register = regexp.MustCompile(`^\(?(R?[A-Z]{1,2}[0-9]*|R[0-9]+)\)?$`)

// ordinary calls are everywhere and show nothing.
func ordinary(name string) bool {
	for _, p := range []string{"runtime.morestack", "runtime.gcWriteBarrier", "runtime.newobject", "runtime.mallocgc", "runtime.conv", "runtime.wb", "runtime.duff", "runtime.mem", "runtime.concat", "runtime.print"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// keepMarked keeps marked instructions, each with one before and one behind it,
// and of a long routine only the marked ones.
func keepMarked(all []Instruction) []Instruction {
	marked := 0
	for _, in := range all {
		if in.Mark != "" {
			marked++
		}
	}
	around := 1
	if 3*marked > maxShown {
		around = 0
	}
	var out []Instruction
	skipped := 0
	for i, in := range all {
		keep := false
		for j := max(0, i-around); j <= min(len(all)-1, i+around); j++ {
			keep = keep || all[j].Mark != ""
		}
		if !keep || len(out) == maxShown {
			skipped++
			continue
		}
		in.Skipped, skipped = skipped, 0
		out = append(out, in)
	}
	return out
}

// deferNotes compares the defer, panic and recover of the source with the calls
// that are there.
func (m *maker) deferNotes(r *Routine) []string {
	body, counts := m.bodyOf(r), r.calls
	records := counts["runtime.deferproc"] + counts["runtime.deferprocStack"] + counts["runtime.deferprocat"]
	var notes []string
	if body.defers > 0 {
		switch {
		case records == 0 && counts["runtime.deferreturn"] > 0:
			notes = append(notes, plural(body.defers, "defer statement")+", no call of deferproc: open-coded. The function sets a bit of a byte in its frame, stores the function value in a slot beside it, and makes the deferred call itself before it returns. gopanic finds both through a table of the linker (FUNCDATA_OpenCodedDeferInfo).")
		case records == 0:
			notes = append(notes, plural(body.defers, "defer statement")+", and neither a record nor deferreturn: the compiler found that it cannot be reached, or moved it into another function.")
		case records < body.defers:
			notes = append(notes, fmt.Sprintf("%s in the source, %s that make a record: the others are in code that cannot be reached.", plural(body.defers, "defer statement"), plural(records, "call")))
		}
	}
	if body.panics > 0 && counts["runtime.gopanic"] == 0 {
		notes = append(notes, "panic stands in the source, and no call of gopanic here: the compiler dropped the branch, or it is in a function literal.")
	}
	if body.recovers > 0 && counts["runtime.gorecover"] == 0 {
		notes = append(notes, "recover stands in the source, and no call of gorecover here: deferred itself, it is called by a wrapper, from which it returns nil.")
	}
	return notes
}

func countCalls(all []Instruction) map[string]int {
	counts := make(map[string]int)
	for _, in := range all {
		name := strings.TrimSuffix(in.Call, ".abi0")
		if name != "" && !ordinary(name) && !register.MatchString(name) {
			counts[name]++
		}
	}
	return counts
}

type bodyCounts struct {
	defers, panics, recovers int

	exits map[int]bool // lines where it returns: of its return statements, and the last
}

// bodyOf counts what a function's own body holds, literals in it left out.
func (m *maker) bodyOf(r *Routine) bodyCounts {
	var c bodyCounts
	file := r.File
	var roots []ast.Node
	for _, x := range m.e.Source {
		if x.File == file {
			roots = append(roots, x.node)
		}
	}
	if strings.HasPrefix(r.Func, modulePath+"harness.") {
		if h := m.harness(); h != nil {
			for _, d := range h.Decls {
				roots = append(roots, d)
			}
		}
	}
	for _, root := range roots {
		ast.Inspect(root, func(n ast.Node) bool {
			body := funcBody(n)
			if body != nil && m.lineOf(n) == r.Line {
				c = m.countIn(body)
				return false
			}
			return true
		})
	}
	return c
}

func funcBody(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}

func (m *maker) countIn(body *ast.BlockStmt) bodyCounts {
	c := bodyCounts{exits: map[int]bool{m.sources.fset.Position(body.Rbrace).Line: true}}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			c.exits[m.lineOf(n)] = true
		case *ast.DeferStmt:
			c.defers++
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok {
				switch id.Name {
				case "panic":
					c.panics++
				case "recover":
					c.recovers++
				}
			}
		}
		return true
	})
	return c
}

func (m *maker) lineOf(n ast.Node) int { return m.sources.fset.Position(n.Pos()).Line }

// harness parses the lab's guard into the same file set.
func (m *maker) harness() *ast.File {
	const file = "harness/harness.go"
	if f, ok := m.sources.files[file]; ok {
		return f
	}
	return m.sources.parse(file)
}

// absent notes functions of the source that have no code.
func (m *maker) absent() {
	for i, x := range m.e.Source {
		if !slices.ContainsFunc(m.funcs, func(f gobin.Func) bool { return f.Entry != 0 && m.excerptOf(f) == i && f.StartLine == x.start }) {
			m.note("function %s has no code of its own: the compiler copied it into its callers (inlining), or left it out", x.Func)
		}
	}
}
