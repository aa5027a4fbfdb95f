//go:build go1.23 && linux

package headline

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// Real programs die, and their headlines are found in their executables.
func TestFindInExecutable(t *testing.T) {
	t.Parallel()
	exe := crashtest.Build(t, "testdata/dies")
	for name, want := range map[string]struct {
		text  string
		class crash.Class
	}{
		"unlock":    {"sync: unlock of unlocked mutex", "fatal.sync_unlock"},
		"runlock":   {"sync: RUnlock of unlocked RWMutex", "fatal.sync_unlock"},
		"overflow":  {"stack overflow", "fatal.stack_overflow"},
		"finalizer": {"runtime.SetFinalizer: finalizer already set", "fatal.finalizer"},
		"fault":     {"fault", "fatal.fault"},
		"maps":      {"concurrent map writes", "fatal.concurrent_map_writes"},
	} {
		output := filepath.Join(t.TempDir(), "output")
		if err := exec.Command(exe, name, output).Run(); err == nil {
			t.Errorf("%s did not die", name)
			continue
		}
		data, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		r, err := crash.ParseCrashOutput(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, data)
			continue
		}
		if r.HasMessage {
			t.Fatalf("%s: the crash output has the headline %q: golang/go#76859 is fixed?", name, r.Message)
		}
		addr, _, ok := r.HeadlineAddr()
		if !ok {
			t.Errorf("%s: no address in\n%s", name, data)
			continue
		}
		text, _, ok := Find(r.ThrownBy(), memoryAt(t, exe, addr))
		if !ok || text != want.text {
			t.Errorf("%s: found %q (%v) for %s, want %q", name, text, ok, r.ThrownBy(), want.text)
			continue
		}
		if r.SetHeadline(text); r.Class != want.class {
			t.Errorf("%s: class %s, want %s", name, r.Class, want.class)
		}
	}
}

// memoryAt reads what an executable has at an address.
func memoryAt(t *testing.T, exe string, addr uint64) []byte {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || addr < p.Vaddr || addr >= p.Vaddr+p.Filesz {
			continue
		}
		memory := make([]byte, min(MaxLen, p.Vaddr+p.Filesz-addr))
		if _, err := p.ReadAt(memory, int64(addr-p.Vaddr)); err != nil {
			t.Fatal(err)
		}
		return memory
	}
	return nil
}
