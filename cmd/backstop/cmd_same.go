package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/cmd/backstop/internal/program"
	"github.com/backstop-go/backstop/cmd/backstop/internal/textview"
	"github.com/backstop-go/backstop/crash"
)

func sameCommand() command {
	return command{
		name:    "same",
		args:    "A B",
		summary: "say whether two crashes are the same bug",
		help: `
Compares the first crash of two files. Addresses, goroutine numbers, closure
numbers, lines that moved and the depth of a recursion do not count; the class,
the functions of the application, the statement and the shape of the message do.

  backstop same monday.log tuesday.log && echo "the same bug"
  backstop same -explain a.txt b.txt    frame by frame, and what decided
  backstop same -src old,new a.txt b.txt
  backstop same -exe /usr/bin/shop a.txt b.txt

The text alone cannot always tell two lines, or two closures, of one function
apart when they come from two builds. The source of both can, or the
executables. One directory or executable stands for both crashes.

Status 0: the same, 1: different, 2: unreadable or no crash in it.`,
		setup: func(fs *flag.FlagSet) runFunc {
			var f sameFlags
			fs.StringVar(&f.format, "format", "text", "`text` or json")
			fs.BoolVar(&f.explain, "explain", false, "show what was compared")
			fs.StringVar(&f.exe, "exe", "", "the `executable` that crashed, or A's and B's with a comma between")
			fs.StringVar(&f.src, "src", "", "the `directory` of its source, or A's and B's with a comma between")
			return func(_ context.Context, std stdio, args []string) error {
				args, err := trailingFlags(fs, args)
				if err != nil {
					return err
				}
				return f.run(std, args)
			}
		},
	}
}

type sameFlags struct {
	format   string
	explain  bool
	exe, src string
}

func (f *sameFlags) run(std stdio, args []string) error {
	if f.format != "text" && f.format != "json" {
		return withHint(usageError("unknown format %q", f.format), "-format text or -format json")
	}
	if len(args) != 2 {
		return withHint(usageError("same takes two files, got %d", len(args)), "backstop same A B")
	}
	if args[0] == "-" && args[1] == "-" {
		return withHint(usageError("only one of the two can be standard input"), "save one of them to a file")
	}
	evidence, done, err := f.evidence()
	if err != nil {
		return err
	}
	defer done()
	a, err := firstCrash(std.in, args[0])
	if err != nil {
		return err
	}
	b, err := firstCrash(std.in, args[1])
	if err != nil {
		return err
	}
	for p, r := range map[crash.Program]*crash.Report{evidence.A: a, evidence.B: b} {
		if p, ok := p.(*program.Program); ok {
			p.Headline(r)
		}
	}
	verdict := crash.SameWith(a, b, evidence)
	if err := f.write(std.out, verdict, args); err != nil {
		return &exitError{code: exitUsage, err: fmt.Errorf("write verdict: %w", err)} // 1 would mean "different"
	}
	if !verdict.Same {
		return &exitError{code: exitFail}
	}
	return nil
}

// evidence opens what -exe and -src name.
func (f *sameFlags) evidence() (e crash.Evidence, done func(), err error) {
	var programs [2]program.Program
	done = func() {
		for _, p := range programs {
			p.Close()
		}
	}
	dirs, err := pair("-src", f.src)
	if err != nil {
		return e, done, err
	}
	for i, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return e, done, withHint(usageError("-src %s is not a directory", dir), "-src names the root of a source tree, such as a checkout")
		}
		programs[i].Source = program.NewSource(dir)
	}
	exes, err := pair("-exe", f.exe)
	if err != nil {
		return e, done, err
	}
	for i, name := range exes {
		if programs[i].Executable, err = program.OpenExecutable(name); err != nil {
			done()
			return e, func() {}, withHint(&exitError{code: exitUsage, err: fmt.Errorf("-exe: %w", err)}, "-exe names the Go executable that crashed")
		}
	}
	if len(dirs)+len(exes) > 0 {
		e.A, e.B = &programs[0], &programs[1]
		e.OneBuild = len(exes) == 2 && exes[0] == exes[1]
	}
	return e, done, nil
}

// pair takes the value of a flag apart that is for both crashes, or one for
// each with a comma between.
func pair(flag, value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	both := strings.Split(value, ",")
	if len(both) == 1 {
		both = append(both, both[0])
	}
	if len(both) != 2 || both[0] == "" || both[1] == "" {
		return nil, withHint(usageError("%s %s is neither one nor two", flag, value), "backstop same %s A,B a.txt b.txt", flag)
	}
	return both, nil
}

