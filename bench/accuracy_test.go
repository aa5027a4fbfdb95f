//go:build unix

package bench

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/DataDog/gostackparse"
	"github.com/maruel/panicparse/v2/stack"

	"github.com/backstop-go/backstop/crash"
)

// seen is what a reader says of the first crash of a text.
type seen struct {
	goroutines int
	first      int64 // id of the goroutine that crashed, -1 when there is none
	top        string
}

var accurate = []struct {
	name string
	read func(text []byte) seen
}{
	{"crash", func(text []byte) seen {
		s := seen{first: -1}
		if r, err := crash.Parse(bytes.NewReader(text)); err == nil {
			s.goroutines, s.top = r.GoroutineCount, strings.Join(r.TopFrames(), " ")
			if g := r.CrashGoroutine(); g != nil {
				s.first = g.ID
			}
		}
		return s
	}},
	{"gostackparse", func(text []byte) seen {
		s := seen{first: -1}
		gs, _ := gostackparse.Parse(bytes.NewReader(text))
		s.goroutines = len(gs)
		if len(gs) > 0 {
			s.first = int64(gs[0].ID)
			var top []string
			for i := 0; i < len(gs[0].Stack) && i < 5; i++ {
				top = append(top, gs[0].Stack[i].Func)
			}
			s.top = strings.Join(top, " ")
		}
		return s
	}},
	{"panicparse", func(text []byte) seen {
		s := seen{first: -1}
		in := io.Reader(bytes.NewReader(text))
		for {
			snapshot, rest, err := stack.ScanSnapshot(in, io.Discard, &stack.Opts{})
			if snapshot != nil {
				if s.goroutines == 0 && len(snapshot.Goroutines) > 0 {
					g := snapshot.Goroutines[0]
					s.first = int64(g.ID)
					var top []string
					for i := 0; i < len(g.Stack.Calls) && i < 5; i++ {
						top = append(top, g.Stack.Calls[i].Func.Complete)
					}
					s.top = strings.Join(top, " ")
				}
				s.goroutines += len(snapshot.Goroutines)
			}
			if err != nil && (errors.Is(err, io.EOF) || len(rest) == 0) || err == nil && snapshot == nil {
				return s
			}
			in = io.MultiReader(bytes.NewReader(rest), in)
		}
	}},
}

// TestAccuracy shows, with -v, on how many golden files of package crash each
// reader agrees with the header lines, which people have checked. The files are
// ours: take the shares of the peers for a list of what they do not read.
func TestAccuracy(t *testing.T) {
	files, err := filepath.Glob("../crash/testdata/*.txt")
	if err != nil || len(files) < 200 {
		t.Fatalf("%d golden files, error %v", len(files), err)
	}
	for _, a := range accurate {
		goroutines, first, top, all := 0, 0, 0, 0
		for _, file := range files {
			want, text := golden(t, file)
			got := a.read(text)
			if got.goroutines == want.goroutines {
				goroutines++
			}
			if got.first == want.first {
				first++
			}
			if got.top == want.top {
				top++
			}
			if got == want {
				all++
			}
		}
		share := func(n int) float64 { return 100 * float64(n) / float64(len(files)) }
		t.Logf("%-12s goroutine count %3.0f %%  crash goroutine %3.0f %%  top five functions %3.0f %%  all three %3.0f %%", a.name, share(goroutines), share(first), share(top), share(all))
		if a.name == "crash" && share(all) < 95 {
			t.Errorf("crash agrees with %.0f %% of its golden files", share(all))
		}
	}
}

// golden reads the header lines of a golden file, and its text.
func golden(t *testing.T, file string) (seen, []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, text, _ := bytes.Cut(data, []byte("\n\n"))
	want := seen{first: -1}
	for _, line := range strings.Split(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "GOROUTINES":
			want.goroutines, err = strconv.Atoi(value)
		case "CRASHED":
			id, _, _ := strings.Cut(value, " ")
			want.first, err = strconv.ParseInt(id, 10, 64)
		case "TOP":
			want.top = value
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return want, text
}
