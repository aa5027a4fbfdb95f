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

func TestJoin(t *testing.T) {
	if err := Join(nil, nil); err != nil {
		t.Errorf("an error of none: %v", err)
	}
	if err := Join(nil, io.EOF); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

func TestNew(t *testing.T) {
	if err := New("%d events", 7); err.Error() != "7 events" {
		t.Errorf("%v", err)
	}
}
