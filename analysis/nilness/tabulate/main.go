// Command tabulate writes what package nilness finds out about the standard library
// to a file, because drivers do not analyze it.
package main

import (
	"bytes"
	"fmt"
	"go/token"
	"go/types"
	"log"
	"os"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/backstop-go/backstop/analysis/nilness"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: tabulate FILE")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(file string) error {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax}, "std")
	if err != nil {
		return fmt.Errorf("load std: %w", err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{nilness.Analyzer}, pkgs, nil)
	if err != nil {
		return fmt.Errorf("analyze std: %w", err)
	}
	facts, safe := make(map[string]nilness.Func), make(map[string]bool)
	for _, act := range graph.Roots {
		if act.Err != nil || act.Package.Types == nil || hidden(act.Package.PkgPath) {
			continue
		}
		found, ok := act.Result.(*nilness.Facts)
		if !ok {
			return fmt.Errorf("%s: no facts", act.Package.PkgPath)
		}
		for _, fn := range found.Behaviour.Funcs {
			obj, ok := fn.Object().(*types.Func)
			if !ok || !exported(obj) || len(fn.Blocks) == 0 {
				continue
			}
			what, _ := found.Of(fn)
			facts[obj.FullName()] = what
			if recv := obj.Signature().Recv(); recv != nil && isPointer(recv.Type()) && what.Param(0)&nilness.DerefsNil == 0 {
				safe[obj.FullName()] = true
			}
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Made by tabulate from the standard library; do not edit.\n")
	if err := nilness.Tabulate(&out, facts, safe); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

func hidden(path string) bool {
	return strings.Contains(path, "internal") || strings.HasPrefix(path, "vendor/") || strings.HasPrefix(path, "cmd/")
}

func exported(fn *types.Func) bool {
	if !fn.Exported() {
		return false
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		return true
	}
	t := recv.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	return ok && token.IsExported(n.Obj().Name())
}

func isPointer(t types.Type) bool {
	_, ok := t.(*types.Pointer)
	return ok
}
