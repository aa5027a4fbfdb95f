package server

import (
	"errors"
	"sync/atomic"
)

// errBusy answers requests for which there is no room now.
var errBusy = errors.New("too many events are on their way")

// A budget bounds the bytes of bodies that are in memory at once, as they are
// after decompression. Bytes count when they arrive and not when they are
// announced, so that clients which announce much and send nothing take nothing
// from others.
type budget struct {
	limit int64
	used  atomic.Int64
}

// room reports whether n more bytes would fit. It takes nothing.
func (b *budget) room(n int64) bool { return b.used.Load()+max(n, 0) <= b.limit }

// A share is what one request has taken of a budget.
type share struct {
	budget *budget
	taken  int64
}

// take adds to a share, and fails with errBusy when the budget is used up.
func (s *share) take(n int) error {
	s.taken += int64(n)
	if s.budget.used.Add(int64(n)) > s.budget.limit {
		return errBusy
	}
	return nil
}

// release gives everything back.
func (s *share) release() {
	s.budget.used.Add(-s.taken)
	s.taken = 0
}
