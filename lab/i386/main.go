// Program i386 is built for GOARCH=386, where an int64 in a struct is aligned to
// four bytes only.
package main

import (
	"sync/atomic"

	"github.com/backstop-go/backstop/lab/harness"
)

func main() {
	harness.Main(map[string]func(){"unaligned-atomic-386": count})
}

// stats would be right with total in the first place, or as an atomic.Int64.
type stats struct {
	open  int32
	total int64
}

// count adds to an int64 whose address is no multiple of eight.
func count() {
	s := new(stats)
	atomic.AddInt64(&s.total, 1)
}
