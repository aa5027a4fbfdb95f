//go:build provoke

package check

import (
	"context"
	"io"
	"strings"
	"time"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"check": func() { Check(1, slow) },
		"proxy": func() { Proxy(rw{}, rw{}) },
		"wait":  func() { Wait(1, slow) },
		"world": func() {
			ctx, c := context.WithTimeout(context.Background(), 1)
			defer c()
			Run(ctx, []func() error{func() error { slow(); return errTimeout }})
		},
		"world2": func() {
			ctx, c := context.WithTimeout(context.Background(), 1)
			defer c()
			Run(ctx, []func() error{slow})
		},
		"first":      func() { First([]string{"a", "b"}, strings.ToUpper) },
		"checkfixed": func() { CheckFixed(1, slow) },
		"givenup":    func() { ctx, c := context.WithTimeout(context.Background(), 1); defer c(); GivenUp(ctx, slow) },
		"all":        func() { All([]string{"a", "b"}, strings.ToUpper) },
		"firstfixed": func() { FirstFixed([]string{"a", "b"}, strings.ToUpper) },
		"blocking":   func() { Blocking(slow) },
		"drain":      func() { Drain(1, slow) },
		"stream": func() {
			for range Stream(nil, 3) {
			}
		},
	}
}

func slow() error { time.Sleep(50 * time.Millisecond); return nil }

type rw struct{}

func (rw) Read([]byte) (int, error)    { return 0, io.EOF }
func (rw) Write(b []byte) (int, error) { return len(b), nil }
