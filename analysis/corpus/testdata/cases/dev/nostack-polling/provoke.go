//go:build provoke

package polling

import (
	"bytes"
	"log"
	"log/slog"
	"os"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"work": func() {
			var b bytes.Buffer
			log.SetOutput(&b)
			Poll(1, 0, func() { panic("x") })
			if !strings.Contains(b.String(), "goroutine") {
				println("SHOWN")
			}
		},
		"line": func() {
			var b bytes.Buffer
			log.SetOutput(&b)
			Line("a", func() { panic("x") })
			if !strings.Contains(b.String(), "goroutine") {
				println("SHOWN")
			}
		},
		"message": func() {
			var b bytes.Buffer
			(&server{slog.New(slog.NewTextHandler(&b, nil))}).Do(func() { panic("x") })
			if !strings.Contains(b.String(), "goroutine") {
				println("SHOWN")
			}
		},
		"linefixed": func() {
			var b bytes.Buffer
			log.SetOutput(&b)
			LineFixed("a", func() { panic("x") })
			if !strings.Contains(b.String(), "goroutine") {
				println("SHOWN")
			}
		},
		"via": func() {
			var b bytes.Buffer
			(&server{slog.New(slog.NewTextHandler(&b, nil))}).Via(func() { panic("x") })
			if !strings.Contains(b.String(), "goroutine") {
				println("SHOWN")
			}
		},
		"printed": func() { log.SetOutput(os.Stderr); Printed(func() { panic("x") }) },
	}
}
