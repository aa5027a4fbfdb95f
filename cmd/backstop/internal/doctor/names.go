package doctor

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin"
)

// A census counts the functions of an executable by what their names say.
type census struct {
	all, nameless, fileless, strange int
	example                          string // of the strange ones
}

// takeCensus reads the table that tracebacks take their names from. A name is
// strange when its package is of no module of the build and not of the standard
// library: tools such as garble replace names of packages and functions.
func takeCensus(f *gobin.File, info *debug.BuildInfo) (c census, err error) {
	modules := []string{"main", "command-line-arguments", info.Path}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		modules = append(modules, m.Path)
	}
	err = f.Funcs(func(fn gobin.Func) bool {
		c.all++
		switch pkg := packageOf(fn.Symbol); {
		case fn.Name == "":
			c.nameless++
		case fn.File == "" || fn.File == "?":
			c.fileless++
		case pkg != fn.Symbol && !known(pkg, modules): // what assembly has may be of no package
			c.strange++
			if c.example == "" {
				c.example = fn.Name
			}
		}
		return true
	})
	return c, err
}

// packageOf cuts a symbol down to the import path of its package. Type arguments
// may hold slashes and dots; the last element of a path has its dots escaped
// (cmd/internal/objabi, PathToPrefix).
func packageOf(symbol string) string {
	name, _, _ := strings.Cut(symbol, "[")
	slash := strings.LastIndexByte(name, '/') + 1
	if dot := strings.IndexByte(name[slash:], '.'); dot >= 0 {
		name = name[:slash+dot]
	}
	return strings.ReplaceAll(name, "%2e", ".")
}

// standard are the first elements of import paths in the standard library.
var standard = func() map[string]bool {
	m := make(map[string]bool)
	for _, name := range strings.Fields(`archive arena bufio bytes cmp compress container context crypto database debug
embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin
reflect regexp runtime simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe
vendor weak`) {
		m[name] = true
	}
	return m
}()

func known(pkg string, modules []string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	if standard[first] || strings.HasPrefix(pkg, "type:") || strings.HasPrefix(pkg, "go:") { // made by the compiler
		return true
	}
	for _, m := range modules {
		if m != "" && (pkg == m || strings.HasPrefix(pkg, m+"/")) {
			return true
		}
	}
	return false
}

// names says whether tracebacks of this build name every function.
func (x *examiner) names() {
	const name = "function names"
	p := x.program
	if p.hidden {
		x.add(groupProgram, name, Degraded, "hidden by the build, as garble does: tracebacks show made-up names",
			"crashes are grouped by these names, which change with each build: ship without obfuscation, or reverse tracebacks before they are sent")
		return
	}
	if p.file == nil {
		x.add(groupProgram, name, Degraded, "the tables of the executable cannot be read: "+p.why.Error(), "")
		return
	}
	c, err := takeCensus(p.file, p.info)
	bad := c.nameless + c.strange
	switch {
	case err != nil:
		x.add(groupProgram, name, Degraded, fmt.Sprintf("the table is damaged after %d functions: %v", c.all, err), "build it again")
	case bad > 0 && bad*100 >= c.all:
		what := fmt.Sprintf("%s of %d functions have names of no module of the build, such as %s: it looks obfuscated", percent(bad, c.all), c.all, c.example)
		if c.nameless > c.strange {
			what = fmt.Sprintf("%s of %d functions have no name", percent(c.nameless, c.all), c.all)
		}
		x.add(groupProgram, name, Degraded, what, "crashes are grouped by these names: keep the tool's map to read them, or leave it out")
	case c.fileless*100 >= c.all && c.all > 0:
		x.add(groupProgram, name, Degraded, fmt.Sprintf("complete, but %s of %d functions have no file", percent(c.fileless, c.all), c.all), "build without tools that remove positions")
	default:
		x.add(groupProgram, name, OK, fmt.Sprintf("complete, all of %d functions", c.all), "")
	}
}

func percent(n, all int) string {
	if all == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%d %%", (n*100+all-1)/all)
}
