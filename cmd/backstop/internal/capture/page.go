package capture

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Page is docs/capture.md.
type Page struct {
	Local  string // the toolchain of the table of classes
	Kernel string
	Date   time.Time

	Expectations []Expectation

	Cells    []Cell // of all toolchains
	WithoutC []Cell // of the program without C
	PID1     []Cell // each class once, as the first process
	Again    []Cell // one class many times, as the first process
	Alone    []Cell // the same without a supervisor
}

const pageHead = `# What is captured

Made by ` + "`make matrix`" + `: do not edit. A program ends in each of %d ways that a Go
process has to crash (%d of them while it serves an HTTP request that it was
sent), is watched in four ways, and reports to a real collector. What is counted
here is what the collector has of it when program, monitor and supervisor are
gone and no event waits on disk. %s, %s,
linux/amd64.

| set-up | |
|---|---|
| guard | the program with the SDK, without its monitor |
| monitor | the program with the SDK |
| supervisor | ` + "`backstop run`" + ` around the unmodified program |
| all | ` + "`backstop run`" + ` around the program with the SDK |

Before anything is counted, the checker has to find the fault in a crash that
nobody watches, a wrong message, a wrong class, one crash told twice, and a
program that hangs.

## By toolchain

- **reason**: the right class and message.
- **function**: the function of the program that crashed is on the reported stack
  (%d of the crashes have one).
- **request**: method, path, trace id and request id of the request. *exact*: the
  event is the request's. *creator*: it is the request of the goroutine that
  started the crashed one. *in flight*: the process ended, and the event lists the
  request as being served at the time.
- **others**: the stacks of other goroutines are there too.
- **hung**, **twice**: programs that did not die, crashes that became two events.
- **false**: reports of an aborted handler, of a handler that recovers by itself,
  or of an ordinary end.

| toolchain | set-up | delivered | reason | function | exact | creator | in flight | requests | others | hung | twice | false |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
`

// String writes the page.
func (p *Page) String() string {
	var b strings.Builder
	crashes, requests, functions := 0, 0, 0
	for _, c := range Crashes() {
		crashes++
		count(&requests, c.Request)
		count(&functions, c.Func != "")
	}
	fmt.Fprintf(&b, pageHead, crashes, requests, p.Date.Format("2006-01-02"), p.Kernel, functions)
	for _, toolchain := range p.toolchains() {
		for _, s := range Setups() {
			cells := p.of(toolchain, s)
			if len(cells) == 0 {
				continue
			}
			n := Summarise(cells)
			fmt.Fprintf(&b, "| %s | %s | %d of %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", strings.TrimPrefix(toolchain, "go"), s,
				n.Delivered, n.Crashes, n.Reason, n.Function, n.Exact, n.Creator, n.Listed, n.Requested(), n.Others, n.Hung, n.Duplicates, n.Silent)
		}
	}
	b.WriteString("\nThe SDK needs Go 1.22, its monitor Go 1.23: what is missing there, the supervisor has.\n")
	p.classes(&b)
	p.missing(&b)
	p.elsewhere(&b)
	return b.String()
}

func (p *Page) toolchains() []string {
	var all []string
	for _, c := range p.Cells {
		if !slices.Contains(all, c.Toolchain) {
			all = append(all, c.Toolchain)
		}
	}
	return all
}

func (p *Page) of(toolchain string, s Setup) []Cell {
	var all []Cell
	for _, c := range p.Cells {
		if c.Toolchain == toolchain && c.Setup == s {
			all = append(all, c)
		}
	}
	return all
}

// classes writes the table of classes for the local toolchain.
func (p *Page) classes(b *strings.Builder) {
	fmt.Fprintf(b, "\n## By class, %s\n\nA cell says how the request is known, or *yes* where there is none to be known,\nand what is missing. A dash: nothing was delivered.\nPrograms are without cgo where the class does not need it: Go detects no deadlock in a\nprogram with cgo, which hangs whoever watches it.\n\n", p.Local)
	b.WriteString("| scenario | class | guard | monitor | supervisor | all |\n|---|---|---|---|---|---|\n")
	for _, c := range Crashes() {
		fmt.Fprintf(b, "| %s | %s", c.Name, c.Class[0])
		for _, s := range Setups() {
			text := ""
			for _, cell := range p.of(p.Local, s) {
				if cell.Case.Name == c.Name {
					text = cellText(cell)
				}
			}
			b.WriteString(" | " + text)
		}
		b.WriteString(" |\n")
	}
}

