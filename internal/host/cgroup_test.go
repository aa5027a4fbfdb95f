package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCgroupFiles(t *testing.T) {
	const v1 = "30 24 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
		"31 24 0:27 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n" +
		"32 24 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
	const v2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	const docker = "612 600 0:29 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
	const dir1, dir2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
	for _, c := range []struct {
		name, cgroups, mounts string
		want                  []string
	}{
		{"version 2", "0::/system.slice/shop.service\n", v2, []string{dir2 + "/system.slice/shop.service/two", dir2 + "/system.slice/two", dir2 + "/two"}},
		{"version 2 with its own namespace", "0::/\n", v2, []string{dir2 + "/two"}},
		{"version 2 outside of our namespace", "0::/../other\n", v2, []string{dir2 + "/other/two", dir2 + "/two"}},
		{"version 1", "8:pids:/x\n4:memory:/shop\n", v1, []string{dir1 + "/shop/one", dir1 + "/one"}},
		{"version 1 with joint controllers", "4:cpu,memory:/\n", v1, []string{dir1 + "/one"}},
		{"both", "4:memory:/shop\n0::/\n", v1, []string{dir1 + "/shop/one", dir1 + "/one", "/sys/fs/cgroup/unified/two"}},
		{"container without a namespace", "4:memory:/docker/abc\n", docker, []string{dir1 + "/one"}},
		{"below a container", "4:memory:/docker/abc/child\n", docker, []string{dir1 + "/child/one", dir1 + "/one"}},
		{"nothing", "", v1, nil},
		{"rubbish", "a:b\n::\n0::", "x - \n - cgroup2\n", nil},
	} {
		if got := cgroupFiles(c.cgroups, c.mounts, "one", "two"); !slices.Equal(got, c.want) {
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
