// Package decode decodes frames of a device.
//
// Incident #frame: asticode/go-astits#3
package decode

import (
	"encoding/binary"
	"fmt"
	"log"
	"runtime/debug"
	"sync"
)

// A Frame is one frame.
type Frame struct {
	Kind byte
	Len  uint16
}

// Decode decodes one frame and turns a panic into an error.
func Decode(raw []byte) (f Frame, err error) {
	f.Kind = raw[0] // FAULT guard-late #frame panic: index out of range
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("decode: %v\n%s", v, debug.Stack())
		}
	}()
	f.Len = binary.BigEndian.Uint16(raw[1:3])
	return f, nil
}

// Visit calls visit for each frame.
func Visit(frames []Frame, visit func(Frame)) (err error) {
	visit(frames[0]) // FAULT guard-late #visit panic: index out of range
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("visit: %v\n%s", v, debug.Stack())
		}
	}()
	for _, f := range frames[1:] {
		visit(f)
	}
	return nil
}

// Early has the guard first.
func Early(raw []byte) (f Frame, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("decode: %v\n%s", v, debug.Stack())
		}
	}()
	f.Kind = raw[0] // FINE guard-late #early: the guard stands before it
	return f, nil
}

var mu sync.Mutex

// Locked locks and takes the length before the guard: neither can panic.
func Locked(raw []byte) (f Frame, err error) {
	mu.Lock() // FINE guard-late #locked: nothing here can panic
	defer mu.Unlock()
	n := len(raw)
	log.Printf("decode %d bytes", n)
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("decode: %v\n%s", v, debug.Stack())
		}
	}()
	f.Kind = raw[0]
	return f, nil
}

// Checked checks what it uses before the guard.
func Checked(raw []byte, visit func(Frame)) (err error) {
	if len(raw) == 0 {
		return nil
	}
	f := Frame{Kind: raw[0]} // FINE guard-late #checked: the length was tested
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("decode: %v\n%s", v, debug.Stack())
		}
	}()
	visit(f)
	return nil
}
