package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/analysis/driver"
	"github.com/backstop-go/backstop/analysis/rules"
	"github.com/backstop-go/backstop/cmd/backstop/internal/vet"
)

var updateVet = flag.Bool("update-vet", false, "write testdata/vet: what vet finds in code that is wrong on purpose")

// TestOwnCode holds our own code to our own rules: it is clean, but for the shop
// and the lab, which are wrong on purpose; what is found in them is in golden
// files, and read in reviews.
func TestOwnCode(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	clean := []string{"./...", "./analysis/...", "./bench/...", "./cmd/backstop/..."}
	adapters, err := filepath.Glob(filepath.Join(root, "contrib", "*", "go.mod"))
	if err != nil || len(adapters) == 0 {
		t.Fatalf("no adapters, error %v", err)
	}
	for _, mod := range adapters {
		clean = append(clean, "./contrib/"+filepath.Base(filepath.Dir(mod))+"/...")
	}
	if out := vetOwn(t, root, nil, clean...); out != "" {
		t.Errorf("findings in our own code:\n%s", out)
	}
	golden(t, "shop.txt", vetOwn(t, filepath.Join(root, "examples/shop"), nil, "./..."))
	golden(t, "lab.txt", vetOwn(t, filepath.Join(root, "lab"), []string{"GOWORK=off"}, "./..."))
}

func vetOwn(t *testing.T, dir string, env []string, patterns ...string) string {
	t.Helper()
	res, err := driver.Run(context.Background(), driver.Config{
		Dir: dir, Patterns: patterns, Rules: rules.Default(),
		// The workspace, also when this module is tested alone.
		Env: append(append(os.Environ(), "GOWORK="), env...),
	})
	if err != nil {
		t.Fatal(err)
	}
	out := vet.Judge(res, vet.Options{})
	if out.Packages == 0 {
		t.Fatalf("%s: no packages", dir)
	}
	for _, p := range out.Problems {
		t.Errorf("%s: %s", dir, vet.ProblemText(p))
	}
	var text bytes.Buffer
	if err := out.WriteText(&text, vet.Style{}); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", "vet", name)
	if *updateVet {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-update-vet writes it):\n%s", name, diff)
	}
}
