package backstop_test

import (
	"debug/elf"
	"os"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

// TestSize says what the SDK adds to a program, and fails when that is more than
// was promised. Run it with -v for the figures.
//
// Over a plain server, most of the growth is the standard library's: from Go
// 1.27 on, the packages that the SDK imports and a plain server does not are
// larger than the promise by themselves. What is ours is bounded everywhere.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("links five programs")
	}
	t.Parallel()
	const kB = 1000
	stripped := func(dir string, args ...string) int64 {
		return fileSize(t, crashtest.Build(t, "testdata/size/"+dir, append(args, "-ldflags=-s -w")...))
	}
	server, serverSDK := stripped("server"), stripped("server", "-tags=sdk")
	full, fullSDK := stripped("full"), stripped("full", "-tags=sdk")
	t.Logf("over net/http (both sides), encoding/json, log/slog, os/exec, runtime/pprof: %d kB (stripped, of %d kB)", (fullSDK-full)/kB, fullSDK/kB)
	t.Logf("over a net/http server only: %d kB (stripped, of %d kB); the packages above alone: %d kB", (serverSDK-server)/kB, serverSDK/kB, (full-server)/kB)
	if fullSDK-full > 450*kB {
		t.Errorf("the SDK adds %d kB to a program that has its imports", (fullSDK-full)/kB)
	}
	if serverSDK-server > max(1500*kB, full-server+450*kB) {
		t.Errorf("the SDK adds %d kB to a plain server, want at most 1500", (serverSDK-server)/kB)
	}
	own := ownCode(t, crashtest.Build(t, "testdata/size/full", "-tags=sdk"))
	var all uint64
	for pkg, n := range own {
		t.Logf("%7d bytes of machine code in %s", n, pkg)
		all += n
	}
	t.Logf("%7d bytes of machine code of ours", all)
	if all > 107*kB || all < 20*kB { // docs/decisions/0012-capture.md says what for
		t.Errorf("%d bytes of machine code of ours, want at most %d", all, 107*kB)
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
