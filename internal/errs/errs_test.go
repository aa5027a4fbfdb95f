package errs

import (
	"errors"
	"io"
	"testing"
)

func TestIn(t *testing.T) {
	if err := In("read", nil); err != nil {
		t.Errorf("an error of none: %v", err)
	}
	err := In("read", io.EOF)
	if err.Error() != "read: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

func TestAnd(t *testing.T) {
	if err := And(nil, nil); err != nil {
		t.Errorf("an error of none: %v", err)
	}
	if And(nil, io.EOF) != io.EOF || And(io.EOF, nil) != io.EOF { //nolint:errorlint // it is the same
		t.Error("one of two errors is not itself")
	}
	err := And(io.EOF, io.ErrClosedPipe)
	if !errors.Is(err, io.EOF) || !errors.Is(err, io.ErrClosedPipe) || err.Error() != "EOF; io: read/write on closed pipe" {
		t.Errorf("%v", err)
	}
}

func TestNew(t *testing.T) {
	if err := New("%d events", 7); err.Error() != "7 events" {
		t.Errorf("%v", err)
	}
}
