// Command gen writes what package crash knows of Go's own sources, from the
// toolchains themselves: they must be installed or obtainable.
//
//	gen std OUTPUT       the import paths of the standard library, as Go code
//	gen messages OUTPUT  the texts of fatal errors and panics, as a table
//	gen headlines OUTPUT the texts of fatal errors with the functions that end with them
package main

import (
	"log"
	"os"
	"os/exec"
	"runtime"
)

// toolchains are those that are supported: the newest patch release of each
// minor version that the goldens are recorded with.
var toolchains = []string{"go1.21.13", "go1.22.12", "go1.23.6", "go1.24.9", "go1.25.4", "go1.26.1", "go1.27.0"}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: gen std|messages|headlines OUTPUT")
	}
	if newest := toolchains[len(toolchains)-1]; runtime.Version() != newest {
		again(newest) // an older parser does not know the language of its sources
		return
	}
	var data []byte
	switch os.Args[1] {
	case "std":
		data = stdList()
	case "messages":
		data = messageTable()
	case "headlines":
		data = headlineTable()
	default:
		log.Fatalf("no generator %q", os.Args[1])
	}
	if err := os.WriteFile(os.Args[2], data, 0o666); err != nil {
		log.Fatalf("write table: %v", err)
	}
}

// again runs this command with another toolchain.
func again(toolchain string) {
	cmd := exec.Command("go", append([]string{"run", "./internal/gen"}, os.Args[1:]...)...)
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		log.Fatalf("gen with %s: %v", toolchain, err)
	}
}
