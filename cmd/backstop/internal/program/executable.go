package program

import (
	"sort"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/gobin"
)

// An Executable is a program as it was built. It is not safe for concurrent
// use.
type Executable struct {
	file  *gobin.File
	funcs map[string]*extent   // by name as tracebacks print it
	files map[string][]*extent // by file; filled when first needed
}

// An extent is what the tables of an executable say of a function's lines.
type extent struct {
	name  string
	file  string
	first int
	code  map[int]int // bytes by line; nil for a function without code of its own
}

// last returns the last line with code, 0 if there is none.
func (x *extent) last() int {
	last := 0
	for line := range x.code {
		last = max(last, line)
	}
	return last
}

// OpenExecutable opens the executable of a program. Close it after use.
func OpenExecutable(path string) (*Executable, error) {
	file, err := gobin.Open(path)
	if err != nil {
		return nil, err
	}
	return &Executable{file: file, funcs: make(map[string]*extent), files: make(map[string][]*extent)}, nil
}

// Close closes the file.
func (e *Executable) Close() error { return e.file.Close() }

// Place implements [crash.Program].
func (e *Executable) Place(f *crash.Frame) (crash.Place, bool) {
	own := e.extent(f.Func)
	if own == nil || own.file != f.File || own.code != nil && own.code[f.Line] == 0 {
		return crash.Place{}, false
	}
	outer := own
	if outermost(f.Func) != f.Func {
		outer = e.around(own)
	}
	p := crash.Place{First: own.first, Last: own.last()}
	switch {
	case outer == nil:
		p.First, p.Last = e.between(own)
	case outer != own:
		p.First, p.Last = outer.first, max(outer.last(), p.Last)
	}
	switch {
	case own.code == nil, outer != nil && outer.code == nil:
		p.Last = 0 // inlined everywhere, and perhaps not as a whole
	case p.Last-p.First < maxLines:
		p.Code = e.code(own.file, p.First, p.Last)
	}
	return p, p.First > 0
}

// around returns the function that a closure stands in, nil if it stands outside
// functions. Where that was inlined, the name of the function it was inlined into
// stands before its own.
func (e *Executable) around(own *extent) *extent {
	name := outermost(own.name)
	pkg := name[:len(name)-len(name[strings.LastIndexByte(name, '/')+1:])]
	dot := strings.IndexByte(name[len(pkg):], '.')
	if dot < 0 {
		return nil
	}
	pkg += name[len(pkg):][:dot]
	for rest := name[len(pkg)+1:]; ; {
		outer := e.extent(pkg + "." + rest)
		if outer != nil && outer.file == own.file && outer.first <= own.first {
			return outer
		}
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return nil
		}
		rest = after
	}
}

// maxLines bounds the lines of a function that are asked for.
const maxLines = 20_000

// extent looks a function up; it returns nil when the executable has none.
func (e *Executable) extent(name string) *extent {
	if x, known := e.funcs[name]; known {
		return x
	}
	e.funcs[name] = nil
	funcs, err := e.file.Lookup(name)
	if err != nil {
		return nil
	}
	var x *extent
	for _, fn := range funcs { // instances of a generic function have the same lines
		if fn.StartLine == 0 || x != nil && (fn.File != x.file || fn.StartLine != x.first || x.code != nil) {
			continue
		}
		x = e.measure(fn)
	}
	e.funcs[name] = x
	return x
}

// measure finds the lines of a function's own code.
func (e *Executable) measure(fn gobin.Func) *extent {
	x := &extent{name: fn.Name, file: fn.File, first: fn.StartLine}
	lines, err := e.file.Lines(fn)
	if err != nil || len(lines) == 0 {
		return x
	}
	x.code = make(map[int]int, len(lines))
	for _, line := range lines {
		x.code[line.Number] += int(min(line.Size, 1<<20))
	}
	return x
}

// in returns the functions with code of a file, by their first line.
func (e *Executable) in(file string) []*extent {
	if all, known := e.files[file]; known {
		return all
	}
	var all []*extent
	_ = e.file.Funcs(func(fn gobin.Func) bool { // what could be read before an error is right
		if fn.StartLine > 0 && fn.File == file {
			all = append(all, e.measure(fn))
		}
		return true
	})
	sort.SliceStable(all, func(i, j int) bool { return all[i].first < all[j].first })
	e.files[file] = all
	return all
}

// code returns how much code the lines of a file have, in all its functions.
func (e *Executable) code(file string, first, last int) []int {
	code := make([]int, last-first+1)
	for _, x := range e.in(file) {
		for line, n := range x.code {
			if first <= line && line <= last {
				code[line-first] += n
			}
		}
	}
	return code
}

// between returns the lines from where the function before a closure outside
// functions ends to the last such closure before the next function.
func (e *Executable) between(x *extent) (first, last int) {
	first, last = 1, x.last()
	next := 0
	all := e.in(x.file)
	for _, other := range all {
		switch {
		case !other.isTop():
		case other.first <= x.first:
			first = max(first, other.last())
		case next == 0:
			next = other.first
		}
	}
	for _, other := range all {
		if !other.isTop() && other.first >= x.first && (next == 0 || other.first < next) {
			last = max(last, other.last())
		}
	}
	return first, last
}

// isTop reports whether a function is none of the closures outside functions,
// nor what sets up the variables that hold them.
func (x *extent) isTop() bool {
	return outermost(x.name) == x.name && !strings.HasSuffix(x.name, ".init")
}

// outermost returns the function that a closure stands in, the name itself for
// other functions.
func outermost(fn string) string {
	slash := strings.LastIndexByte(fn, '/')
	for at := slash + 1; ; {
		i := strings.Index(fn[at:], ".func")
		if i < 0 {
			break
		}
		at += i + len(".func")
		if at < len(fn) && '0' <= fn[at] && fn[at] <= '9' {
			return fn[:at-len(".func")]
		}
	}
	if i := strings.Index(fn, "-range"); i > 0 {
		return fn[:i]
	}
	return fn
}
