// Package plot draws measurements as SVG: a grid of panels with a common legend,
// axes that may be logarithmic, and colours for light and dark pages. A drawing
// needs nothing else; it may be opened alone or shown by an img element.
//
// Start with [Figure.SVG]. There are lines over numbers ([Panel.Series]) and
// values beside names ([Panel.Rows]); for anything more, use a real library.
package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A Figure is what one file shows.
type Figure struct {
	Title   string
	Columns int // panels side by side; 0 means all of them
	Panels  []Panel
}

// A Panel has two axes.
type Panel struct {
	Title  string
	X, Y   Axis
	Series []Series
	// Rows are names down the left side, in place of the Y axis: the Y of a point
	// is then the index of a row.
	Rows []string
}

// An Axis goes from Min to Max; where both are 0, from the least to the greatest
// value that its panel shows.
type Axis struct {
	Label    string
	Log      bool // values that are not positive are left out
	Min, Max float64
	Format   func(float64) string // of ticks; nil is %g
}

// Series are drawn in the colour and with the mark of their number, so that a
// name means the same in each panel of a figure.
type Series struct {
	Name   string
	Number int
	Dashed bool
	Points []Point
}

// A Point is one measured value.
type Point struct{ X, Y float64 }

// The measures of a drawing, in pixels.
const (
	panelWidth  = 290 // of several
	aloneWidth  = 560
	panelHeight = 200
	rowHeight   = 20
	gap         = 28
	margin      = 16
	titleHeight = 28
	lineHeight  = 18
	labelHeight = 40 // ticks and label below a panel
	headHeight  = 22 // title of a panel
	charWidth   = 7.2
)

// style keeps the letters legible on whatever is behind them: the drawing brings
// its own ground.
const style = `
text{font:12px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#1f2328}
.title{font-size:15px;font-weight:600}.head{font-weight:600}.muted{fill:#59636e}
.ground{fill:#ffffff}.grid{stroke:#d9dee3;stroke-width:1}.frame{fill:none;stroke:#8c959f;stroke-width:1}
.s0{stroke:#0072b2;fill:#0072b2}.s1{stroke:#c44e00;fill:#c44e00}.s2{stroke:#00805c;fill:#00805c}
.s3{stroke:#b0558b;fill:#b0558b}.s4{stroke:#7a6a00;fill:#7a6a00}.s5{stroke:#5b5fc7;fill:#5b5fc7}.s6{stroke:#59636e;fill:#59636e}
.line{fill:none;stroke-width:1.8}.dashed{stroke-dasharray:5 4}.mark{stroke-width:1}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.muted{fill:#9aa4ae}.ground{fill:#0d1117}.grid{stroke:#2b323a}.frame{stroke:#6e7681}
.s0{stroke:#56b4e9;fill:#56b4e9}.s1{stroke:#ff9b57;fill:#ff9b57}.s2{stroke:#2fc79a;fill:#2fc79a}
.s3{stroke:#e39ac6;fill:#e39ac6}.s4{stroke:#e3d24a;fill:#e3d24a}.s5{stroke:#a5a8ff;fill:#a5a8ff}.s6{stroke:#9aa4ae;fill:#9aa4ae}
.line{fill:none}}
`

