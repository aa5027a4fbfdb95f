package crash

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"testing"
)

// inParallel runs the tasks at the same time, as a caller of this package may.
func inParallel(n int, task func(int)) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			task(i)
		}(i)
	}
	wg.Wait()
}

// Several processors see what one sees.
func TestParallelAgrees(t *testing.T) {
	clean := dump(30_000)
	odd := bytes.Replace(clean, []byte("\ngoroutine 20000 "), []byte("\nlevel=info msg=\"still here\"\ngoroutine 20000 "), 1)
	odd = bytes.Replace(odd, []byte("\ngoroutine 25000 ["), []byte("\npanic: again\n\ngoroutine 1 [running]:\nmain.f()\n\t/src/main.go:1 +0x1\n\ngoroutine 25000 ["), 1)
	rounds := 0
	lazy := func(n int, task func(int)) {
		if rounds++; rounds > 1 {
			n = 1 // the others are left out
		}
		inParallel(n, task)
	}
	got, _ := readWith(clean, lazy, false, true)
	want, _ := readWith(clean, nil, false, true)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with few of the tasks: %s", difference(got[0], want[0]))
	}
	for name, text := range map[string][]byte{"clean": clean, "odd": odd} {
		for _, only := range []bool{false, true} {
			for _, next := range []bool{false, true} {
				name := fmt.Sprintf("%s, only %v, next %v", name, only, next)
				got, gotIDs := readWith(text, inParallel, only, next)
				want, wantIDs := readWith(text, nil, only, next)
				if len(got) != len(want) || len(got) == 0 {
					t.Fatalf("%s: %d crashes, want %d", name, len(got), len(want))
				}
				if !reflect.DeepEqual(gotIDs, wantIDs) {
					t.Errorf("%s: %d goroutines told, want %d", name, len(gotIDs), len(wantIDs))
				}
				for i := range got {
					if !reflect.DeepEqual(got[i].Fold(), want[i].Fold()) {
						t.Errorf("%s, crash %d: buckets differ", name, i)
					}
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Errorf("%s, crash %d: %s", name, i, difference(got[i], want[i]))
					}
				}
			}
		}
	}
}

func readWith(text []byte, parallel func(int, func(int)), only, next bool) (all []*Report, ids []int64) {
	r := NewReader(bytes.NewReader(text))
	r.Parallel, r.CrashOnly = parallel, only
	r.Goroutine = func(g *Goroutine) { ids = append(ids, g.ID) }
	read := r.Parse
	if next {
		read = r.Next
	}
	for {
		report, err := read()
		if err != nil {
			return all, ids
		}
		all = append(all, report)
	}
}

// That the test above says something: the crew has read most of the text.
func TestParallelIsUsed(t *testing.T) {
	rounds := 0
	r := NewReader(bytes.NewReader(dump(30_000)))
	r.Parallel = func(n int, task func(int)) {
		rounds++
		inParallel(n, task)
	}
	if _, err := r.Next(); err != nil || rounds < 2 {
		t.Errorf("%d rounds, error %v", rounds, err)
	}
}
