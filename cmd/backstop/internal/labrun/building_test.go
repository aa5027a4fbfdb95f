//go:build unix

package labrun

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestBuildingInterrupted: of a build that is interrupted no file stays, and no
// process that could write one.
func TestBuildingInterrupted(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `(for i in $(seq 5000); do mkdir -p "$GOTMPDIR/work"; done) & : > "$TMPDIR/began"; wait`)
	cmd.Env = os.Environ()
	done := make(chan error)
	go func() { done <- building(cmd) }()
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if began, err := filepath.Glob(filepath.Join(temp, "*", "began")); err != nil || time.Now().After(limit) {
			t.Fatalf("it did not begin: %v", err)
		} else if len(began) > 0 {
			break
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("it was interrupted, and that is no error")
	}
	time.Sleep(50 * time.Millisecond)
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}
