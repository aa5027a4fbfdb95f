package main

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/analysis/surface/internal/std"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// A part of the table, made again, is what is kept. When this fails because of
// another toolchain, or because summaries tell more than before, run go generate
// in analysis/surface/internal/std.
func TestTableIsUpToDate(t *testing.T) {
	if runtime.Version() != std.Version {
		if os.Getenv("BACKSTOP_REQUIRE_ALL") != "" {
			t.Fatalf("the table is of %s, this is %s: go generate makes it anew", std.Version, runtime.Version())
		}
		t.Skipf("the table is of %s, this is %s", std.Version, runtime.Version())
	}
	kept, err := std.Summaries()
	if err != nil {
		t.Fatal(err)
	}
	byPath := make(map[string]*summary.Summary)
	for _, s := range kept {
		byPath[s.Path] = s
	}
	made, err := makeTable("fmt", "sort", "context")
	if err != nil {
		t.Fatal(err)
	}
	if len(made) < 20 {
		t.Fatalf("%d packages", len(made))
	}
	for _, s := range made {
		if strings.HasPrefix(s.Path, "internal/") || s.Path == "runtime" {
			continue // they change with every release of the toolchain
		}
		if byPath[s.Path] == nil || !bytes.Equal(s.Encode(), byPath[s.Path].Encode()) {
			t.Errorf("%s differs from the table", s.Path)
		}
	}
}
