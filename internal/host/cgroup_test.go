package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCgroupFiles(t *testing.T) {
	const v1, v2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
	for _, c := range []struct {
		name, cgroups string
		want          []string
	}{
		{"version 2", "0::/system.slice/shop.service\n", []string{
			v2 + "/system.slice/shop.service/two", v2 + "/system.slice/two", v2 + "/two",
		}},
		{"version 2 with its own namespace", "0::/\n", []string{v2 + "/two"}},
		{"version 2 outside of our namespace", "0::/../other\n", []string{v2 + "/other/two", v2 + "/two"}},
		{"version 1", "8:pids:/x\n4:memory:/shop\n", []string{v1 + "/shop/one", v1 + "/one"}},
		{"version 1 with joint controllers", "4:cpu,memory:/\n", []string{v1 + "/one"}},
		{"both", "4:memory:/shop\n0::/\n", []string{v1 + "/shop/one", v1 + "/one", v2 + "/two"}},
		{"a path with colons", "4:memory:/a:b\n", []string{v1 + "/a:b/one", v1 + "/one"}},
		{"nothing", "", nil},
		{"rubbish", "a:b\n:x:\n\n0:", nil},
	} {
		if got := cgroupFiles(c.cgroups, "one", "two"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestOOMKills(t *testing.T) {
	file := filepath.Join(t.TempDir(), "memory.events")
	for _, c := range []struct {
		text string
		want uint64
		ok   bool
	}{
		{"low 0\nhigh 0\nmax 7\noom 2\noom_kill 3\noom_group_kill 9\n", 3, true},
		{"oom_kill_disable 0\nunder_oom 0\noom_kill 12\n", 12, true},
		{"oom 2\n", 0, false},
		{"oom_kill x\n", 0, false},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, ok := oomKills(file); n != c.want || ok != c.ok {
			t.Errorf("%q: %d %v", c.text, n, ok)
		}
		w := OOMWatch{file: file, before: 3}
		if got := w.Rose(); got != (c.ok && c.want > 3) {
			t.Errorf("%q rose: %v", c.text, got)
		}
	}
	if _, ok := oomKills(file + ".missing"); ok {
		t.Error("a missing file has a counter")
	}
	if w := (OOMWatch{}); w.Rose() {
		t.Error("no counter rose")
	}
}
