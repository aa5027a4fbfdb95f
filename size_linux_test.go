package backstop_test

import (
	"debug/elf"
	"os"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestSize says what the SDK adds to a program, and fails when that grows out of
// hand. Run it with -v for the figures.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("links six programs")
	}
	t.Parallel()
	const kB = 1000
	for _, c := range []struct {
		program string
		what    string
		limit   int64 // of the growth of the stripped executable
	}{
		{"full", "net/http (both sides), encoding/json, log/slog, os/exec, runtime/pprof", 520 * kB},
		{"server", "a net/http server only", 1500 * kB},
	} {
		dir := "testdata/size/" + c.program
		without := fileSize(t, crashtest.Build(t, dir, "-ldflags=-s -w"))
		with := fileSize(t, crashtest.Build(t, dir, "-ldflags=-s -w", "-tags=sdk"))
		growth := with - without
		t.Logf("over %s: %d kB (stripped, of %d kB)", c.what, growth/kB, with/kB)
		if growth > c.limit {
			t.Errorf("the SDK adds %d kB to %s, want at most %d", growth/kB, c.what, c.limit/kB)
		}
	}
	own := ownCode(t, crashtest.Build(t, "testdata/size/full", "-tags=sdk"))
	var all uint64
	for pkg, n := range own {
		t.Logf("%7d bytes of machine code in %s", n, pkg)
		all += n
	}
	t.Logf("%7d bytes of machine code of ours", all)
	if limit := uint64(170 * kB); all > limit || all < 20*kB {
		t.Errorf("%d bytes of machine code of ours, want at most %d", all, limit)
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// ownCode adds up the functions of our packages in an executable.
func ownCode(t *testing.T, exe string) map[string]uint64 {
	t.Helper()
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/backstop-go/backstop"
	own := map[string]uint64{}
	for _, s := range symbols {
		rest, ok := strings.CutPrefix(s.Name, module)
		if !ok || elf.ST_TYPE(s.Info) != elf.STT_FUNC {
			continue
		}
		pkg, _, _ := strings.Cut(rest[strings.LastIndexByte(rest, '/')+1:], ".")
		if strings.HasPrefix(rest, "/") {
			pkg = rest[1:strings.LastIndexByte(rest, '/')+1] + pkg
		}
		own[pkg] += s.Size
	}
	return own
}
