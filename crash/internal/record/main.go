// Command record makes the golden files of package crash anew: it builds the
// programs in testdata with several toolchains, lets them die in many ways, and
// writes what each death left behind. `go test -run TestGolden -update` then
// writes the header lines. Paths are trimmed, so that no machine's are kept.
//
// It runs destructive programs: they bound themselves by small limits. Programs
// for other machines run under qemu-user-static, wine64 and node, which must be
// there when all recordings are made; a C compiler must be, too.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: record TESTDATA [NAME...]")
	}
	if err := record(os.Args[1], os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

// record makes the recordings with the names, all when there are none.
func record(dir string, names []string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "record")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	for _, toolchain := range toolchains {
		minor := strings.TrimPrefix(toolchain, "go")
		if i := strings.LastIndexByte(minor, '.'); i >= 0 {
			minor = minor[:i]
		}
		for _, rec := range recordings {
			if !rec.wanted(minor) || len(names) > 0 && !contains(names, rec.name) {
				continue
			}
			text, err := rec.run(toolchain, dir, work)
			if err != nil {
				return fmt.Errorf("record %s with %s: %w", rec.name, toolchain, err)
			}
			file := filepath.Join(dir, rec.name+".go"+minor+".txt")
			if err := os.WriteFile(file, append([]byte("\n"), text...), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
