//go:build amd64

package ptrace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func refusal(t *testing.T, pid int) *Refusal {
	t.Helper()
	s, err := Stop(context.Background(), pid)
	if err == nil {
		release(t, s)
		t.Fatalf("process %d was stopped", pid)
	}
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("%T: %v", err, err)
	}
	return r
}

func wants(t *testing.T, r *Refusal, reason, hint string) {
	t.Helper()
	if !strings.Contains(r.Error(), reason) || !strings.Contains(r.Hint, hint) {
		t.Errorf("%v; hint: %s\nwant %q; %q", r, r.Hint, reason, hint)
	}
}

func TestRefusals(t *testing.T) {
	p := start(t, "answers")
	p.ready(t)
	touch(t, p.pid)
	wants(t, refusal(t, 0), "not the number of a process", "")
	wants(t, refusal(t, os.Getpid()), "this process", "")
	wants(t, refusal(t, 1<<22+1), "no such process", "pgrep") // above the largest number there is
	ids, err := Threads(p.pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if id != p.pid {
			wants(t, refusal(t, id), "a thread of process "+strconv.Itoa(p.pid), strconv.Itoa(p.pid))
		}
	}
	if text, err := os.ReadFile("/proc/2/comm"); err == nil && string(text) == "kthreadd\n" {
		wants(t, refusal(t, 2), "a thread of the kernel", "")
	}
	tracer := start(t, "holds", strconv.Itoa(p.pid))
	tracer.ready(t)
	self := filepath.Base(os.Args[0]) // the tracer is this executable; the kernel keeps 15 bytes of its name
	wants(t, refusal(t, p.pid), fmt.Sprintf("traced by process %d (%q)", tracer.pid, self[:min(len(self), 15)]), "one tracer at a time")
	tracer.Process.Kill()
	tracer.Wait()
	p.alive(t)

	p.Process.Kill()
	await(t, p.pid, "Z")
	wants(t, refusal(t, p.pid), "a zombie", "process "+strconv.Itoa(os.Getpid()))
}

func TestNoRights(t *testing.T) {
	if os.Getuid() != 0 {
		crashtest.Skip(t, "needs root, to become somebody else")
	}
	p := start(t, "answers")
	p.ready(t)
	tracer := start(t, "holds", strconv.Itoa(p.pid), "as nobody")
	got := tracer.line(t)
	if !strings.Contains(got, "it belongs to user root, and CAP_SYS_PTRACE is missing") || !strings.Contains(got, "hint: run it as that user; or run it with sudo") {
		t.Error(got)
	}
	p.alive(t)
}

// What cannot be had on one host is decided by what /proc says.
func TestRights(t *testing.T) {
	status := func(uid, caps, seccomp string) map[string]string {
		return map[string]string{"Uid": "0\t" + uid + "\t0\t0", "CapEff": caps, "Seccomp": seccomp}
	}
	const none, all = "0000000000000000", "000001ffffffffff"
	for _, c := range []struct {
		scope       string
		own, target map[string]string
		reason      string
	}{
		{"3", status("0", all, "0"), status("0", all, "0"), "ptrace_scope is 3"},
		{"2", status("4711", none, "0"), status("4711", none, "0"), "ptrace_scope is 2"},
		{"1", status("4711", none, "0"), status("4711", none, "0"), "ptrace_scope is 1"},
		{"1", status("4711", none, "0"), status("4712", none, "0"), "belongs to user 4712"},
		{"0", status("4711", none, "0"), status("4711", none, "0"), "protected"},
		{"", status("4711", none, "0"), status("4711", none, "0"), "protected"},
		{"1", status("0", all, "2"), status("0", all, "2"), "seccomp"},
		{"1", status("0", all, "0"), status("0", all, "0"), "user namespace"},
		{"0", status("4711", "0000000000080000", "0"), status("0", all, "0"), "user namespace"},
		{"0", map[string]string{}, map[string]string{}, "protected"},
	} {
		reason, hint := rights(c.scope, c.own, c.target)
		if !strings.Contains(reason, c.reason) || hint == "" {
			t.Errorf("scope %q, %v, %v: %s; %s", c.scope, c.own, c.target, reason, hint)
		}
	}
}

func TestArchitecture(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\nimport \"time\"\nfunc main() { println(\"ready\"); time.Sleep(time.Hour) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", dir+"/prog", source)
	build.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GO111MODULE=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(dir + "/prog")
	if err := cmd.Start(); err != nil {
		crashtest.Skip(t, "this kernel runs no programs of 32 bit: %v", err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	wants(t, refusal(t, cmd.Process.Pid), "its executable is for EM_386 (ELFCLASS32)", "")
}
