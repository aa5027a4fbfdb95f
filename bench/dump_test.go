//go:build unix

package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// dumps are what the runtime prints about a real server with so many goroutines.
var dumps = []struct {
	name       string
	goroutines int
	traceback  string // GOTRACEBACK
	large      bool
}{
	{"10", 8, "all", false},
	{"1000", 900, "all", false},
	{"100000", 99_900, "all", true},
	{"crash-10", 8, "crash", false},
	{"crash-1000", 900, "crash", false},
	{"crash-100000", 99_900, "crash", true},
}

// build makes the server once.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "backstop-bench")
	if err != nil {
		return "", err
	}
	server := filepath.Join(dir, "server")
	out, err := exec.Command("go", "build", "-trimpath", "-o", server, "./testdata/server").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build server: %w\n%s", err, out)
	}
	return server, nil
})

var (
	recorded   = make(map[string][]byte)
	recordings sync.Mutex
)

// dump lets the server die and returns what it left on standard error.
func dump(tb testing.TB, goroutines int, traceback string) []byte {
	tb.Helper()
	recordings.Lock()
	defer recordings.Unlock()
	key := fmt.Sprint(goroutines, traceback)
	if text := recorded[key]; text != nil {
		return text
	}
	server, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	// A core file of this process is of no use to anybody.
	cmd := exec.Command("sh", "-c", `ulimit -c 0; exec "$0" "$1"`, server, strconv.Itoa(goroutines))
	cmd.Env = append(os.Environ(), "GOTRACEBACK="+traceback)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || stderr.Len() < 1000 {
		tb.Fatalf("the server did not die as it should: %v\n%s", err, stderr.Bytes())
	}
	recorded[key] = stderr.Bytes()
	return stderr.Bytes()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(server)) // a temporary directory
	}
	os.Exit(code)
}
