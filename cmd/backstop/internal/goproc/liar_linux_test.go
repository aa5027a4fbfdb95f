package goproc

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// errGone is what memory says that is not there.
var errGone = errors.New("gone")

// A liar answers with the memory of a program in which some words are others.
type liar struct {
	io.ReaderAt
	random *rand.Rand
	rate   float64  // of words that are wrong
	words  []uint64 // that it puts in their place, beside random ones
	bytes  int      // read so far
}

func (l *liar) ReadAt(b []byte, off int64) (int, error) {
	l.bytes += len(b)
	if l.random.Float64() < l.rate/8 {
		return 0, errGone
	}
	n, err := l.ReaderAt.ReadAt(b, off)
	for i := 0; i+8 <= n; i += 8 {
		if l.random.Float64() >= l.rate {
			continue
		}
		word := l.words[l.random.IntN(len(l.words))]
		if l.random.IntN(3) == 0 {
			word = l.random.Uint64() >> l.random.IntN(64)
		}
		binary.LittleEndian.PutUint64(b[i:], word)
	}
	return n, err
}

// TestHostileMemory lets memory be wrong in many ways: there is an end each time,
// and what is read and kept stays within bounds.
func TestHostileMemory(t *testing.T) {
	for _, toolchain := range []string{"go1.21.13", "go1.27.0"} { // labels in a map, and in a list
		t.Run(toolchain, func(t *testing.T) {
			process := tracee.Start(t, tracee.Build(t, toolchain, tracee.Stripped))
			for _, command := range []string{"park 3000 2", "labelled 20", "labelled 3", "lock"} {
				process.Do(command)
			}
			p, mem := stop(t, process)
			sound, err := p.Runtime(mem)
			if err != nil {
				t.Fatal(err)
			}
			words := []uint64{0, 1, 1 << 20, 1 << 40, 1<<64 - 1, 1 << 63, sound.roots.Allgs, sound.roots.Allm, sound.Ms[0].Addr, sound.Ps[0].Addr}
			for g := range sound.Goroutines() {
				words = append(words, g.Addr, g.StackLo, g.LabelsAt)
			}
			whole, partial := 0, 0
			for round := range 400 {
				l := &liar{ReaderAt: mem, random: rand.New(rand.NewPCG(1, uint64(round))), words: words}
				l.rate = []float64{0.0001, 0.001, 0.01, 0.2}[round%4]
				start := time.Now()
				if n := readEverything(p, l); n > 0 {
					partial++
				}
				if l.bytes > 1<<30 || time.Since(start) > 30*time.Second {
					t.Fatalf("round %d: read %d bytes in %v", round, l.bytes, time.Since(start))
				}
				whole++
			}
			if partial < whole/4 {
				t.Errorf("of %d rounds, %d showed goroutines: memory is too wrong to test anything", whole, partial)
			}
		})
	}
}

func readEverything(p *Program, mem io.ReaderAt) (goroutines int) {
	rt, err := p.Runtime(mem)
	if err != nil {
		return 0
	}
	for g := range rt.Goroutines() {
		_, _ = rt.Labels(&g)
		rt.CreatedBy(&g)
		goroutines++
	}
	for _, m := range rt.Ms {
		rt.Goroutine(m.CurG)
	}
	return goroutines
}

// TestOtherMemory wants errors, not nonsense, where the program is not.
func TestOtherMemory(t *testing.T) {
	process := tracee.Start(t, tracee.Build(t, "go1.26.8", tracee.PIEStripped))
	p, mem := stop(t, process)
	for name, program := range map[string]*Program{
		"another bias": {File: p.File, Bias: p.Bias + 0x1000, Layout: p.Layout},
		"no bias":      {File: p.File, Layout: p.Layout},
		"no layout":    {File: p.File, Bias: p.Bias},
	} {
		if _, err := program.Runtime(mem); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := p.Runtime(Pieces{}); err == nil {
		t.Error("no memory: no error")
	}
}
