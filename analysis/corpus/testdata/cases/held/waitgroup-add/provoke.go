//go:build provoke

package pool

import (
	"errors"
	"sync/atomic"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"sub": func() {
			for range 100 {
				var n atomic.Int64
				Run([]func(){func() { time.Sleep(5 * time.Millisecond); n.Add(1) }})
				if n.Load() == 0 {
					println("SHOWN")
					return
				}
			}
		},
		"socket": func() {
			for range 100 {
				var n atomic.Int64
				f := func() (string, bool) { time.Sleep(5 * time.Millisecond); n.Add(1); return "", false }
				(&group{}).Start(f, f)
				if n.Load() < 2 {
					println("SHOWN")
					return
				}
			}
		},
		"columns":      func() { Columns(1, func(int) error { return errors.New("x") }) },
		"copied":       func() { Copied([]func(){func() {}}) },
		"subfixed":     func() { RunFixed([]func(){func() {}}) },
		"nested":       func() { Nested([][]func(){{func() {}}}) },
		"all":          func() { All([]func(){func() {}}) },
		"columnsfixed": func() { ColumnsFixed(2, func(int) error { return errors.New("x") }) },
		"pointed":      func() { Pointed([]func(){func() {}}) },
		"goes":         func() { Goes([]func(){func() {}}) },
		"explicit":     func() { Explicit([]func() error{func() error { return errors.New("x") }}) },
	}
}
