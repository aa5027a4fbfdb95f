// Package source finds the lines of source code that a traceback speaks of, on
// the machine where it is read. Start with [New] and [Finder.Excerpt].
//
// A traceback is hostile text: whoever crashed the program chose the names of
// the files. So only files with the ending of a source file are opened, regular
// ones of a bounded size, never on another host, and what looks like anything
// but text is not shown. The package runs no program and changes nothing.
package source

import (
	"bytes"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/crash"
)

// Bounds of what is read.
const (
	maxFile  = 4 << 20  // bytes of one file
	maxBytes = 64 << 20 // bytes of all files kept in memory
	maxNames = 4096     // names remembered, those included that lead nowhere
)

// Options say where to look. The zero value looks where the traceback says, in
// the module around the working directory, in the module cache and in GOROOT.
type Options struct {
	// Dir is a tree that holds the source, wherever it was built: its files
	// are matched by the longest common end of their paths. Default: none.
	Dir string
	// Only says that the source is in Dir or nowhere: another version of it
	// may be in the other places. Default: all places.
	Only bool
}

// An Excerpt is a few lines of a file around one of them.
type Excerpt struct {
	File  string   // where it was found
	First int      // number of the first line, from 1
	Focus int      // number of the line that the traceback names
	Lines []string // without line ends
}

// Unindented returns the lines without the tabs that they share in front.
func (e *Excerpt) Unindented() []string {
	shared := -1
	for _, l := range e.Lines {
		if text := strings.TrimLeft(l, "\t"); text != "" && (shared < 0 || len(l)-len(text) < shared) {
			shared = len(l) - len(text)
		}
	}
	out := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		out[i] = l[min(max(shared, 0), len(l)):]
	}
	return out
}

// A Finder finds excerpts. It remembers what it read and is not safe for
// concurrent use.
type Finder struct {
	places []place
	files  map[string]*file // by path on this machine; nil for what is no source text
	bytes  int              // of the files
}

// A place turns what a traceback says into paths to try, the best one first.
type place func(f *crash.Frame) []string

// A file is a source file in memory.
type file struct {
	text   []byte
	starts []int // offsets of the lines
}

// New returns a Finder.
func New(o Options) *Finder {
	f := &Finder{files: make(map[string]*file)}
	if o.Dir != "" {
		f.places = append(f.places, newTree(o.Dir).candidates)
	}
	if o.Only {
		return f
	}
	f.places = append(f.places, asPrinted)
	if m, ok := moduleAround("."); ok {
		f.places = append(f.places, m.candidates)
	}
	f.places = append(f.places, moduleCache(), goroot())
	return f
}

// Excerpt returns the line of a frame with at most around lines before and
// behind it; nil when the source is not here. A file that does not mention the
// function up to that line is another version, or another file.
func (s *Finder) Excerpt(f *crash.Frame, around int) *Excerpt {
	if f.Line <= 0 || !isSource(f.File) {
		return nil
	}
	where, src := s.find(f)
	if src == nil {
		return nil
	}
	e := &Excerpt{File: where, Focus: f.Line}
	last := min(f.Line+around, len(src.starts))
	for e.First = max(f.Line-around, 1); e.First+len(e.Lines) <= last; {
		e.Lines = append(e.Lines, src.line(e.First+len(e.Lines)))
	}
	return e
}

// find returns the first file that exists and mentions the function.
func (s *Finder) find(f *crash.Frame) (string, *file) {
	for _, candidates := range s.places {
		for _, name := range candidates(f) {
			if src := s.open(name); src != nil && src.mentions(f) {
				return name, src
			}
		}
	}
	return "", nil
}

// open reads a file, once. It returns nil for what is no source text.
func (s *Finder) open(name string) *file {
	if src, known := s.files[name]; known {
		return src
	}
	src := read(name)
	if src != nil {
		s.bytes += len(src.text)
	}
	if s.bytes > maxBytes || len(s.files) >= maxNames {
		clear(s.files)
		s.bytes = 0
	}
	s.files[name] = src
	return src
}

func read(name string) *file {
	if !isLocal(name) || !isSource(name) {
		return nil
	}
	// Looked at before it is opened: opening a named pipe would wait for a
	// writer.
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil // exchanged meanwhile
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(text) > maxFile || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil
	}
	src := &file{text: text}
	for at := 0; at < len(text); {
		src.starts = append(src.starts, at)
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			break
		}
		at += end + 1
	}
	return src
}

func (f *file) line(n int) string {
	end := len(f.text)
	if n < len(f.starts) {
		end = f.starts[n]
	}
	return strings.TrimRight(string(f.text[f.starts[n-1]:end]), "\r\n")
}

// mentions reports whether the file holds the name of a frame's function at or
// above the frame's line, closure numbers and type arguments left out.
func (f *file) mentions(at *crash.Frame) bool {
	if at.Line > len(f.starts) {
		return false
	}
	end := len(f.text)
	if at.Line < len(f.starts) {
		end = f.starts[at.Line]
	}
	name := baseName(at.Func)
	return name == "" || bytes.Contains(f.text[:end], []byte(name))
}

// baseName is the name under which a function is declared: "Add" for
// "example.com/shop/cart.(*Cart).Add.func2"; "" when it has none of its own.
func baseName(fn string) string {
	name := fn[len(packageOf(fn)):]
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i]
	}
	best := ""
	for _, part := range strings.Split(name, ".") {
		part = strings.TrimSuffix(part, "-fm")
		switch {
		case part == "", part[0] == '(':
		case part == "glob", part == "init":
			return "" // declared outside of any function
		case isNumber(part), best != "" && isClosure(part):
			return best
		default:
			best = part
		}
	}
	return best
}

// isClosure knows the names that the compiler gives to function literals and to
// what it wraps go and defer statements in.
func isClosure(name string) bool {
	for _, prefix := range [...]string{"func", "gowrap", "deferwrap"} {
		if n, ok := strings.CutPrefix(name, prefix); ok && isNumber(n) {
			return true
		}
	}
	return false
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// packageOf returns the import path in a function's name, "" when there is none.
func packageOf(fn string) string {
	head := fn
	if i := strings.IndexAny(head, "[("); i >= 0 {
		head = head[:i]
	}
	slash := strings.LastIndexByte(head, '/') + 1
	dot := strings.IndexByte(head[slash:], '.')
	if dot < 0 {
		return ""
	}
	return head[:slash+dot]
}

// isSource reports whether a name ends like those of the files that a Go
// program is made of.
func isSource(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".go", ".s", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".m", ".mm", ".y", ".rl", ".templ", ".qtpl":
		return true
	}
	return false
}

// isLocal refuses names that lead to another host, or into devices: two
// slashes begin a network share on Windows.
func isLocal(name string) bool {
	slash := filepath.ToSlash(name)
	return !strings.HasPrefix(slash, "//") && !strings.HasPrefix(slash, `\\`) && !strings.ContainsRune(name, 0)
}
