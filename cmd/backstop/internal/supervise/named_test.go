//go:build unix

package supervise

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/inflight"
)

// TestNames: what a guard in the program reports and what only we see are of one
// service.
func TestNames(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), "splitbin")
	if out, err := exec.Command("go", "build", "-o", exe, "./testdata/named").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	itself := inflight.Names{Service: "checkout", Release: "4.2", Environment: "staging", Instance: "till-7"}
	plain := Options{Env: []string{"PATH=" + os.Getenv("PATH")}}
	told := plain
	told.Service, told.Env = "shop", append([]string{"BACKSTOP_RELEASE=own"}, plain.Env...)
	shell := []string{"/bin/sh", "-c", `"$0" "$@"; exit $?`}
	for _, c := range []struct {
		what, how, class string
		o                Options
		behind           []string
		want             inflight.Names
	}{
		{"panic", "panic", "panic.custom", plain, nil, itself},
		{"exit", "exit", "exit.os_exit", plain, nil, itself},
		{"kill", "kill", "kill.sigkill", plain, nil, itself},
		{"while it lives", "logged", "panic.custom", plain, nil, itself},
		{"panic behind a shell", "panic", "panic.custom", plain, shell, itself},
		{"kill behind a shell", "kill", "exit.os_exit", plain, shell, itself},
		{"told", "kill", "kill.sigkill", told, nil, inflight.Names{Service: "shop", Release: "own", Environment: "staging", Instance: "till-7"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			c.o.Restart = Restart{Policy: OnFailure, Max: 1, MinBackoff: time.Millisecond}
			got := supervise(t, c.o, append(append([]string{"exec"}, c.behind...), exe, c.how, t.TempDir())...)
			if len(got.all) == 0 {
				t.Errorf("no event\n%s", got.stderr)
			}
			for _, e := range got.all {
				if names := namesOf(&e); string(e.Class) != c.class || names != c.want {
					t.Errorf("%s of %q, want %s of %q\n%s", e.Class, names, c.class, c.want, got.stderr)
				}
			}
		})
	}
}

// TestNamesOfTheNext: a process that says nothing about itself is not taken for
// the one before it.
func TestNamesOfTheNext(t *testing.T) {
	t.Parallel()
	first := filepath.Join(t.TempDir(), "first")
	got := supervise(t, Options{
		Env:     []string{"PATH=" + os.Getenv("PATH"), "CRASHER_FIRST=" + first},
		Restart: Restart{Policy: OnFailure, Max: 1, MinBackoff: time.Millisecond},
	}, "named-once")
	if len(got.all) != 2 || got.all[0].Service != "once" || got.all[1].Service != "shop" || got.all[1].Environment != "production" {
		t.Errorf("events %+v\n%s", got.all, got.stderr)
	}
}

func namesOf(e *event.Event) inflight.Names {
	return inflight.Names{Service: e.Service, Release: e.Release, Environment: e.Environment, Instance: e.Instance}
}
