package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/crashtest"
)

const cartSource = `package cart

// Add puts an item in.
func (c *Cart) Add(item string) {
	c.items[item]++
}

func (c *Cart) Remove(item string) {
	defer func() {
		delete(c.items, item)
	}()
}
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func frame(fn, file string, line int) *crash.Frame {
	return &crash.Frame{Func: fn, File: file, Line: line}
}

const add = "example.com/shop/cart.(*Cart).Add"

func TestExcerpt(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "cart.go"), cartSource)
	e := New(Options{}).Excerpt(frame(add, file, 5), 1)
	if e == nil || e.File != file || e.First != 4 || e.Focus != 5 ||
		strings.Join(e.Lines, "|") != "func (c *Cart) Add(item string) {|\tc.items[item]++|}" {
		t.Errorf("excerpt: %+v", e)
	}
	if e := New(Options{}).Excerpt(frame(add, file, 5), 100); e == nil || e.First != 1 || len(e.Lines) != 12 {
		t.Errorf("the whole file: %+v", e)
	}
	if e := New(Options{}).Excerpt(frame("example.com/shop/cart.(*Cart).Remove.func1", file, 10), 0); e == nil || e.Lines[0] != "\t\tdelete(c.items, item)" {
		t.Errorf("closure: %+v", e)
	}
}

// Files that the traceback names and that are not what it means are not shown.
func TestNoExcerpt(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "cart.go"), cartSource)
	write(t, filepath.Join(dir, "passwd"), "root:Add:0\n")
	write(t, filepath.Join(dir, "binary.go"), "Add\x00\n")
	write(t, filepath.Join(dir, "latin.go"), "Add \xe4\n")
	write(t, filepath.Join(dir, "huge.go"), "// Add\n"+strings.Repeat("x", maxFile))
	if err := os.Mkdir(filepath.Join(dir, "dir.go"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "passwd"), filepath.Join(dir, "link.txt")); err != nil {
		t.Log(err)
	}
	for _, f := range []*crash.Frame{
		frame(add, file, 0),
		frame(add, file, -1),
		frame(add, file, 13),
		frame(add, file, 1<<62),
		frame(add, file, 3-2), // above any mention
		frame("example.com/shop/cart.(*Cart).Empty", file, 5),
		frame("example.com/shop/cart.(*Cart).Remove", file, 5), // declared further down
		frame(add, filepath.Join(dir, "passwd"), 1),
		frame(add, filepath.Join(dir, "link.txt"), 1),
		frame(add, filepath.Join(dir, "binary.go"), 1),
		frame(add, filepath.Join(dir, "latin.go"), 1),
		frame(add, filepath.Join(dir, "huge.go"), 1),
		frame(add, filepath.Join(dir, "dir.go"), 1),
		frame(add, filepath.Join(dir, "missing.go"), 1),
		frame(add, "//127.0.0.1/share/cart.go", 5),
		frame(add, `\\127.0.0.1\share\cart.go`, 5),
		frame(add, file+"\x00.go", 5),
		frame(add, "", 5),
		frame("", "", 1),
	} {
		if e := New(Options{Dir: dir}).Excerpt(f, 2); e != nil && f.File != "//127.0.0.1/share/cart.go" && f.File != `\\127.0.0.1\share\cart.go` {
			t.Errorf("%+v: %+v", *f, e)
		} else if e != nil && e.File != file {
			t.Errorf("%+v was read from %s", *f, e.File)
		}
	}
}

// Where a build kept its files does not matter.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	shop := write(t, filepath.Join(dir, "shop", "cart", "cart.go"), cartSource)
	other := write(t, filepath.Join(dir, "other", "cart", "cart.go"), "package cart\n\nvar Unrelated = 1\n\n\n")
	write(t, filepath.Join(dir, "shop", ".git", "cart.go"), cartSource)
	write(t, filepath.Join(dir, "shop", "a", "main.go"), "package main\n\nfunc main() {\n}\n")
	write(t, filepath.Join(dir, "shop", "b", "main.go"), "package main\n\nfunc main() {\n}\n")
	write(t, filepath.Join(dir, "shop", "go.mod"), "// the shop\nmodule example.com/shop\n")
	cached := write(t, filepath.Join(dir, "cache", "example.com", "!big", "dep@v1.2.0", "dep.go"), "package dep\n\nfunc Do() {}\n")
	std := write(t, filepath.Join(dir, "go", "src", "net", "http", "server.go"), "package http\n\nfunc serve() {}\n")
	t.Setenv("GOMODCACHE", filepath.Join(dir, "cache"))
	t.Setenv("GOROOT", filepath.Join(dir, "go"))

	for _, c := range []struct {
		name, in, src string
		frame         *crash.Frame
		want          string
	}{
		{"as printed", ".", "", frame(add, shop, 5), shop},
		{"below -src", ".", dir, frame(add, "/build/1234/shop/cart/cart.go", 5), shop},
		{"from Windows", ".", dir, frame(add, `C:\build\shop\cart\cart.go`, 5), shop},
		{"-src is the module itself", ".", filepath.Join(dir, "shop"), frame(add, "/build/cart/cart.go", 5), shop},
		{"only the name in common", ".", filepath.Join(dir, "shop", "cart"), frame(add, "/x/y/cart.go", 5), shop},
		{"the longest end is another file", ".", dir, frame(add, "/build/other/cart/cart.go", 5), ""},
		{"which main.go?", ".", dir, frame("main.main", "/build/main.go", 3), ""},
		{"the module we stand in, -trimpath", filepath.Join(dir, "shop", "a"), "", frame(add, "example.com/shop/cart/cart.go", 5), shop},
		{"the module we stand in, built elsewhere", filepath.Join(dir, "shop"), "", frame(add, "/build/1234/cart.go", 5), shop},
		{"another module", filepath.Join(dir, "shop"), "", frame("example.com/shopper/cart.(*Cart).Add", "example.com/shopper/cart/cart.go", 5), ""},
		{"out of the module", filepath.Join(dir, "shop"), "", frame(add, "example.com/shop/../other/cart/cart.go", 5), shop},
		{"module cache", ".", "", frame("example.com/Big/dep.Do", "/home/u/go/pkg/mod/example.com/!big/dep@v1.2.0/dep.go", 3), cached},
		{"module cache, -trimpath", ".", "", frame("example.com/Big/dep.Do", "example.com/Big/dep@v1.2.0/dep.go", 3), cached},
		{"standard library", ".", "", frame("net/http.serve", "/usr/lib/go-1.22/src/net/http/server.go", 3), std},
		{"standard library, -trimpath", ".", "", frame("net/http.serve", "net/http/server.go", 3), std},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(c.in)
			got := ""
			if e := New(Options{Dir: c.src}).Excerpt(c.frame, 1); e != nil {
				got = e.File
			}
			if got != c.want {
				t.Errorf("found in %q, want %q (other is %s)", got, c.want, other)
			}
		})
	}
}

func TestBaseName(t *testing.T) {
	for fn, want := range map[string]string{
		"main.main":                               "main",
		"main.main.func1":                         "main",
		"main.main.func1.2":                       "main",
		"main.main.gowrap1":                       "main",
		"main.main.deferwrap2":                    "main",
		"example.com/a/b.(*T).M":                  "M",
		"example.com/a/b.T.M-fm":                  "M",
		"example.com/a/b.F[...]":                  "F",
		"example.com/a/b.F[go.shape.int].func1":   "F",
		"example.com/a/b.(*T[example.com/c.D]).M": "",
		"main.glob..func1":                        "",
		"main.init.0":                             "",
		"main.init":                               "",
		"panic":                                   "panic",
		"x_cgo_start":                             "x_cgo_start",
		"":                                        "",
	} {
		if got := baseName(fn); got != want {
			t.Errorf("baseName(%q) = %q, want %q", fn, got, want)
		}
	}
}

// The memory of a finder is bounded whatever it is asked.
func TestFinderForgets(t *testing.T) {
	dir := t.TempDir()
	name := write(t, filepath.Join(dir, "a.go"), "// Add\n"+strings.Repeat("x", maxFile-100))
	f := New(Options{})
	for i := range 40 {
		link := filepath.Join(dir, "l"+string(rune('a'+i))+".go")
		if err := os.Link(name, link); err != nil {
			crashtest.Skip(t, "no hard links here: %v", err)
		}
		f.open(link)
		if f.bytes > maxBytes {
			t.Fatalf("%d bytes are kept", f.bytes)
		}
	}
	for range 2 * maxNames {
		f.open(filepath.Join(dir, time.Now().String()+".go"))
	}
	if len(f.files) > maxNames {
		t.Errorf("%d names are kept", len(f.files))
	}
}
