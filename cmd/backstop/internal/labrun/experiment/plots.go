package experiment

import (
	"slices"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun/plot"
)

// Plots draws what was measured: files by name.
func (r *Report) Plots() map[string][]byte {
	files := make(map[string][]byte)
	if len(r.Storms) > 0 {
		files["storm-success.svg"] = r.successPlot().SVG()
		files["storm-latency.svg"] = r.latencyPlot().SVG()
	}
	if len(r.Parameters) > 0 {
		files["parameters.svg"] = r.parameterPlot().SVG()
	}
	if len(r.Deaths) > 0 {
		files["death.svg"] = r.deathPlot().SVG()
	}
	if len(r.Overflows) > 0 {
		files["stack-overflow.svg"] = r.overflowPlot().SVG()
	}
	return files
}

func goroutineAxis() plot.Axis {
	return plot.Axis{Label: "goroutines", Log: true, Format: func(v float64) string { return few(v) }}
}

// few writes 100000 as "100 k".
func few(v float64) string { return scaled(v, 1000, "", " k", " M") }

func spanAxis(label string) plot.Axis {
	return plot.Axis{Label: label, Log: true, Format: func(v float64) string { return span(int64(v)) }}
}

func sizeAxis(label string) plot.Axis {
	return plot.Axis{Label: label, Log: true, Format: func(v float64) string { return size(int64(v)) }}
}

func (r *Report) successPlot() *plot.Figure {
	p := plot.Panel{X: goroutineAxis(), Y: plot.Axis{Label: "recovered", Min: 0.5, Max: 1, Format: func(v float64) string { return percentShort(v) }}}
	for i, t := range r.Toolchains {
		s := plot.Series{Name: "measured, " + t, Number: i}
		for _, m := range r.Storms {
			if m.Toolchain == t {
				s.Points = append(s.Points, plot.Point{X: float64(m.N), Y: m.Rate()})
				p.Y.Min = min(p.Y.Min, m.Rate())
			}
		}
		p.Series = append(p.Series, s)
	}
	said := plot.Series{Name: "said by an article (A1 2.4)", Number: 6, Dashed: true}
	for _, c := range claimed {
		said.Points = append(said.Points, plot.Point{X: float64(c.N), Y: c.Rate})
	}
	p.Series = append(p.Series, said)
	return &plot.Figure{Title: "Panics that were recovered, of those that happened", Panels: []plot.Panel{p}}
}

func (r *Report) latencyPlot() *plot.Figure {
	f := &plot.Figure{Title: "From panic to recover, while N goroutines do the same", Columns: 3}
	kinds := []struct {
		name string
		of   func(Storm) int64
	}{
		{"p50", func(s Storm) int64 { return s.P50 }},
		{"p99", func(s Storm) int64 { return s.P99 }},
		{"p99.9", func(s Storm) int64 { return s.P999 }},
		{"longest", func(s Storm) int64 { return s.Max }},
	}
	axis := spanAxis("latency")
	for _, t := range r.Toolchains {
		p := plot.Panel{Title: t, X: goroutineAxis()}
		for i, k := range kinds {
			s := plot.Series{Name: k.name, Number: i}
			for _, m := range r.Storms {
				if m.Toolchain == t {
					v := float64(k.of(m))
					s.Points = append(s.Points, plot.Point{X: float64(m.N), Y: v})
					stretch(&axis, v)
				}
			}
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	for i := range f.Panels {
		f.Panels[i].Y = axis
	}
	return f
}

// stretch makes an axis that several panels share long enough.
func stretch(a *plot.Axis, v float64) {
	if v <= 0 {
		return
	}
	if a.Min == 0 {
		a.Min, a.Max = v, v
	}
	a.Min, a.Max = min(a.Min, v), max(a.Max, v)
}

func (r *Report) parameterPlot() *plot.Figure {
	var names []string
	row := make(map[string]int)
	for _, p := range r.Parameters {
		if _, have := row[p.Name()]; !have {
			row[p.Name()] = len(names)
			names = append(names, p.Name())
		}
	}
	f := &plot.Figure{Title: "10,000 goroutines that all panic, under one setting after the other", Columns: 3}
	for _, k := range []struct {
		title string
		of    func(Parameter) int64
	}{
		{"processor time for each panic", func(p Parameter) int64 { return p.PerPanic }},
		{"latency, p50", func(p Parameter) int64 { return p.P50 }},
		{"latency, p99", func(p Parameter) int64 { return p.P99 }},
	} {
		p := plot.Panel{Title: k.title, X: spanAxis(""), Rows: names}
		for i, t := range r.Toolchains {
			s := plot.Series{Name: t, Number: i}
			for _, m := range r.Parameters {
				if m.Toolchain == t {
					s.Points = append(s.Points, plot.Point{X: float64(k.of(m)), Y: float64(row[m.Name()])})
				}
			}
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func (r *Report) deathPlot() *plot.Figure {
	f := &plot.Figure{Title: "A death, by the number of goroutines that wait and by GOTRACEBACK", Columns: 3}
	for _, k := range []struct {
		title string
		axis  plot.Axis
		of    func(Death) int64
	}{
		{"time to the end", spanAxis("panic to end"), func(d Death) int64 { return d.Wall }},
		{"size", sizeAxis("standard error"), func(d Death) int64 { return d.Stderr }},
	} {
		first := len(f.Panels)
		for _, t := range r.Toolchains {
			p := plot.Panel{Title: t + ": " + k.title, X: goroutineAxis()}
			for i, level := range levels {
				s := plot.Series{Name: level, Number: i, Dashed: i%2 == 1}
				for _, d := range r.Deaths {
					if d.Toolchain == t && d.Level == level {
						s.Points = append(s.Points, plot.Point{X: float64(d.N), Y: float64(k.of(d))})
						stretch(&k.axis, float64(k.of(d)))
					}
				}
				p.Series = append(p.Series, s)
			}
			f.Panels = append(f.Panels, p)
		}
		for i := first; i < len(f.Panels); i++ {
			f.Panels[i].Y = k.axis
		}
	}
	f.Columns = min(3, max(1, len(r.Toolchains)))
	return f
}

func (r *Report) overflowPlot() *plot.Figure {
	f := &plot.Figure{Title: "A stack overflow, by the limit of the stack"}
	for _, k := range []struct {
		title string
		axis  plot.Axis
		of    func(Overflow) int64
	}{
		{"memory", sizeAxis("largest resident set"), func(o Overflow) int64 { return o.Memory }},
		{"processor time", spanAxis("user and system"), func(o Overflow) int64 { return o.CPU }},
	} {
		p := plot.Panel{Title: k.title, X: sizeAxis("debug.SetMaxStack"), Y: k.axis}
		for i, t := range r.Toolchains {
			s := plot.Series{Name: t, Number: i}
			for _, o := range r.Overflows {
				if o.Toolchain == t {
					s.Points = append(s.Points, plot.Point{X: float64(o.Limit()), Y: float64(k.of(o))})
				}
			}
			slices.SortFunc(s.Points, func(a, b plot.Point) int { return int(a.X - b.X) })
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}