func cellText(c Cell) string {
	v := c.Verdict
	if !v.Delivered {
		return "-"
	}
	words := []string{"yes"}
	switch v.Request {
	case Exact, ViaOther:
		words[0] = string(v.Request)
	case Listed:
		words[0] = "in flight"
	}
	for _, l := range v.Lacks(c.Case, c.Setup) {
		words = append(words, "no "+string(l))
	}
	return strings.Join(words, ", ")
}

// misses returns the releases and cases that need an expectation.
func (p *Page) misses(e *Expectation) (releases, cases []string) {
	for _, c := range p.Cells {
		for _, l := range c.Verdict.Lacks(c.Case, c.Setup) {
			if Expected(p.Expectations, c, l) != e {
				continue
			}
			if r := Release(c.Toolchain); !slices.Contains(releases, r) {
				releases = append(releases, r)
			}
			if !slices.Contains(cases, c.Case.Name) {
				cases = append(cases, c.Case.Name)
			}
		}
	}
	return releases, cases
}

// Stale returns the expectations that no cell needs.
func (p *Page) Stale() []Expectation {
	var all []Expectation
	for i := range p.Expectations {
		if _, cases := p.misses(&p.Expectations[i]); len(cases) == 0 {
			all = append(all, p.Expectations[i])
		}
	}
	return all
}

func (p *Page) missing(b *strings.Builder) {
	b.WriteString("\n## What is missing, and why\n\n| set-up | Go | scenarios | lacks | why |\n|---|---|---|---|---|\n")
	for i := range p.Expectations {
		e := &p.Expectations[i]
		releases, cases := p.misses(e)
		if len(cases) == 0 {
			continue
		}
		which := strings.Join(cases, ", ")
		if len(cases) > 6 {
			which = fmt.Sprintf("%s and %d more", strings.Join(cases[:5], ", "), len(cases)-5)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", join(e.Setups), span(releases), which, join(e.Lacks), e.Why)
	}
}

// span shortens a list of releases in a row.
func span(releases []string) string {
	if len(releases) < 3 {
		return strings.Join(releases, ", ")
	}
	return releases[0] + " to " + releases[len(releases)-1]
}

func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

func (p *Page) elsewhere(b *strings.Builder) {
	if n := Summarise(p.Again); n.Crashes > 0 {
		fmt.Fprintf(b, "\n## As the first process of a container\n\n`backstop run` as PID 1 of a pid namespace around the program with the SDK: a panic in a\ngoroutine, %d of %d delivered with reason, %d with its request.", n.Reason, n.Crashes, n.Requested())
		if each := Summarise(p.PID1); each.Crashes > 0 {
			fmt.Fprintf(b, " Each class once: %d of %d\ndelivered, %d with reason, %d with their request; %d hung, %d twice, %d false.", each.Delivered, each.Crashes, each.Reason, each.Requested(), each.Hung, each.Duplicates, each.Silent)
		}
		b.WriteString("\n")
	}
	if n := Summarise(p.Alone); n.Crashes > 0 {
		fmt.Fprintf(b, "\nWithout a supervisor the kernel kills the monitor together with the first process:\n%d of %d of the same panic delivered, %d of them at the next start.\n", n.Delivered, n.Crashes, n.NextStart)
	}
	if len(p.WithoutC) > 0 {
		b.WriteString("\n## Without C\n\nBuilt with CGO_ENABLED=0, the classes of C fall away:\n\n| set-up | delivered | reason | requests | hung | twice | false |\n|---|---|---|---|---|---|---|\n")
		for _, s := range Setups() {
			var cells []Cell
			for _, c := range p.WithoutC {
				if c.Setup == s {
					cells = append(cells, c)
				}
			}
			n := Summarise(cells)
			fmt.Fprintf(b, "| %s | %d of %d | %d | %d | %d | %d | %d |\n", s, n.Delivered, n.Crashes, n.Reason, n.Requested(), n.Hung, n.Duplicates, n.Silent)
		}
	}
}
