package source

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/backstop-go/backstop/crash"
)

// maxTree bounds the files of a tree that are looked at.
const maxTree = 200_000

// asPrinted takes the traceback at its word, where it says a whole path.
func asPrinted(f *crash.Frame) []string {
	if !filepath.IsAbs(f.File) {
		return nil
	}
	return []string{f.File}
}

// A tree is a directory with source files in it, indexed by base name when it
// is asked for the first time.
type tree struct {
	dir   string
	index map[string][]string // base name to paths below dir, with slashes
}

func newTree(dir string) *tree { return &tree{dir: dir} }

// candidates returns the files that have the longest end of the path in common
// with the frame's. Of several files that share no more than their name, none
// is the right one.
func (t *tree) candidates(f *crash.Frame) []string {
	if t.index == nil {
		t.walk()
	}
	printed := slashes(f.File)
	best, longest := []string(nil), 0
	for _, rel := range t.index[path.Base(printed)] {
		switch n := commonEnd(printed, rel); {
		case n > longest:
			best, longest = append(best[:0:0], filepath.Join(t.dir, filepath.FromSlash(rel))), n
		case n == longest && len(best) < 16:
			best = append(best, filepath.Join(t.dir, filepath.FromSlash(rel)))
		}
	}
	if longest == 1 && len(best) > 1 {
		return nil
	}
	return best
}

// walk lists the source files, those of hidden directories left out. What cannot
// be read is not there.
func (t *tree) walk() {
	t.index = make(map[string][]string)
	seen := 0
	_ = filepath.WalkDir(t.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // the rest may be readable
		}
		if seen++; seen > maxTree {
			return fs.SkipAll
		}
		if d.IsDir() {
			if name != t.dir && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() && isSource(d.Name()) {
			if rel, err := filepath.Rel(t.dir, name); err == nil {
				t.index[d.Name()] = append(t.index[d.Name()], filepath.ToSlash(rel))
			}
		}
		return nil
	})
}

// commonEnd counts the elements that two paths have in common at their ends.
func commonEnd(a, b string) int {
	n := 0
	for {
		i, j := strings.LastIndexByte(a, '/'), strings.LastIndexByte(b, '/')
		if a[i+1:] != b[j+1:] || a[i+1:] == "" {
			return n
		}
		n++
		if i < 0 || j < 0 {
			return n
		}
		a, b = a[:i], b[:j]
	}
}

// A module is the one whose directory we stand in.
type module struct{ dir, path string }

// moduleAround finds the module that holds a directory.
func moduleAround(dir string) (module, bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return module{}, false
	}
	for {
		if name, ok := moduleName(filepath.Join(dir, "go.mod")); ok {
			return module{dir, name}, true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return module{}, false
		}
		dir = up
	}
}

// moduleName reads the module line of a go.mod.
func moduleName(file string) (string, bool) {
	f, err := os.Open(file)
	if err != nil {
		return "", false
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if name, ok := strings.CutPrefix(strings.TrimSpace(in.Text()), "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`), true
		}
	}
	return "", false
}

// candidates finds a file by the import path of its package, which is in the
// function's name wherever the program was built, and in the path with
// -trimpath.
func (m module) candidates(f *crash.Frame) []string {
	var all []string
	file := slashes(f.File)
	if rest, ok := strings.CutPrefix(file, m.path+"/"); ok {
		all = append(all, m.below(rest))
	}
	if pkg := packageOf(f.Func); pkg == m.path || strings.HasPrefix(pkg, m.path+"/") {
		all = append(all, m.below(path.Join(strings.TrimPrefix(pkg, m.path), path.Base(file))))
	}
	return all
}

func (m module) below(rel string) string {
	return filepath.Join(m.dir, filepath.FromSlash(path.Join("/", rel))) // "/" keeps ".." inside
}

// moduleCache finds the files of dependencies: "…/pkg/mod/example.com/a@v1.0.0/a.go",
// or without what stands before the module with -trimpath.
func moduleCache() place {
	dir := os.Getenv("GOMODCACHE")
	if dir == "" {
		gopath, _, _ := strings.Cut(os.Getenv("GOPATH"), string(filepath.ListSeparator))
		if home, err := os.UserHomeDir(); gopath == "" && err == nil {
			gopath = filepath.Join(home, "go")
		}
		dir = filepath.Join(gopath, "pkg", "mod")
	}
	return func(f *crash.Frame) []string {
		file := slashes(f.File)
		if _, rest, ok := strings.Cut(file, "/pkg/mod/"); ok {
			file = rest
		} else {
			file = escapeModule(file)
		}
		if !strings.Contains(file, "@v") || dir == "" || strings.HasPrefix(file, "/") {
			return nil
		}
		return []string{filepath.Join(dir, filepath.FromSlash(path.Join("/", file)))}
	}
}

// escapeModule writes a module path as the cache does: capitals become "!" and
// the small letter (golang.org/x/mod/module, EscapePath). What stands behind
// the version is left alone.
func escapeModule(file string) string {
	head, tail, _ := strings.Cut(file, "@")
	var b strings.Builder
	for _, r := range head {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String() + "@" + tail
}

// goroot finds the files of the standard library: "/usr/local/go/src/net/http/server.go",
// or "net/http/server.go" with -trimpath. Which Go it is cannot be chosen here.
func goroot() place {
	dir := ""
	looked := false
	return func(f *crash.Frame) []string {
		if crash.IsApp(f.Func) {
			return nil
		}
		if !looked {
			looked, dir = true, findGoroot()
		}
		if dir == "" {
			return nil
		}
		file := slashes(f.File)
		if _, rest, ok := strings.Cut(file, "/src/"); ok {
			file = rest
		}
		return []string{filepath.Join(dir, "src", filepath.FromSlash(path.Join("/", file)))}
	}
}

func findGoroot() string {
	if dir := os.Getenv("GOROOT"); dir != "" {
		return dir
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return ""
	}
	if tool, err = filepath.EvalSymlinks(tool); err != nil {
		return ""
	}
	dir := filepath.Dir(filepath.Dir(tool))
	if runtime.GOOS != "windows" && dir == "/" {
		return ""
	}
	return dir
}

// slashes turns the separators of Windows around: the traceback may come from
// there while we are not.
func slashes(file string) string { return strings.ReplaceAll(file, `\`, "/") }