// SVG draws the figure.
func (f *Figure) SVG() []byte {
	columns := f.Columns
	if columns <= 0 || columns > len(f.Panels) {
		columns = max(1, len(f.Panels))
	}
	var lefts []float64
	width := float64(margin)
	for i := 0; i < columns; i++ {
		lefts = append(lefts, f.left(i, columns))
		width += lefts[i] + f.wide() + gap
	}
	width = max(width, 2*margin+measure(f.Title)*15/12)
	legend, legendHeight := f.legend(width)
	var body bytes.Buffer
	y := float64(margin + titleHeight + legendHeight)
	for start := 0; start < len(f.Panels); start += columns {
		row := f.Panels[start:min(start+columns, len(f.Panels))]
		height, x := 0.0, float64(margin)
		for i := range row {
			height = max(height, row[i].height())
			row[i].draw(&body, x+lefts[i], y+headHeight, f.wide(), i == 0)
			x += lefts[i] + f.wide() + gap
		}
		y += headHeight + height + labelHeight + gap/2
	}
	var all bytes.Buffer
	fmt.Fprintf(&all, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, width, y, width, y, escape(f.Title))
	fmt.Fprintf(&all, "\n<title>%s</title>\n<style>%s</style>\n", escape(f.Title), style)
	fmt.Fprintf(&all, `<rect class="ground" width="100%%" height="100%%"/>`+"\n")
	text(&all, margin, margin+14, "start", "title", f.Title)
	all.WriteString(legend)
	all.Write(body.Bytes())
	all.WriteString("</svg>\n")
	return all.Bytes()
}

// wide is the width of each panel.
func (f *Figure) wide() float64 {
	if len(f.Panels) == 1 {
		return aloneWidth
	}
	return panelWidth
}

// left is the room for ticks, or names, beside the panels of a column. Names of
// rows stand beside the first column only.
func (f *Figure) left(column, columns int) float64 {
	longest := 0.0
	for i := column; i < len(f.Panels); i += columns {
		p := &f.Panels[i]
		switch {
		case p.Rows == nil:
			longest = max(longest, p.tickWidth()+lineHeight+6) // the label stands upright
		case column == 0:
			for _, r := range p.Rows {
				longest = max(longest, measure(r))
			}
		}
	}
	return longest + 10
}

