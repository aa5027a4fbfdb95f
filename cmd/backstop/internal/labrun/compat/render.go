package compat

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteJSON writes an object for each cell.
func (r *Report) WriteJSON(w io.Writer) error {
	before := make(map[key]string)
	for _, c := range r.Changes {
		before[key{release(c.Toolchain), c.Point, c.Check}] = c.Before
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, c := range r.Cells {
		was, changed := before[keyOf(c)]
		err := e.Encode(struct {
			Cell
			Changed bool   `json:"changed"`
			Before  string `json:"before,omitempty"`
		}{c, changed, was})
		if err != nil {
			return err
		}
	}
	return nil
}

var words = map[Result]string{Pass: "ok", Fail: "FAIL", Invalid: "INVALID", NotRun: "not run", NotApplicable: "-"}

// WriteText writes a table, and below it whatever is not as it should be.
func (r *Report) WriteText(w io.Writer) {
	tools := r.Toolchains()
	var heads []string
	for _, t := range tools {
		heads = append(heads, strings.TrimPrefix(t, "go"))
	}
	const first = 15 // the longest check, indented
	line := func(head string, cells []string) {
		text := fmt.Sprintf("%-*s", first, head)
		for i, c := range cells {
			text += fmt.Sprintf("%-*s", max(len(heads[i]), len("INVALID"))+2, c)
		}
		fmt.Fprintln(w, strings.TrimRight(text, " "))
	}
	line("", heads)
	for _, point := range append([]string{""}, r.Points()...) {
		indent := ""
		if point != "" {
			line(oneLine(point), nil)
			indent = "  "
		}
		for _, c := range checks {
			if row, says := r.row(tools, point, c); says {
				line(indent+c.words(), row)
			}
		}
	}
	r.writeReasons(w)
	r.writeDifferences(w, tools)
	r.writeChanges(w)
	fmt.Fprintln(w, "\n"+r.conclusion())
}

// row is a line of the table. It says nothing where the check applies nowhere.
func (r *Report) row(tools []string, point string, check Check) (cells []string, says bool) {
	for _, t := range tools {
		c, ok := r.find(t, point, check)
		word := words[c.Result]
		if c.Result == NotApplicable && c.Value != "" {
			word = c.Value
		}
		says = says || ok && word != "-"
		cells = append(cells, word)
	}
	return cells, says
}

// writeReasons says why, once for toolchains with the same reason.
func (r *Report) writeReasons(w io.Writer) {
	type reason struct {
		point  string
		check  Check
		result Result
		text   string
	}
	var order []reason
	on := make(map[reason][]string)
	for _, c := range r.Cells {
		if c.Result == Pass || c.Result == NotApplicable && c.Check != Idle {
			continue
		}
		text := c.Detail
		if c.Check == Idle {
			text = c.Value
		}
		k := reason{c.Point, c.Check, c.Result, text}
		if on[k] == nil {
			order = append(order, k)
		}
		on[k] = append(on[k], strings.TrimPrefix(c.Toolchain, "go"))
	}
	for i, k := range order {
		if i == 0 {
			fmt.Fprintln(w)
		}
		what := words[k.result] + " " + k.check.words()
		if k.check == Idle {
			what = Idle.words()
		}
		if k.point != "" {
			what = words[k.result] + " " + oneLine(k.point) + " " + k.check.words()
		}
		fmt.Fprintf(w, "%s on %s: %s\n", what, list(on[k]), k.text)
	}
}

// writeDifferences says what is not the same on all toolchains: what an upgrade
// changes.
func (r *Report) writeDifferences(w io.Writer, tools []string) {
	var lines []string
	for i := 1; i < len(tools); i++ {
		for _, c := range r.Cells {
			if c.Toolchain != tools[i] {
				continue
			}
			was, ok := r.find(tools[i-1], c.Point, c.Check)
			if ok && was.Result != NotRun && c.Result != NotRun && said(was) != said(c) {
				lines = append(lines, fmt.Sprintf("  %s to %s: %s: %s, then %s", strings.TrimPrefix(tools[i-1], "go"), strings.TrimPrefix(tools[i], "go"), about(c.Point, c.Check), said(was), said(c)))
			}
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(w, "\nDifferences between releases:\n%s\n", strings.Join(lines, "\n"))
	}
}

func about(point string, check Check) string {
	if point == "" {
		return check.words()
	}
	return oneLine(point) + " " + check.words()
}

func (r *Report) writeChanges(w io.Writer) {
	if len(r.Changes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nChanges against the snapshot:")
	for _, c := range r.Changes {
		was, is := c.Before, c.After
		if was == "" {
			was = "was not there"
		}
		if is == "" {
			is = "is not there"
		}
		fmt.Fprintf(w, "  %s: %s: %s, now %s\n", strings.TrimPrefix(c.Toolchain, "go"), about(c.Point, c.Check), was, is)
	}
}

// conclusion is the last line.
func (r *Report) conclusion() string {
	n := make(map[Result]int)
	for _, c := range r.Cells {
		n[c.Result]++
	}
	ran := slices.DeleteFunc(r.Toolchains(), func(t string) bool {
		c, ok := r.find(t, "", Build)
		return ok && c.Result == NotRun
	})
	s := fmt.Sprintf("%d of %d toolchains, %s, %d checks passed", len(ran), len(r.Toolchains()), count(len(r.Points()), "point"), n[Pass])
	if n[Fail] > 0 {
		s += fmt.Sprintf(", %d failed", n[Fail])
	}
	if n[Invalid] > 0 {
		s += fmt.Sprintf(", %d invalid", n[Invalid])
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
