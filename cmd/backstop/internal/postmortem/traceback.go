package postmortem

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"github.com/backstop-go/backstop/crash"
)

// WriteTraceback writes a report as the runtime prints it (runtime/traceback.go),
// for tools that read tracebacks: the headline, which is whole lines or "", the
// runtime's own stack, the goroutines. Arguments of calls are not known here, so
// that the parentheses behind functions are empty. Names come from an executable
// that may be hostile: what is not printable in them is shown by its number.
func WriteTraceback(w io.Writer, headline string, r *crash.Report) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, headline)
	blank := headline != ""
	next := func() {
		if blank {
			fmt.Fprintln(b)
		}
		blank = true
	}
	if len(r.RuntimeStack) > 0 {
		next()
		fmt.Fprint(b, "runtime stack:\n")
		writeFrames(b, r.RuntimeStack, 0, -1)
	}
	order := make([]int, 0, len(r.Goroutines))
	if r.Crash >= 0 {
		order = append(order, r.Crash)
	}
	for i := range r.Goroutines {
		if i != r.Crash {
			order = append(order, i)
		}
	}
	for _, i := range order {
		next()
		writeGoroutine(b, &r.Goroutines[i])
	}
	return b.Flush() //nolint:wrapcheck // of the caller's writer
}

// writeGoroutine writes a header, frames and creator (runtime/traceback.go,
// goroutineheader, traceback2, printcreatedby).
func writeGoroutine(b *bufio.Writer, g *crash.Goroutine) {
	fmt.Fprintf(b, "goroutine %d [%s", g.ID, printable(g.State))
	if g.Leaked && !strings.HasSuffix(g.State, "(leaked)") {
		fmt.Fprint(b, " (leaked)")
	}
	if g.Scan {
		fmt.Fprint(b, " (scan)")
	}
	if g.Durable {
		fmt.Fprint(b, " (durable)")
	}
	if g.WaitMinutes > 0 {
		fmt.Fprintf(b, ", %d minutes", g.WaitMinutes)
	}
	if g.LockedToThread {
		fmt.Fprint(b, ", locked to thread")
	}
	if g.Bubble != 0 {
		fmt.Fprintf(b, ", synctest bubble %d", g.Bubble)
	}
	writeLabels(b, g.Labels)
	fmt.Fprint(b, "]:\n")
	elidedAt := -1
	if g.Elided != 0 {
		elidedAt = g.ElidedAt
	}
	writeFrames(b, g.Frames, g.Elided, elidedAt)
	if c := g.CreatedBy; c != nil {
		fmt.Fprintf(b, "created by %s", printable(c.Func))
		if c.Goroutine != 0 {
			fmt.Fprintf(b, " in goroutine %d", c.Goroutine)
		}
		fmt.Fprintf(b, "\n\t%s:%d\n", printable(c.File), c.Line)
	}
}

// writeLabels writes labels as Go 1.26 does: all quoted.
func writeLabels(b *bufio.Writer, labels map[string]string) {
	if len(labels) == 0 {
		return
	}
	keys := make([]string, 0, len(labels))
	for k := range labels {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = strconv.Quote(k) + ": " + strconv.Quote(labels[k])
	}
	fmt.Fprintf(b, " labels:{%s}", strings.Join(parts, ", "))
}

// writeFrames writes frames, and before the one at elidedAt how many were left
// out: -1 says that nobody counted them.
func writeFrames(b *bufio.Writer, frames []crash.Frame, elided, elidedAt int) {
	for i := 0; i <= len(frames); i++ {
		if i == elidedAt {
			if elided < 0 {
				fmt.Fprint(b, "...additional frames elided...\n")
			} else {
				fmt.Fprintf(b, "...%d frames elided...\n", elided)
			}
		}
		if i == len(frames) {
			return
		}
		f := &frames[i]
		if f.Inlined {
			fmt.Fprintf(b, "%s(...)\n\t%s:%d\n", printable(f.Func), printable(f.File), f.Line)
			continue
		}
		fmt.Fprintf(b, "%s()\n\t%s:%d", printable(f.Func), printable(f.File), f.Line)
		if f.Offset != 0 {
			fmt.Fprintf(b, " +0x%x", f.Offset)
		}
		fmt.Fprintln(b)
	}
}

// printable shows characters that a terminal, or a reader of lines, obeys by their
// numbers.
func printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}
