//go:build unix

package corefile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipes: a pipe with a name is refused, and nobody waits for one who writes into it.
func TestPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	core := read(t, sample().bytes())
	refused := make(chan [2]error, 1)
	go func() { // which hangs where it waits
		_, asCore := Open(pipe)
		_, _, asExecutable := core.UseExecutable(pipe)
		refused <- [2]error{asCore, asExecutable}
	}()
	select {
	case errs := <-refused:
		var format *FormatError
		var executable *ExecutableError
		if !errors.As(errs[0], &format) || !errors.As(errs[1], &executable) {
			t.Errorf("as a core: %v; as an executable: %v", errs[0], errs[1])
		}
	case <-time.After(time.Minute):
		t.Fatal("waits for one who writes")
	}
}
