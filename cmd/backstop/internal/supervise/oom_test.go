package supervise

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestOOMFiles(t *testing.T) {
	const v1 = "30 24 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
		"31 24 0:27 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n" +
		"32 24 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
	const v2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	const docker = "612 600 0:29 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
	for _, c := range []struct {
		name, cgroups, mounts string
		want                  []string
	}{
		{
			"version 2", "0::/system.slice/shop.service\n", v2,
			[]string{"/sys/fs/cgroup/system.slice/shop.service/memory.events", "/sys/fs/cgroup/memory.events"},
		},
		{"version 2 with its own namespace", "0::/\n", v2, []string{"/sys/fs/cgroup/memory.events"}},
		{
			"version 1", "8:pids:/x\n4:memory:/shop\n", v1,
			[]string{"/sys/fs/cgroup/memory/shop/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control"},
		},
		{"version 1 with joint controllers", "4:cpu,memory:/\n", v1, []string{"/sys/fs/cgroup/memory/memory.oom_control"}},
		{"container without a namespace", "4:memory:/docker/abc\n", docker, []string{"/sys/fs/cgroup/memory/memory.oom_control"}},
		{
			"below a container", "4:memory:/docker/abc/child\n", docker,
			[]string{"/sys/fs/cgroup/memory/child/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control"},
		},
		{"nothing", "", v1, nil},
		{"rubbish", "a:b\n::\n0::", "x - \n - cgroup2\n", nil},
	} {
		if got := oomFiles(c.cgroups, c.mounts); !slices.Equal(got, c.want) {
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
	}
	if _, ok := oomKills(file + ".missing"); ok {
		t.Error("a missing file has a counter")
	}
}
