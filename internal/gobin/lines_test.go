package gobin_test

import (
	"errors"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// The lines of a function, and how much code they have, are what asking for each
// address says, calls that were inlined included.
func TestLines(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := gobin.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first := here(0)
	second := here(first) + small(second2)
	for _, name := range []string{"TestLines", "here"} {
		funcs, err := f.Lookup("github.com/backstop-go/backstop/internal/gobin_test." + name)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := f.Lines(funcs[0])
		if err != nil {
			t.Fatal(err)
		}
		has := make(map[int]uint64)
		for _, line := range lines {
			has[line.Number] = line.Size
		}
		found := make(map[int]uint64)
		for pc := funcs[0].Entry; pc < funcs[0].End; pc++ {
			stack, err := f.Stack(pc)
			if errors.Is(err, gobin.ErrNotFound) {
				continue // padding
			}
			if err != nil || !strings.HasSuffix(stack[len(stack)-1].Func, name) {
				t.Fatalf("%s at %#x: %v, %v", name, pc, stack, err)
			}
			found[stack[len(stack)-1].Line]++
		}
		delete(found, 0)
		if !reflect.DeepEqual(has, found) {
			t.Errorf("%s: lines %v, by address %v", name, has, found)
		}
		if name == "TestLines" && (has[first] == 0 || len(lines) < 20 || lines[0].Number < funcs[0].StartLine || second == 0) {
			t.Errorf("line %d is not among %v", first, lines)
		}
	}
}

var second2 = 2

func small(n int) int { return n + 1 }

//go:noinline
func here(int) int {
	_, _, line, _ := runtime.Caller(1)
	return line
}
