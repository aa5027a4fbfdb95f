// Package textview shows a crash to a person at a terminal. Start with [Write].
// It reads nothing and decides nothing: what a crash is comes from package
// crash.
package textview

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/backstop-go/backstop/crash"
)

// Options say how to show a report. The zero value is plain text.
type Options struct {
	Color bool // with ANSI colours; default without
}

// How much is shown of what can be endless.
const (
	maxMessageLines = 20
	maxBuckets      = 10
	maxFrames       = 60
)

// Write shows a report: what happened, whether recover could have caught it,
// the crashing stack with the application's frames in focus, the other
// goroutines folded, and what to check first. Nothing a crash says reaches the
// terminal unescaped.
func Write(w io.Writer, r *crash.Report, opts Options) error {
	v := &view{color: opts.Color}
	info := crash.Explain(r.Class)
	v.headline(r, info)
	v.message(r)
	v.stack(r)
	v.others(r)
	v.advice(r, info)
	v.notes(r)
	_, err := w.Write(v.Bytes())
	return err
}

type view struct {
	bytes.Buffer
	color bool
}

// The few styles used, as SGR parameters.
const (
	bold    = "1"
	dim     = "2"
	red     = "1;31"
	yellow  = "33"
	focused = "1;36"
)

func (v *view) paint(style, s string) string {
	if !v.color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (v *view) line(format string, args ...any) { fmt.Fprintf(v, format+"\n", args...) }

func (v *view) headline(r *crash.Report, info crash.Info) {
	v.line("%s %s  %s", v.paint(red, string(r.Kind)+":"), v.paint(bold, info.Title), v.paint(dim, string(r.Class)))
	if r.Recovered {
		v.line("  %s", v.paint(yellow, "recovered: the process went on"))
	}
}

func (v *view) message(r *crash.Report) {
	if r.HasMessage {
		lines := strings.Split(r.Message, "\n")
		for i, l := range lines {
			if i == maxMessageLines {
				v.line("  %s", v.paint(dim, fmt.Sprintf("... %d more lines", len(lines)-i)))
				break
			}
			v.line("  %s", v.paint(bold, Escape(clip(l, 500))))
		}
	}
	if len(r.Panics) > 1 {
		for i, p := range r.Panics[:len(r.Panics)-1] {
			first, _, _ := strings.Cut(p.Message, "\n")
			what := "before it"
			if p.Recovered {
				what = "before it, recovered"
			}
			if p.Message == r.Panics[i+1].Message {
				continue // raised again: nothing new
			}
			v.line("  %s %s", v.paint(dim, what+":"), Escape(clip(first, 300)))
		}
	}
	if s := r.Signal; s.Name != "" {
		text := "signal " + s.Name
		for _, f := range [][2]string{{"code", s.Code}, {"addr", s.Addr}, {"pc", s.PC}} {
			if f[1] != "" {
				text += " " + f[0] + "=" + f[1]
			}
		}
		if s.InCgo {
			text += ", while in C code"
		}
		v.line("  %s", v.paint(dim, Escape(text)))
	}
}

func (v *view) advice(r *crash.Report, info crash.Info) {
	v.line("")
	v.line("  %s %s", v.paint(bold, "What happened:"), info.Explanation)
	v.line("  %s %s", v.paint(bold, "Could recover have caught it?"), recoverAnswer(r, info))
	if len(info.Causes) > 0 {
		v.line("  %s %s.", v.paint(bold, "Usual causes:"), strings.Join(info.Causes, "; "))
	}
	if info.FirstCheck != "" {
		v.line("  %s %s", v.paint(bold, "First check:"), info.FirstCheck)
	}
}

func recoverAnswer(r *crash.Report, info crash.Info) string {
	switch {
	case r.Recovered:
		return "It did."
	case info.Recoverable == crash.RecoverYes:
		if g := r.CrashGoroutine(); g != nil {
			return fmt.Sprintf("Yes, in goroutine %d itself: a deferred call there. No other goroutine could.", g.ID)
		}
		return "Yes, by a deferred call in the same goroutine."
	case info.Recoverable == crash.RecoverNo:
		return "No."
	default:
		return "The text does not tell."
	}
}

// notes are about the report and not about the crash.
func (v *view) notes(r *crash.Report) {
	v.line("")
	if r.Truncated {
		v.line("  %s", v.paint(yellow, "The text was cut: frames are missing."))
	}
	for _, p := range r.Problems {
		note := fmt.Sprintf("%s: %d", strings.ReplaceAll(p.Code, "_", " "), p.Count)
		if p.Line > 0 {
			note += fmt.Sprintf(", first on line %d", p.Line)
		}
		if p.Text != "" {
			note += ": " + Escape(clip(p.Text, 80))
		}
		v.line("  %s", v.paint(yellow, note))
	}
	v.line("  %s", v.paint(dim, "issue "+r.Fingerprints.Tolerant+"  (the same bug has the same number)"))
}

// clip cuts a line that is too long to be read.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + fmt.Sprintf(" ... (%d more bytes)", len(s)-n)
}
