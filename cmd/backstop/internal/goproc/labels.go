package goproc

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// A Label is a pprof label of a goroutine.
type Label struct{ Key, Value string }

// Bounds of labels. More, or longer ones, are left out.
const (
	maxLabels    = 256
	maxLabelText = 4 << 10
	maxBuckets   = 1 << 10 // of a map, overflow buckets included
	slots        = 8       // of a bucket (internal/abi, MapBucketCount, OldMapBucketCount)
	minTopHash   = 5       // below are marks of empty slots (runtime/map.go)
	emptyOne     = 1
)

// ErrLabels says that labels could not be read completely.
var ErrLabels = errors.New("labels are incomplete")

// Labels returns the labels of a goroutine, sorted by key. They were set with
// runtime/pprof.Do or SetGoroutineLabels, or inherited. What could be read is
// returned beside an error.
func (rt *Runtime) Labels(g *Goroutine) ([]Label, error) {
	if g.LabelsAt == 0 {
		return nil, nil
	}
	if l, ok := rt.labels[g.LabelsAt]; ok { // goroutines share what they inherited
		return l, nil
	}
	l, err := rt.p.Labels(rt.mem, g.LabelsAt)
	if err == nil {
		remember(rt.labels, g.LabelsAt, l)
	}
	return l, err
}

// Labels reads the labels that g.labels points to; see [Runtime.Labels].
func (p *Program) Labels(mem io.ReaderAt, addr uint64) (all []Label, err error) {
	if addr == 0 {
		return nil, nil
	}
	switch {
	case p.Layout == nil:
		return nil, errors.New("read labels: the program has no layout")
	case p.Layout.Labels == layout.LabelList:
		all, err = labelList(mem, addr)
	case p.Layout.Labels == layout.LabelMap:
		all, err = labelMap(mem, addr, p.Layout)
	default:
		err = fmt.Errorf("labels of %s have no known form", p.Layout.Release)
	}
	if err != nil {
		err = fmt.Errorf("read labels at %#x: %w", addr, err)
	}
	slices.SortFunc(all, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	return all, err
}

// labelList reads a slice of pairs of strings.
func labelList(mem io.ReaderAt, addr uint64) ([]Label, error) {
	head := make(record, 16)
	if err := readAll(mem, head, addr); err != nil {
		return nil, err
	}
	n := head.word(8)
	cut := n > maxLabels
	b := make(record, 32*min(n, maxLabels))
	if err := readAll(mem, b, head.word(0)); err != nil {
		return nil, err
	}
	var all []Label
	for i := 0; i < len(b); i += 32 {
		l, err := readLabel(mem, b[i:i+16], b[i+16:i+32])
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	if cut {
		return all, fmt.Errorf("%w: there are %d", ErrLabels, n)
	}
	return all, nil
}

// readLabel reads two strings, whose headers are given.
func readLabel(mem io.ReaderAt, key, value record) (l Label, err error) {
	if l.Key, err = readText(mem, key.word(0), key.word(8)); err == nil {
		l.Value, err = readText(mem, value.word(0), value.word(8))
	}
	return l, err
}

// readText reads a string, or as much of it as a label may have.
func readText(mem io.ReaderAt, addr, n uint64) (string, error) {
	if n == 0 {
		return "", nil
	}
	b := make([]byte, min(n, maxLabelText))
	if err := readAll(mem, b, addr); err != nil {
		return "", err
	}
	return string(b), nil
}

// A labelReader collects the labels of a map.
type labelReader struct {
	mem  io.ReaderAt
	l    *layout.Layout
	all  []Label
	left int // buckets that may still be read
}

// labelMap reads a map[string]string of Go before 1.24: buckets of 8 slots. A map
// that grew has its entries in the old buckets still, where those were not moved
// (runtime/map.go). Nothing changes a map of labels once it is in use.
func labelMap(mem io.ReaderAt, addr uint64, l *layout.Layout) ([]Label, error) {
	hmap, err := readWord(mem, addr)
	if err != nil || hmap == 0 {
		return nil, err
	}
	h := make(record, l.Hmap.Size)
	if err := readAll(mem, h, hmap); err != nil {
		return nil, err
	}
	r := &labelReader{mem: mem, l: l, left: maxBuckets}
	buckets := uint64(1) << min(h.byte(l.Hmap.B), 16)
	if err := r.buckets(h.word(l.Hmap.Buckets), buckets); err != nil {
		return r.all, err
	}
	if old := h.word(l.Hmap.OldBuckets); old != 0 {
		if h.byte(l.Hmap.Flags)&sameSizeGrow == 0 {
			buckets /= 2
		}
		if err := r.buckets(old, buckets); err != nil {
			return r.all, err
		}
	}
	if count := h.word(l.Hmap.Count); uint64(len(r.all)) != count {
		return r.all, fmt.Errorf("%w: %d of %d", ErrLabels, len(r.all), count)
	}
	return r.all, nil
}

// sameSizeGrow is a flag of a map that is moved to as many buckets as it had
// (runtime/map.go).
const sameSizeGrow = 8

// buckets reads n buckets and those that are chained to them.
func (r *labelReader) buckets(addr, n uint64) error {
	if addr == 0 {
		return nil
	}
	b := make(record, r.l.Bucket.Size)
	for i := range n {
		at := addr + i*uint64(r.l.Bucket.Size)
		for at != 0 {
			if r.left--; r.left < 0 {
				return fmt.Errorf("%w: the map has too many buckets", ErrLabels)
			}
			if err := readAll(r.mem, b, at); err != nil {
				return err
			}
			if moved := b.byte(r.l.Bucket.TopHash); moved > emptyOne && moved < minTopHash {
				break
			}
			if err := r.bucket(b); err != nil {
				return err
			}
			at = b.word(r.l.Bucket.Overflow)
		}
	}
	return nil
}

func (r *labelReader) bucket(b record) error {
	for i := range layout.Offset(slots) {
		if b.byte(r.l.Bucket.TopHash+i) < minTopHash {
			continue
		}
		if len(r.all) >= maxLabels {
			return fmt.Errorf("%w: there are more than %d", ErrLabels, maxLabels)
		}
		key, value := r.l.Bucket.Keys+16*i, r.l.Bucket.Values+16*i
		label, err := readLabel(r.mem, b[key:key+16], b[value:value+16])
		if err != nil {
			return err
		}
		r.all = append(r.all, label)
	}
	return nil
}
