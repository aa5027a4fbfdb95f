package summary_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/backstop-go/backstop/analysis/surface/internal/load"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// loaded is the summary of a program, made once.
var loaded = sync.OnceValues(func() (*summary.Summary, error) {
	roots, err := load.Packages("..", "./internal/flow/testdata/generics")
	if err != nil {
		return nil, err
	}
	all, err := load.Summaries(roots[:1], nil)
	if err != nil {
		return nil, err
	}
	return all[0], nil
})

func sample(t testing.TB) *summary.Summary {
	t.Helper()
	s, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDecodeGivesWhatWasEncoded(t *testing.T) {
	s := sample(t)
	if len(s.Funcs) < 15 || len(s.Types) < 3 {
		t.Fatalf("%d functions and %d types", len(s.Funcs), len(s.Types))
	}
	back, err := summary.Decode(s.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if again := back.Encode(); !reflect.DeepEqual(again, s.Encode()) {
		t.Error("encoded again it differs")
	}
}

// Damage is an error, or a summary whose indexes can be used.
func TestDecodeSurvivesDamage(t *testing.T) {
	good := sample(t).Encode()
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for n := range 4000 {
		b := append([]byte(nil), good...)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		if n%3 == 0 {
			b = b[:r.IntN(len(b))]
		}
		s, err := summary.Decode(b)
		if err == nil {
			s.Encode()
			continue
		}
		refused++
		if !errors.Is(err, summary.ErrFormat) {
			t.Fatalf("error of another kind: %v", err)
		}
	}
	if refused < 1000 {
		t.Errorf("only %d of 4000 damaged summaries are refused", refused)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("backstop surface 1\n"))
	f.Add(sample(f).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := summary.Decode(b); err == nil {
			s.Encode()
		}
	})
}
