// Package textview shows a crash to a person at a terminal. Start with [Write].
// It reads nothing and decides nothing: what a crash is comes from package
// crash, and what to show of it from package outline.
package textview

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
	"github.com/backstop-go/backstop/cmd/backstop/internal/source"
)

// Options say how to show a report. The zero value is plain text.
type Options struct {
	Color bool // with ANSI colours; default without
	Width int  // columns of the terminal; default 0: text is neither wrapped nor cut

	// All shows every frame, and every kind of goroutine with its stack.
	// Default: frames outside the application are folded, and the largest
	// kinds have a line each.
	All bool

	// Source returns the lines around a frame, nil when they are not at hand.
	// Default: none are shown.
	Source func(f *crash.Frame, around int) *source.Excerpt
}

// How much is shown of what can be endless.
const (
	maxMessageLines = 20
	maxKinds        = 10
	maxFrames       = 60     // of one stack, folded ones not counted
	maxFramesAll    = 10_000 // of one stack, in any case
	maxText         = 96     // columns of a paragraph: longer lines are hard to read
)

// Write shows a report: what happened, the crashing stack with the application's
// frames in focus, who started it, the other goroutines folded, whether recover
// could have caught it, and what to check first. Nothing a crash says reaches
// the terminal unescaped.
func Write(w io.Writer, r *crash.Report, opts Options) error {
	v := &view{opts: opts}
	o := outline.New(r, outline.Options{Source: opts.Source, Frames: maxFramesAll})
	v.headline(o)
	v.message(r)
	v.threads(o)
	v.others(&o.Others)
	v.advice(o)
	v.notes(r)
	_, err := w.Write(v.Bytes())
	return err
}

// Goroutines lists the goroutines of a report as [Write] lists those that did not
// crash: those alike as one, the largest kinds first.
func Goroutines(w io.Writer, r *crash.Report, opts Options) error {
	v := &view{opts: opts}
	v.kinds(&outline.New(r, outline.Options{Frames: maxFramesAll}).Others)
	_, err := w.Write(v.Bytes())
	return err
}

// Goroutine shows one goroutine of a report, by its index, as [Write] shows the one
// that crashed: its stack in focus, and who started it.
func Goroutine(w io.Writer, r *crash.Report, index int, opts Options) error {
	v := &view{opts: opts}
	t := outline.Goroutine(r, index, outline.Options{Source: opts.Source, Frames: maxFramesAll})
	v.line("  %s%s", v.paint(bold, fmt.Sprintf("goroutine %d", t.Goroutine.ID)), goroutineDetails(t.Goroutine))
	v.stack(&t.Stack)
	v.creators(t.Creators)
	_, err := w.Write(v.Bytes())
	return err
}

type view struct {
	bytes.Buffer
	opts Options
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
	if !v.opts.Color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (v *view) line(format string, args ...any) { fmt.Fprintf(v, format+"\n", args...) }

// paragraph prints a label and a text behind it, wrapped to the width.
func (v *view) paragraph(label, text string) {
	used := 2 + columns(label)
	v.WriteString("  " + v.paint(bold, label))
	for _, word := range strings.Fields(text) {
		n := columns(word)
		if v.opts.Width > 0 && used+1+n > min(v.opts.Width, maxText) {
			v.WriteString("\n   ")
			used = 3
		}
		v.WriteString(" " + word)
		used += 1 + n
	}
	v.WriteString("\n")
}

func (v *view) headline(o *outline.Outline) {
	v.line("%s %s  %s", v.paint(red, Escape(string(o.Report.Kind))+":"), v.paint(bold, Escape(o.Info.Title)), v.paint(dim, Escape(string(o.Info.Class))))
	if o.Report.Recovered {
		v.line("  %s", v.paint(yellow, "recovered: the process went on"))
	}
}

func (v *view) message(r *crash.Report) {
	if r.HasMessage {
		lines := strings.Split(r.Message, "\n")
		for i, l := range lines {
			if i == maxMessageLines && !v.opts.All {
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

func (v *view) advice(o *outline.Outline) {
	v.line("")
	v.paragraph("What happened:", Escape(o.Info.Explanation))
	v.paragraph("Could recover have caught it?", recoverAnswer(&o.Verdict))
	if len(o.Info.Causes) > 0 {
		v.paragraph("Usual causes:", Escape(strings.Join(o.Info.Causes, "; ")+"."))
	}
	if o.Info.FirstCheck != "" {
		v.paragraph("First check:", Escape(o.Info.FirstCheck))
	}
}

func recoverAnswer(v *outline.Verdict) string {
	text := v.Answer + ". " + v.Reason
	if v.Entry != nil {
		text += " A guard belongs at the top of " + Escape(clip(v.Entry.Func, 200))
		if v.By != nil {
			text += fmt.Sprintf(", started at %s:%d", Escape(outline.SplitFile(v.By.File).Base), v.By.Line)
		}
		text += "."
	}
	return text
}

// notes are about the report and not about the crash.
func (v *view) notes(r *crash.Report) {
	v.line("")
	if r.Truncated {
		v.line("  %s", v.paint(yellow, "The text was cut: frames are missing."))
	}
	for _, p := range r.Problems {
		note := fmt.Sprintf("%s: %d", Escape(strings.ReplaceAll(p.Code, "_", " ")), p.Count)
		if p.Line > 0 {
			note += fmt.Sprintf(", first on line %d", p.Line)
		}
		if p.Text != "" {
			note += ": " + Escape(clip(p.Text, 80))
		}
		v.line("  %s", v.paint(yellow, note))
	}
	v.line("  %s", v.paint(dim, "issue "+Escape(r.Fingerprints.Tolerant)+"  (the same bug has the same number)"))
}

// clip cuts a line that is too long to be read.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + fmt.Sprintf(" ... (%d more bytes)", len(s)-n)
}
