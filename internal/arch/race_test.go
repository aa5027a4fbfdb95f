package arch

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRaceDetectorSeesGoroutines holds what make race tests against the code of
// the root module: no test that starts goroutines, of its own or of its package,
// is left out.
func TestRaceDetectorSeesGoroutines(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	whole := make(map[string]bool)           // packages of which all is tested
	only := make(map[string]*regexp.Regexp)  // packages of which these tests are run
	never := make(map[string]*regexp.Regexp) // packages of which these are not
	list := regexp.MustCompile(`(?m)^RACE := (.*)$`).FindSubmatch(text)
	if list == nil {
		t.Fatal("the Makefile has no list RACE")
	}
	for _, arg := range strings.Fields(string(list[1])) {
		whole[directory(arg)] = true
	}
	for _, m := range regexp.MustCompile(`go test -race -(run|skip) '(\S+)' (\S+)\n`).FindAllStringSubmatch(string(text), -1) {
		tests := regexp.MustCompile(strings.ReplaceAll(m[2], "$$", "$"))
		if m[1] == "run" {
			only[directory(m[3])] = tests
		} else {
			never[directory(m[3])] = tests
		}
	}
	files := sources(t)
	tested := make(map[string]bool)
	found := make(map[*regexp.Regexp]bool)
	helpers := make(map[string]bool) // functions of tests that start goroutines
	for _, s := range files {
		if !s.test {
			continue
		}
		tested[s.dir] = true
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !isTest(f.Name.Name) && concurrent(d, s.dir, nil) {
				helpers[s.dir+" "+f.Name.Name] = true
			}
		}
	}
	for _, s := range files {
		if other := regexp.MustCompile(`^(analysis|bench|cmd|contrib|examples|lab)(/|$)`); other.MatchString(s.dir) || !tested[s.dir] {
			continue
		}
		run, skip := only[s.dir], never[s.dir]
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || s.test && !isTest(f.Name.Name) {
				continue
			}
			name, concurrent := f.Name.Name, concurrent(d, s.dir, helpers)
			switch {
			case run != nil && s.test && run.MatchString(name):
				found[run] = true
			case skip != nil && s.test && skip.MatchString(name):
				found[skip] = true
				if concurrent {
					t.Errorf("%s: %s starts goroutines, and make race skips it", s.path, name)
				}
			case run != nil && !s.test: // its tests decide
			case concurrent && skip == nil && !whole[s.dir]:
				t.Errorf("%s: %s starts goroutines, and make race does not test it", s.path, name)
			}
		}
	}
	for _, list := range []map[string]*regexp.Regexp{only, never} {
		for dir, tests := range list {
			if !found[tests] {
				t.Errorf("make race names a test of %s that there is not: %s", dir, tests)
			}
		}
	}
}

// directory is where the files of a package that is named to the go command are.
func directory(arg string) string {
	return strings.TrimPrefix(strings.TrimPrefix(arg, "."), "/")
}

func isTest(name string) bool { return strings.HasPrefix(name, "Test") && name != "TestMain" }

// concurrent reports whether there is a go statement in the declaration, a call
// that starts a goroutine (WaitGroup.Go, T.Parallel), or a name of a helper.
func concurrent(d ast.Decl, dir string, helpers map[string]bool) bool {
	yes := false
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			yes = true
		case *ast.SelectorExpr:
			yes = yes || n.Sel.Name == "Parallel" || n.Sel.Name == "Go"
		case *ast.Ident:
			yes = yes || helpers[dir+" "+n.Name]
		}
		return !yes
	})
	return yes
}
