package crash

import (
	"sort"
	"strconv"
	"strings"
)

// A Bucket is a set of goroutines that differ in nothing a reader cares about:
// state, stack and creator are the same.
type Bucket struct {
	Goroutine         // the first one, standing for all
	IDs       []int64 // every goroutine of the bucket, in printed order
}

// Fold groups the goroutines other than the crashing one by state, stack and
// creator, largest group first.
func (r *Report) Fold() []Bucket {
	var buckets []Bucket
	index := make(map[string]int)
	var key strings.Builder
	for i := range r.Goroutines {
		if i == r.Crash {
			continue
		}
		g := &r.Goroutines[i]
		key.Reset()
		foldKey(&key, g)
		at, seen := index[key.String()]
		if !seen {
			at = len(buckets)
			index[key.String()] = at
			buckets = append(buckets, Bucket{Goroutine: *g})
		}
		b := &buckets[at]
		b.IDs = append(b.IDs, g.ID)
		b.WaitMinutes = max(b.WaitMinutes, g.WaitMinutes)
	}
	sort.SliceStable(buckets, func(i, j int) bool { return len(buckets[i].IDs) > len(buckets[j].IDs) })
	return buckets
}

func foldKey(b *strings.Builder, g *Goroutine) {
	b.WriteString(g.State)
	for i := range g.Frames {
		f := &g.Frames[i]
		b.WriteByte(0)
		b.WriteString(f.Func)
		b.WriteByte(0)
		b.WriteString(f.File)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(f.Line))
	}
	if c := g.CreatedBy; c != nil {
		b.WriteByte(0)
		b.WriteString(c.Func)
		b.WriteByte(0)
		b.WriteString(strconv.Itoa(c.Line))
	}
}
