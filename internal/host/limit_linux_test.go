package host

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{
		"limit": func([]string) { fmt.Println(MemoryLimit()) },
		"data-limit": func(args []string) {
			l := syscall.Rlimit{Cur: 3 << 30, Max: 3 << 30}
			fmt.Println(syscall.Setrlimit(syscall.RLIMIT_DATA, &l))
			fmt.Println(MemoryLimit())
		},
	})
}

func TestReadLimit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "memory.max")
	for text, want := range map[string]uint64{
		"max\n": unlimited, "": unlimited, "-1\n": unlimited, "x": unlimited,
		"67108864\n": 64 << 20, "0\n": 0,
		"9223372036854771712\n": 9223372036854771712, // version 1, none
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := readLimit(file); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if got := readLimit(file + ".missing"); got != unlimited {
		t.Errorf("a missing file limits to %d", got)
	}
}

// TestMemoryLimit asks processes that have limits: of a cgroup, of the cgroup
// above theirs, and of their own.
func TestMemoryLimit(t *testing.T) {
	const none = math.MaxUint64 // RLIMIT_AS, which crashtest sets otherwise
	run := func(program string, o crashtest.Options, want string) {
		t.Helper()
		if r := crashtest.Run(t, program, o); strings.TrimSpace(r.Stdout) != want {
			t.Errorf("%s: %q, want %q (%s)", program, r.Stdout, want, r.Stderr)
		}
	}
	run("data-limit", crashtest.Options{AddressSpace: none}, "<nil>\n3221225472 true")
	if !crashtest.RaceEnabled { // whose detector needs more addresses than any limit
		r := crashtest.Run(t, "limit", crashtest.Options{AddressSpace: 5 << 30})
		var left uint64
		if _, err := fmt.Sscanf(r.Stdout, "%d true", &left); err != nil || left < 1<<30 || left > 5<<30-256<<20 {
			t.Errorf("%q of 5 GiB of address space, want what is left (%v, %s)", r.Stdout, err, r.Stderr)
		}
	}

	outer := crashtest.MemoryCgroup(t, 512<<20)
	inner := filepath.Join(outer, "inner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(inner) })
	for _, dir := range []string{outer, inner} {
		run("limit", crashtest.Options{AddressSpace: none, Cgroup: dir}, "536870912 true")
	}
}
