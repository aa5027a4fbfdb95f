package crash

import (
	"hash/maphash"
	"sort"
	"strings"
)

// A Bucket is a set of goroutines that differ in nothing a reader cares about:
// state, stack and creator are the same.
type Bucket struct {
	Goroutine         // the first one, standing for all
	Count     int     // how many there are
	IDs       []int64 // of those, in printed order; the first ones when there are very many
}

// Fold groups the goroutines other than the crashing one by state, stack and
// creator, largest group first.
func (r *Report) Fold() []Bucket {
	f := folder{all: true}
	for i := range r.Goroutines {
		if i != r.Crash {
			f.add(&r.Goroutines[i])
		}
	}
	for i := range r.folded {
		f.merge(&r.folded[i])
	}
	sort.SliceStable(f.buckets, func(i, j int) bool { return f.buckets[i].Count > f.buckets[j].Count })
	return f.buckets
}

const (
	maxBuckets    = 4096
	maxFoldFrames = 100_000 // of all buckets
	maxFoldIDs    = 100_000 // of all buckets
)

// A folder makes buckets. Its memory is bounded unless all is set: then it
// points to the goroutines it is given, which are somebody's already.
type folder struct {
	all     bool
	buckets []Bucket
	index   map[uint64]int // by hash
	seed    maphash.Seed
	frames  int
	ids     int
	lost    int // goroutines of kinds that there was no room for
}

func (f *folder) add(g *Goroutine) {
	b := f.bucket(g)
	if b == nil {
		f.lost++
		return
	}
	b.Count++
	b.WaitMinutes = max(b.WaitMinutes, g.WaitMinutes)
	if f.all || f.ids < maxFoldIDs {
		b.IDs = append(b.IDs, g.ID)
		f.ids++
	}
}

func (f *folder) merge(o *Bucket) {
	b := f.bucket(&o.Goroutine)
	b.Count += o.Count
	b.WaitMinutes = max(b.WaitMinutes, o.WaitMinutes)
	b.IDs = append(b.IDs, o.IDs...)
}

// bucket returns the bucket of a goroutine, nil when there is no room for it.
func (f *folder) bucket(g *Goroutine) *Bucket {
	if f.index == nil {
		f.index, f.seed = make(map[uint64]int), maphash.MakeSeed()
	}
	key := f.hash(g)
	if at, ok := f.index[key]; ok && alike(&f.buckets[at].Goroutine, g) {
		return &f.buckets[at]
	}
	if !f.all {
		if len(f.buckets) >= maxBuckets || f.frames+len(g.Frames) > maxFoldFrames {
			return nil
		}
		f.frames += len(g.Frames)
	}
	f.index[key] = len(f.buckets)
	b := Bucket{Goroutine: *g}
	if !f.all {
		// Argument texts share blocks with many others: these must not keep them.
		b.Frames = append([]Frame(nil), g.Frames...)
		for i := range b.Frames {
			b.Frames[i].Args = strings.Clone(b.Frames[i].Args)
		}
		b.Thread = strings.Clone(b.Thread)
	}
	f.buckets = append(f.buckets, b)
	return &f.buckets[len(f.buckets)-1]
}

func (f *folder) hash(g *Goroutine) uint64 {
	h := maphash.String(f.seed, g.State)
	mix := func(s string, n int) {
		h = (h ^ maphash.String(f.seed, s) ^ uint64(n)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	for i := range g.Frames {
		mix(g.Frames[i].Func, g.Frames[i].Line)
		mix(g.Frames[i].File, 0)
	}
	if c := g.CreatedBy; c != nil {
		mix(c.Func, c.Line)
	}
	return h
}

// alike reports whether two goroutines belong into one bucket.
func alike(a, b *Goroutine) bool {
	if a.State != b.State || len(a.Frames) != len(b.Frames) || (a.CreatedBy == nil) != (b.CreatedBy == nil) {
		return false
	}
	for i := range a.Frames {
		x, y := &a.Frames[i], &b.Frames[i]
		if x.Func != y.Func || x.Line != y.Line || x.File != y.File {
			return false
		}
	}
	c, d := a.CreatedBy, b.CreatedBy
	return c == nil || c == d || c.Func == d.Func && c.Line == d.Line
}
