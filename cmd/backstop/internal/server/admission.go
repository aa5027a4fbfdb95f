package server

import (
	"errors"
	"io"
	"sync/atomic"
)

// errBusy answers requests for which there is no room now.
var errBusy = errors.New("too many events are on their way")

// A budget bounds the bytes of bodies that are in memory at once. Bytes count
// when they arrive and not when they are announced, so that clients which
// announce much and send nothing take nothing from others.
type budget struct {
	limit int64
	used  atomic.Int64
}

// room reports whether n more bytes would fit. It takes nothing.
func (b *budget) room(n int64) bool { return b.used.Load()+max(n, 0) <= b.limit }

// reader wraps a body. The caller gives back what was taken with release.
func (b *budget) reader(body io.ReadCloser) *budgetReader {
	return &budgetReader{ReadCloser: body, budget: b}
}

type budgetReader struct {
	io.ReadCloser
	budget *budget
	taken  int64
}

func (r *budgetReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.taken += int64(n)
	if r.budget.used.Add(int64(n)) > r.budget.limit {
		return n, errBusy
	}
	return n, err
}

// hold takes n bytes on top of what was read, for what decompression added.
func (r *budgetReader) hold(n int64) {
	if n > 0 {
		r.taken += n
		r.budget.used.Add(n)
	}
}

func (r *budgetReader) release() {
	r.budget.used.Add(-r.taken)
	r.taken = 0
}
