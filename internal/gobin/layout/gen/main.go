// Command gen writes the table of package layout: it builds a small program with
// each toolchain and reads where the structures of the runtime have their fields
// from its debug information, constants too, and the texts of wait reasons from
// the toolchain's sources. Toolchains that are missing are downloaded by the go
// command.
//
//	gen -out FILE [-experiments]
//
// With -experiments it also finds out anew which GOEXPERIMENTs change nothing,
// which builds the standard library some eighty times; otherwise it keeps what
// FILE says.
package main

import (
	"flag"
	"log"
	"os"
)

// releases get a column each: those of the lab, the newest patch of each minor
// release when it was measured last, and patch releases whose values differ.
var releases = []string{
	"go1.21.13", "go1.22.12", "go1.23.6", "go1.23.12", "go1.24.5", "go1.24.13", "go1.25.14", "go1.26.8", "go1.27.0",
}

// others have the values of a column of their minor release, and are named beside
// it. What lies between two releases with the same values has those too, so that
// the first and the last one of each column are here.
var others = []string{
	"go1.21.0", "go1.22.0", "go1.23.0", "go1.23.9", "go1.23.11", "go1.24.0", "go1.24.6", "go1.24.9",
	"go1.25.0", "go1.25.4", "go1.26.0", "go1.26.1",
}

var archs = []string{"amd64", "arm64"}

func main() {
	log.SetFlags(0)
	out := flag.String("out", "table.txt", "file to write")
	experiments := flag.Bool("experiments", false, "find out which experiments change nothing")
	flag.Parse()
	if err := run(*out, *experiments); err != nil {
		log.Fatalf("gen: %v", err)
	}
}

func run(out string, experiments bool) error {
	before, err := os.ReadFile(out)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	t := newTable(releases)
	for _, release := range releases {
		if err := t.add(release); err != nil {
			return err
		}
	}
	for _, release := range others {
		if err := t.compare(release); err != nil {
			return err
		}
	}
	if t.experiments = experimentsOf(string(before)); experiments {
		if err := t.tryExperiments(); err != nil {
			return err
		}
	}
	return os.WriteFile(out, t.text(), 0o666)
}
