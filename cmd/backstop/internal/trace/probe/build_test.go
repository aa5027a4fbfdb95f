package probe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// build builds a program that does nothing.
func build(t *testing.T, exe string, env ...string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		crashtest.Skip(t, "no go command: %v", err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module small\n\ngo 1.21\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-o", exe, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}