// legend names the series once for all panels, in as many lines as it takes. A
// figure with one series needs none.
func (f *Figure) legend(width float64) (svg string, height int) {
	var b bytes.Buffer
	seen := make(map[string]bool)
	x, y := float64(margin), float64(margin+titleHeight+4)
	for _, p := range f.Panels {
		for _, s := range p.Series {
			if s.Name == "" || seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			need := 26 + measure(s.Name) + 18
			if x > margin && x+need > width {
				x, y = margin, y+lineHeight
			}
			class := "line"
			if s.Dashed {
				class += " dashed"
			}
			if p.Rows == nil {
				fmt.Fprintf(&b, `<line class="s%d %s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, s.class(), class, x, x+20, y, y)
			}
			mark(&b, s, x+10, y)
			text(&b, x+26, y+4, "start", "", s.Name)
			x += need
		}
	}
	if len(seen) == 0 {
		return "", 0
	}
	return b.String(), int(y) - margin - titleHeight + lineHeight
}

func (p *Panel) height() float64 {
	if p.Rows != nil {
		return float64(len(p.Rows)*rowHeight + rowHeight/2)
	}
	return panelHeight
}

func (p *Panel) scaleX(width float64) scale {
	return p.X.scale(p.values(func(q Point) float64 { return q.X }), width)
}

func (p *Panel) scaleY() scale {
	return p.Y.scale(p.values(func(q Point) float64 { return q.Y }), panelHeight)
}

func (p *Panel) values(of func(Point) float64) []float64 {
	var all []float64
	for _, s := range p.Series {
		for _, q := range s.Points {
			all = append(all, of(q))
		}
	}
	return all
}

// draw draws a panel with its upper left corner at x, y; names says whether its
// rows are named.
func (p *Panel) draw(b *bytes.Buffer, x, y, width float64, names bool) {
	sx, height := p.scaleX(width), p.height()
	text(b, x, y-8, "start", "head", p.Title)
	last := math.Inf(-1)
	for _, t := range sx.ticks() {
		at := x + sx.at(t.value)
		line(b, "grid", at, y, at, y+height)
		if half := measure(t.label) / 2; at-half > last+6 {
			text(b, at, y+height+16, "middle", "muted", t.label)
			last = at + half
		}
	}
	text(b, x+width/2, y+height+34, "middle", "", p.X.Label)
	var place func(Point) (float64, float64, bool)
	if p.Rows != nil {
		for i, r := range p.Rows {
			at := y + p.rowAt(i)
			line(b, "grid", x, at, x+width, at)
			if names {
				text(b, x-8, at+4, "end", "", r)
			}
		}
		place = func(q Point) (float64, float64, bool) {
			return x + sx.at(q.X), y + p.rowAt(int(q.Y)), sx.has(q.X)
		}
	} else {
		sy := p.scaleY()
		for _, t := range sy.ticks() {
			at := y + height - sy.at(t.value)
			line(b, "grid", x, at, x+width, at)
			text(b, x-6, at+4, "end", "muted", t.label)
		}
		if p.Y.Label != "" {
			upright(b, x-p.tickWidth()-14, y+height/2, p.Y.Label)
		}
		place = func(q Point) (float64, float64, bool) {
			return x + sx.at(q.X), y + height - sy.at(q.Y), sx.has(q.X) && sy.has(q.Y)
		}
	}
	fmt.Fprintf(b, `<rect class="frame" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`+"\n", x, y, width, height)
	for _, s := range p.Series {
		p.drawSeries(b, s, place)
	}
}

func (p *Panel) tickWidth() float64 {
	w := 0.0
	for _, t := range p.scaleY().ticks() {
		w = max(w, measure(t.label))
	}
	return w
}

func (p *Panel) rowAt(i int) float64 { return float64(i*rowHeight) + 0.75*rowHeight }

func (p *Panel) drawSeries(b *bytes.Buffer, s Series, place func(Point) (float64, float64, bool)) {
	var path []string
	for _, q := range s.Points {
		if x, y, ok := place(q); ok {
			path = append(path, fmt.Sprintf("%.1f,%.1f", x, y))
		}
	}
	if p.Rows == nil && len(path) > 1 {
		class := ""
		if s.Dashed {
			class = " dashed"
		}
		fmt.Fprintf(b, `<polyline class="s%d line%s" points="%s"/>`+"\n", s.class(), class, strings.Join(path, " "))
	}
	for _, q := range s.Points {
		if x, y, ok := place(q); ok {
			mark(b, s, x, y)
		}
	}
}

const colours = 7

func (s Series) class() int { return s.Number % colours }

// mark draws a point: series differ in shape as well as in colour.
func mark(b *bytes.Buffer, s Series, x, y float64) {
	class := fmt.Sprintf("s%d mark", s.class())
	switch s.class() {
	case 0:
		fmt.Fprintf(b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3.4"/>`, class, x, y)
	case 1:
		fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="6.4" height="6.4"/>`, class, x-3.2, y-3.2)
	case 2:
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %.1fl4 7h-8z"/>`, class, x, y-4.5)
	case 3:
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %.1fl4.2 4.2l-4.2 4.2l-4.2 -4.2z"/>`, class, x, y-4.2)
	case 4:
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %.1fl4 -7h-8z"/>`, class, x, y+4.5)
	case 5:
		fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="9" height="3"/>`, class, x-4.5, y-1.5)
	case 6:
		fmt.Fprintf(b, `<path class="%s line" d="M%.1f %.1fl7 7m0 -7l-7 7"/>`, class, x-3.5, y-3.5)
	}
	b.WriteByte('\n')
}

func line(b *bytes.Buffer, class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(b, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", class, x1, y1, x2, y2)
}

func text(b *bytes.Buffer, x, y float64, anchor, class, s string) {
	if s != "" {
		fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", class, x, y, anchor, escape(s))
	}
}

func upright(b *bytes.Buffer, x, y float64, s string) {
	fmt.Fprintf(b, `<text transform="translate(%.1f %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", x, y, escape(s))
}

// measure guesses the width of a text; fonts differ.
func measure(s string) float64 { return charWidth * float64(utf8.RuneCountInString(s)) }

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
