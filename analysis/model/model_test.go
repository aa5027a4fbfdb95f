package model_test

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/model"
)

// Every function of the standard library that the model tells of exists, and has
// the parameters it tells of.
func TestStandardLibrary(t *testing.T) {
	m := model.Default()
	byPackage := make(map[string][]string)
	for _, name := range m.Names() {
		if path := packageOf(name); !strings.Contains(path, ".") {
			byPackage[path] = append(byPackage[path], name)
		}
	}
	var paths []string
	for p := range byPackage {
		paths = append(paths, p)
	}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, pkg := range pkgs {
		declared := functions(pkg.Types)
		for _, name := range byPackage[pkg.PkgPath] {
			checked++
			fn := declared[name]
			if fn == nil {
				t.Errorf("there is no %s", name)
				continue
			}
			what, _ := m.Func(name)
			for _, c := range what.Callbacks {
				params := fn.Signature().Params()
				if c.Param >= params.Len() {
					t.Errorf("%s has %d parameters, and the model tells of number %d", name, params.Len(), c.Param)
					continue
				}
				switch params.At(c.Param).Type().Underlying().(type) {
				case *types.Signature, *types.Interface, *types.TypeParam, *types.Slice: // a method may be called
				default:
					t.Errorf("%s: parameter %d is no function and has no methods", name, c.Param)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d functions were checked", checked)
	}
}

// packageOf is the import path in a name such as (*net/http.Server).Serve.
func packageOf(name string) string {
	path := strings.TrimLeft(name, "(*")
	slash := strings.LastIndexByte(path, '/') + 1
	dot := strings.IndexByte(path[slash:], '.')
	return path[:slash+dot]
}

func functions(pkg *types.Package) map[string]*types.Func {
	all := make(map[string]*types.Func)
	for _, name := range pkg.Scope().Names() {
		switch obj := pkg.Scope().Lookup(name).(type) {
		case *types.Func:
			all[obj.FullName()] = obj
		case *types.TypeName:
			for _, t := range []types.Type{obj.Type(), types.NewPointer(obj.Type())} {
				set := types.NewMethodSet(t)
				for i := range set.Len() {
					if m, ok := set.At(i).Obj().(*types.Func); ok {
						all[m.FullName()] = m
					}
				}
			}
		}
	}
	return all
}

func TestLines(t *testing.T) {
	m, err := model.Default().With("mine.txt", strings.NewReader(`
# a comment
(*example.com/pool.Pool).Submit  calls 0 goroutine guarded the pool  # and a reason
example.com/a.Exit               exits
example.com/a.Exit               reports
`))
	if err != nil {
		t.Fatal(err)
	}
	f, ok := m.Func("(*example.com/pool.Pool).Submit")
	if want := (model.Callback{Param: 0, Where: model.Goroutine, Guarded: true, By: "the pool"}); !ok || !slices.Equal(f.Callbacks, []model.Callback{want}) {
		t.Errorf("%+v", f)
	}
	if f, _ := m.Func("example.com/a.Exit"); !f.Exits || !f.NeverReturns || !f.Reports {
		t.Errorf("%+v", f)
	}
	if _, ok := model.Default().Func("example.com/a.Exit"); ok {
		t.Error("With changed the model it was called on")
	}
}

func TestErrors(t *testing.T) {
	for line, want := range map[string]string{
		"example.com/a.F":                          "mine.txt:1: nothing is said of example.com/a.F",
		"example.com/a.F flies":                    "unknown statement \"flies\"",
		"example.com/a.F calls":                    "calls needs a parameter",
		"example.com/a.F calls x goroutine":        "parameter \"x\" is no number",
		"example.com/a.F calls 0 nowhere":          "unknown place \"nowhere\"",
		"example.com/a.F calls 0 caller unguarded": "unknown word \"unguarded\"",
		"example.com/a.F exits 3":                  "exits takes nothing behind it, got \"3\"",
		"\n\nexample.com/a.F flies":                "mine.txt:3: ",
	} {
		if _, err := model.Default().With("mine.txt", strings.NewReader(line)); err == nil || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q: error %v, want %q", line, err, want)
		}
	}
}
