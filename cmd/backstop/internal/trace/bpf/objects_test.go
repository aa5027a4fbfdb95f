package bpf

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

var update = flag.Bool("update", false, "compile the programs anew")

// clang is the major release that the committed objects are made by: another one
// makes other code.
const clang = "14"

// The committed objects are what clang makes of the sources. They hold neither
// debug information nor paths; the line information of probes (.BTF.ext) is half
// of it, and nothing needs it.
func TestObjects(t *testing.T) {
	compiler := compiler(t)
	strip := tool(t, "llvm-strip-"+clang, "llvm-strip")
	for source, o := range map[string]struct {
		object string
		strip  []string
	}{
		"probes.bpf.c": {"probes_bpfel.o", []string{"-g", "-R", ".BTF.ext", "-R", ".rel.BTF.ext"}},
		"host.bpf.c":   {"host_bpfel.o", []string{"-g"}}, // CO-RE stands in .BTF.ext
	} {
		made := filepath.Join(t.TempDir(), o.object)
		run(t, compiler, "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Werror", "-fdebug-compilation-dir=.", "-c", source, "-o", made)
		run(t, strip, append(o.strip, made)...)
		got, err := os.ReadFile(made)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(o.object, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(o.object)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what clang makes of %s: make bpf", o.object, source)
		}
	}
}

func compiler(t *testing.T) string {
	t.Helper()
	path := tool(t, "clang-"+clang, "clang")
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	release := regexp.MustCompile(`version (\d+)`).FindSubmatch(out)
	if release == nil || string(release[1]) != clang {
		crashtest.Skip(t, "the objects are made by clang %s, this is %q", clang, bytes.SplitN(out, []byte("\n"), 2)[0])
	}
	return path
}

func tool(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	crashtest.Skip(t, "no %s", names[0])
	return ""
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