// firstCrash reads the first crash of a file. Its errors end with status 2: the
// question could not be answered.
func firstCrash(stdin io.Reader, name string) (*crash.Report, error) {
	in, err := openInput(stdin, name, nil)
	if err != nil {
		return nil, withHint(&exitError{code: exitUsage, err: err}, "A and B are files that hold a traceback; - is standard input")
	}
	defer in.Close()
	report, err := crash.Parse(in)
	if errors.Is(err, crash.ErrNoCrash) {
		return nil, withHint(&exitError{code: exitUsage, err: fmt.Errorf("no crash found in %s", inputName(name))},
			"`backstop parse %s` shows what is found in a file", name)
	}
	if err != nil {
		return nil, withHint(&exitError{code: exitUsage, err: readError(name, err)}, "is it a text file, or one compressed with gzip?")
	}
	return report, nil
}

func (f *sameFlags) write(w io.Writer, v crash.Verdict, names []string) error {
	if f.format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	}
	var b strings.Builder
	if v.Same {
		b.WriteString("same issue\n")
	} else {
		b.WriteString("different issues\n")
	}
	for _, reason := range v.Reasons {
		fmt.Fprintf(&b, "  %s\n", textview.Escape(reason))
	}
	if f.exe == "" && f.src == "" && byLinesAlone(v) {
		b.WriteString("  by line numbers alone: -src A,B or -exe A,B would look at the code\n")
	}
	if f.explain {
		writeComparison(&b, v, names)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// byLinesAlone reports whether nothing but the lines in the same functions made
// two crashes different.
func byLinesAlone(v crash.Verdict) bool {
	if v.Same || len(v.Rows) == 0 || v.A.Family != v.B.Family || v.A.Template != v.B.Template {
		return false
	}
	for i := range v.Rows {
		if r := &v.Rows[i]; r.Why == "" && (r.A == nil || r.B == nil) {
			return false
		}
	}
	return true
}

// writeComparison writes both crashes side by side: what is made of class and
// message, and each function with its line in A and in B.
func writeComparison(b *strings.Builder, v crash.Verdict, names []string) {
	fmt.Fprintf(b, "\nA is %s\nB is %s\n\n", textview.Escape(inputName(names[0])), textview.Escape(inputName(names[1])))
	writeBoth(b, "class", v.A.Family, v.B.Family)
	writeBoth(b, "message", v.A.Template, v.B.Template)
	if len(v.Rows) == 0 {
		return
	}
	table := [][4]string{{"", "function", "line in A", "line in B"}}
	var notes []string
	width := [4]int{1, 8, 9, 9}
	for i := range v.Rows {
		r := &v.Rows[i]
		line := [4]string{markOf(r), textview.Escape(r.Func), shownStep(r.A), shownStep(r.B)}
		for k := range line {
			width[k] = max(width[k], utf8.RuneCountInString(line[k]))
		}
		table = append(table, line)
		notes = append(notes, note(r))
	}
	b.WriteString("\n")
	for i, line := range table {
		last := ""
		if i > 0 {
			last = notes[i-1]
		}
		text := fmt.Sprintf("%-*s %-*s  %-*s  %-*s  %s", width[0], line[0], width[1], line[1], width[2], line[2], width[3], line[3], textview.Escape(last))
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	b.WriteString("\n= in both  - in A only  + in B only  . does not count\n")
}

// writeBoth writes a value that both have, or two.
func writeBoth(b *strings.Builder, what, x, y string) {
	switch {
	case x == "" && y == "":
	case x == y:
		fmt.Fprintf(b, "%-8s %s\n", what, textview.Escape(x))
	default:
		fmt.Fprintf(b, "%-8s A  %s\n%-8s B  %s\n", what, textview.Escape(x), "", textview.Escape(y))
	}
}

func markOf(r *crash.Row) string {
	switch {
	case r.Why != "":
		return "."
	case r.B == nil:
		return "-"
	case r.A == nil:
		return "+"
	}
	return "="
}

// shownStep is where a function stands in one of the crashes.
func shownStep(s *crash.Step) string {
	if s == nil || s.File == "" {
		return ""
	}
	return textview.Escape(s.File[strings.LastIndexAny(s.File, `/\`)+1:]) + ":" + strconv.Itoa(s.Line)
}

// note says why a function does not count, how deep a recursion was, and how
// the function is printed where that is not what counts.
func note(r *crash.Row) string {
	if r.Why != "" {
		return r.Why
	}
	var notes []string
	for _, s := range []*crash.Step{r.A, r.B} {
		if s == nil {
			continue
		}
		text := ""
		if s.Func != r.Func {
			text = s.Func
		}
		if s.Rounds > 0 {
			text = strings.TrimSpace(fmt.Sprintf("%s %d rounds", text, s.Rounds))
		}
		if text != "" && (len(notes) == 0 || notes[0] != text) {
			notes = append(notes, text)
		}
	}
	return strings.Join(notes, ", ")
}
