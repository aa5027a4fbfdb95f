package main

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"
)

// notePatience is how long a line of our own waits for whoever reads stderr.
const notePatience = 2 * time.Second

var errNobodyReads = errors.New("nobody reads")

// A noteWriter writes lines of our own without ever waiting long: a reader of
// stderr who has stopped reading must hold up neither a restart nor our end.
// What cannot be written in time is given up.
type noteWriter struct {
	w        io.Writer
	patience time.Duration
	mu       sync.Mutex
	busy     chan struct{} // holds a token while a write is under way
}

func newNoteWriter(w io.Writer) *noteWriter {
	return &noteWriter{w: w, patience: notePatience, busy: make(chan struct{}, 1)}
}

func (n *noteWriter) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case n.busy <- struct{}{}:
	default: // by a write that was given up
		return 0, errNobodyReads
	}
	text := bytes.Clone(p) // the caller may use p again before the write is over
	done := make(chan error, 1)
	go func() {
		_, err := n.w.Write(text)
		<-n.busy
		done <- err
	}()
	timer := time.NewTimer(n.patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return len(p), err
	case <-timer.C:
		return 0, errNobodyReads
	}
}
