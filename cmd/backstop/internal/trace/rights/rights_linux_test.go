package rights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Program{
		"keep": func([]string) {
			if err := Keep(BPF, Perfmon); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			report()
		},
		"show": func([]string) { report() },
		"explain": func([]string) {
			fmt.Println(Explain(fmt.Errorf("load: %w", syscall.EPERM), BPF, Perfmon))
		},
	})
}

// A standing is what the kernel says of a thread's rights.
type standing struct {
	Effective, Permitted, Bounding, Ambient Set
	NoNewPrivs                              string
}

// report writes the rights of each thread, and the arguments.
func report() {
	threads, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(threads) < 2 {
		panic(fmt.Sprint(threads, err))
	}
	var all []standing
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue
		}
		s := standing{}
		for name, set := range map[string]*Set{"CapEff": &s.Effective, "CapPrm": &s.Permitted, "CapBnd": &s.Bounding, "CapAmb": &s.Ambient} {
			if *set, err = field(string(text), name); err != nil {
				panic(err)
			}
		}
		_, rest, _ := strings.Cut(string(text), "NoNewPrivs:")
		s.NoNewPrivs = strings.Fields(rest)[0]
		all = append(all, s)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"threads": all, "args": os.Args[1:]}) //nolint:errcheck // the test reads it
}

func run(t *testing.T, program string, attr *syscall.SysProcAttr, args ...string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(t, "only root has rights to give up")
	}
	o := &crashtest.Options{Args: args, Dir: public(t)}
	cmd := crashtest.Command(t, program, o)
	cmd.Path = "/proc/self/exe" // another user may not reach the directory of the test
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// public makes a directory where every user may be.
func public(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "backstop-rights-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func nobody(list ...Capability) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	for _, c := range list {
		attr.AmbientCaps = append(attr.AmbientCaps, uintptr(c))
	}
	return attr
}

func TestKeep(t *testing.T) {
	for name, attr := range map[string]*syscall.SysProcAttr{
		"root":                nil,
		"nobody, with both":   nobody(BPF, Perfmon),
		"nobody, and another": nobody(BPF, Perfmon, Kill),
	} {
		t.Run(name, func(t *testing.T) {
			out := run(t, "keep", attr, "one", "two three")
			var got struct {
				Threads []standing
				Args    []string
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if !slices.Equal(got.Args, []string{"one", "two three"}) {
				t.Errorf("arguments: %q", got.Args)
			}
			want := Of(BPF, Perfmon)
			for _, s := range got.Threads {
				if s.Effective != want || s.Permitted != want || s.NoNewPrivs != "1" || s.Ambient&^want != 0 {
					t.Errorf("%+v, want %#x", s, want)
				}
				if attr == nil && s.Bounding != want {
					t.Errorf("bounding set: %#x, want %#x", s.Bounding, want)
				}
			}
		})
	}
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		have []Capability
		want string
	}{
		{[]Capability{BPF, Perfmon}, "load: operation not permitted\n"},
		{[]Capability{BPF}, "load: operation not permitted: CAP_PERFMON is missing\n"},
		{[]Capability{Perfmon}, "load: operation not permitted: CAP_BPF is missing\n"},
		{[]Capability{SysAdmin}, "load: operation not permitted\n"},
		{nil, "load: operation not permitted: CAP_BPF and CAP_PERFMON are missing\n"},
	} {
		if got := run(t, "explain", nobody(test.have...)); got != test.want {
			t.Errorf("with %v: %q, want %q", test.have, got, test.want)
		}
	}
}

func TestExplainLeavesAlone(t *testing.T) {
	if err := Explain(nil, BPF); err != nil {
		t.Error(err)
	}
	if err := Explain(fs.ErrNotExist, BPF); err != fs.ErrNotExist { //nolint:errorlint // the same
		t.Error(err)
	}
}

func TestHint(t *testing.T) {
	err := &Error{syscall.EPERM, []Capability{Perfmon}}
	for _, part := range []string{"CAP_PERFMON is needed to attach probes", "setcap cap_perfmon+ep backstop", "--cap-add PERFMON"} {
		if !strings.Contains(err.Hint(), part) {
			t.Errorf("%q is not in %q", part, err.Hint())
		}
	}
}

func TestFieldOfGarbage(t *testing.T) {
	for _, text := range []string{"", "CapEff:\n", "CapEff:\txyz\n", "CapEff:\t11112222333344445\n"} {
		if s, err := field(text, "CapEff"); err == nil {
			t.Errorf("%q: %#x", text, s)
		}
	}
}
