package experiment

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// A table is what both the page and the terminal show.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// markdown writes the table for a page. The first column is text, the others are
// mostly numbers.
func (t *table) markdown() string {
	var b strings.Builder
	line := func(cells []string) {
		b.WriteString("| " + strings.Join(escapeCells(cells), " | ") + " |\n")
	}
	line(t.head)
	b.WriteString("|---|" + strings.Repeat("---:|", len(t.head)-1) + "\n")
	for _, r := range t.rows {
		line(r)
	}
	return b.String()
}

func escapeCells(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(c)
	}
	return out
}

func (t *table) text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.head, "\t"))
	for _, r := range t.rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	_ = w.Flush()
	return b.String()
}

// short is a toolchain without the "go".
func short(toolchain string) string { return strings.TrimPrefix(toolchain, "go") }

func (r *Report) stormTable() table {
	t := table{head: []string{"goroutines", "Go", "panics", "recovered", "p50", "p99", "p99.9", "longest", "memory", "load", "runs"}}
	for _, n := range r.sizes() {
		for _, s := range r.Storms {
			if s.N != n {
				continue
			}
			rate := percent(s.Rate())
			if s.Died != "" {
				rate = s.Died
			}
			if s.Died == "" && s.Panicked == 0 {
				rate = "-"
			}
			p50, p99, p999 := "-", "-", "-"
			if s.Telling() {
				p50, p99, p999 = span(s.P50), span(s.P99), span(s.P999)
			}
			t.add(count(s.N), short(s.Toolchain), count(s.Panicked), rate, p50, p99, p999, span(s.Max), size(s.Memory), load1(s.Load), fmt.Sprint(s.Runs))
		}
	}
	return t
}

// sizes are the numbers of goroutines of the storms, in order.
func (r *Report) sizes() []int {
	var all []int
	for _, s := range r.Storms {
		i := 0
		for i < len(all) && all[i] < s.N {
			i++
		}
		if i == len(all) || all[i] != s.N {
			all = append(all[:i], append([]int{s.N}, all[i:]...)...)
		}
	}
	return all
}

func load1(f float64) string { return fmt.Sprintf("%.1f", f) }

func (r *Report) parameterTable() table {
	t := table{head: []string{"setting", "Go", "recovered", "CPU per panic", "p50", "p99", "p99.9", "GCs", "load"}}
	for _, s := range settings() {
		for _, p := range r.Parameters {
			if p.Group != s.group || p.Value != s.value {
				continue
			}
			if p.Runs == 0 {
				t.add(p.Name(), short(p.Toolchain), p.Died, "", "", "", "", "", load1(p.Load))
				continue
			}
			cpu := "–"
			if p.PerPanic > 0 {
				cpu = span(p.PerPanic)
			}
			rate := percent(float64(p.Recovered) / float64(max(1, p.Panicked)))
			t.add(p.Name(), short(p.Toolchain), rate, cpu, span(p.P50), span(p.P99), span(p.P999), fmt.Sprint(p.GCs), load1(p.Load))
		}
	}
	return t
}

func (r *Report) deathTable() table {
	t := table{head: []string{"GOTRACEBACK", "goroutines", "Go", "time to the end", "CPU", "stderr", "end", "load"}}
	for _, level := range levels {
		for _, n := range deathSizes {
			for _, d := range r.Deaths {
				if d.Level == level && d.N == n {
					end, _, _ := strings.Cut(d.End, ":")
					t.add(level, count(d.N), short(d.Toolchain), span(d.Wall), span(d.CPU), size(d.Stderr), end, load1(d.Load))
				}
			}
		}
	}
	return t
}

func (r *Report) overflowTable() table {
	t := table{head: []string{"largest stack", "Go", "memory", "CPU", "time", "stderr", "end", "load"}}
	for _, limit := range maxStacks {
		for _, o := range r.Overflows {
			if o.Max != limit {
				continue
			}
			name := "1 GB, the default"
			if limit > 0 {
				name = fmt.Sprintf("%d MiB", limit>>20)
			}
			end, _, _ := strings.Cut(o.End, ":")
			t.add(name, short(o.Toolchain), size(o.Memory), span(o.CPU), span(o.Wall), size(o.Stderr), end, load1(o.Load))
		}
	}
	return t
}
