package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files makes a tree as proc has it.
func files(t *testing.T, pid int, contents map[string]string) proc {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, fmt.Sprint(pid))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return proc(root)
}

const statTail = " S 7 70 70 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 12345 1 2 3\n"

func TestProcess(t *testing.T) {
	p, err := files(t, 70, map[string]string{
		"stat":   "70 (a) b (c)) " + statTail[1:],
		"status": "Name:\ta\nUid:\t1000\t0\t0\t0\nNSpid:\t70\t12\t3\n",
		"cgroup": "0::/docker/" + id + "\n",
	}).process(70)
	want := Process{
		PID: 70, NSPID: 3, Parent: 7, Start: 123450 * time.Millisecond, UID: 1000, Comm: "a) b (c)",
		Cgroup: "/docker/" + id, Container: Container{Runtime: "docker", ID: id},
	}
	if err != nil || p != want {
		t.Errorf("%+v, %v, want %+v", p, err, want)
	}
}

func TestProcessDamaged(t *testing.T) {
	for name, contents := range map[string]map[string]string{
		"nothing":       {},
		"no status":     {"stat": "70 (x)" + statTail},
		"empty":         {"stat": "", "status": ""},
		"short":         {"stat": "70 (x) S 7 70\n", "status": ""},
		"no name":       {"stat": "70 x" + statTail, "status": ""},
		"start":         {"stat": strings.Replace("70 (x)"+statTail, "12345", "-1", 1), "status": ""},
		"parent":        {"stat": strings.Replace("70 (x)"+statTail, " 7 ", " x ", 1), "status": ""},
		"flags":         {"stat": strings.Replace("70 (x)"+statTail, " 4194304 ", " x ", 1), "status": ""},
		"user":          {"stat": "70 (x)" + statTail, "status": "Uid:\tx\n"},
		"has ended":     {"stat": strings.Replace("70 (x)"+statTail, " S ", " Z ", 1), "status": "Uid:\t0\n"},
		"reversed name": {"stat": ") (" + statTail, "status": ""},
	} {
		if p, err := files(t, 70, contents).process(70); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestSelected(t *testing.T) {
	real := filepath.Join(t.TempDir(), "shop-1.2")
	if err := os.WriteFile(real, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "shop")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	here := files(t, 70, map[string]string{"cgroup": "4:memory:/shops/one\n"})
	for _, test := range []struct {
		s    Selection
		path string
		want bool
	}{
		{Selection{All: true}, "/x", true},
		{Selection{PIDs: []int{70}}, "/x", true},
		{Selection{PIDs: []int{71}}, "/x", false},
		{Selection{PIDs: []int{71}, Exes: []string{"x"}}, "/x", true},
		{Selection{Exes: []string{"/srv/*/shop"}}, "/srv/a/shop", true},
		{Selection{Exes: []string{"/srv/*/shop"}}, "/srv/a/b/shop", false},
		{Selection{Exes: []string{"sho[op]"}}, "/srv/a/b/shop", true},
		{Selection{Exes: []string{"shop"}}, "/srv/shopping", false},
		{Selection{Exes: []string{link}}, real, true},
		{Selection{Exes: []string{link}}, link, true},
		{Selection{Exes: []string{real}}, link + "x", false},
		{Selection{Cgroups: []string{"shops"}}, "/x", true},
		{Selection{Cgroups: []string{"/shops/two"}}, "/x", false},
		{Selection{Cgroups: []string{"/shops"}, Exes: []string{"y"}}, "/x", false},
		{Selection{Cgroups: []string{"/other"}, All: true}, "/x", false},
	} {
		sel, err := newSelector(test.s, here)
		if err != nil {
			t.Fatal(err)
		}
		if got := sel.selected(70, test.path); got != test.want {
			t.Errorf("%+v of %s: %v", test.s, test.path, got)
		}
		if test.want && !sel.maybe(70, filepath.Base(test.path)) {
			t.Errorf("%+v: %s is out of the question", test.s, test.path)
		}
	}
}

func TestCatchNames(t *testing.T) {
	for exe, want := range map[string]string{"/srv/shop": "shop", "sh?p": "sh*", "/srv/*/shop*": "shop*", `/srv/sh\*p`: "sh*"} {
		sel, err := newSelector(Selection{Exes: []string{exe}}, "/proc")
		if err != nil {
			t.Fatal(err)
		}
		o, err := sel.catch()
		if err != nil || len(o.CatchNames) != 1 || o.CatchNames[0] != want {
			t.Errorf("%s: %+v, %v", exe, o, err)
		}
	}
}

func TestFind(t *testing.T) {
	p, err := Find(os.Getpid())
	if err != nil || p.PID != os.Getpid() || p.Parent != os.Getppid() || p.Path == "" || p.Comm == "" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := Find(1 << 22); err == nil {
		t.Errorf("%+v", p)
	}
}
