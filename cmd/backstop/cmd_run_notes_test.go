package main

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A stoppedReader takes nothing until it is opened.
type stoppedReader struct {
	bytes.Buffer
	open chan struct{}
}

func (s *stoppedReader) Write(p []byte) (int, error) {
	<-s.open
	return s.Buffer.Write(p)
}

func TestNotesGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &stoppedReader{open: make(chan struct{})}
		n := newNoteWriter(w)
		start := time.Now()
		for range 10 {
			if _, err := n.Write([]byte("lost\n")); !errors.Is(err, errNobodyReads) {
				t.Fatalf("got %v", err)
			}
		}
		if took := time.Since(start); took != notePatience {
			t.Errorf("waited %v in all, want %v once", took, notePatience)
		}
		close(w.open)
		synctest.Wait()
		if _, err := n.Write([]byte("read\n")); err != nil {
			t.Error(err)
		}
		// The first was under way all the time.
		if got, want := w.String(), "lost\nread\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
