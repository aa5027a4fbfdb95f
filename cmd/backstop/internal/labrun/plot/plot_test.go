package plot

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

func TestSVGIsWellFormed(t *testing.T) {
	hostile := `<script>&"' ]]>`
	for name, f := range map[string]Figure{
		"nothing":  {},
		"no point": {Panels: []Panel{{Series: []Series{{Name: "a"}}}}},
		"one point, logarithmic": {Panels: []Panel{{
			X: Axis{Log: true}, Y: Axis{Log: true},
			Series: []Series{{Name: "a", Points: []Point{{5, 5}}}},
		}}},
		"nothing positive": {Panels: []Panel{{
			X: Axis{Log: true}, Y: Axis{Log: true},
			Series: []Series{{Name: "a", Points: []Point{{0, -1}, {math.NaN(), math.Inf(1)}}}},
		}}},
		"all the same": {Panels: []Panel{{Series: []Series{{Name: "a", Points: []Point{{3, 3}, {3, 3}}}}}}},
		"hostile": {Title: hostile, Panels: []Panel{{
			Title: hostile, X: Axis{Label: hostile}, Y: Axis{Label: hostile},
			Series: []Series{{Name: hostile, Number: 20, Points: []Point{{1, 2}, {2, 3}}}},
		}}},
		"rows": {Panels: []Panel{{
			Rows: []string{"a", hostile}, X: Axis{Log: true},
			Series: []Series{{Name: "x", Points: []Point{{1, 0}, {1e9, 1}}}},
		}}},
		"wide": {Panels: []Panel{{
			X: Axis{Log: true}, Y: Axis{Log: true},
			Series: []Series{{Name: "x", Points: []Point{{1e-9, 1e-12}, {1e12, 1e15}}}},
		}}},
	} {
		svg := f.SVG()
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, svg)
			}
		}
		for _, bad := range []string{"NaN", "Inf", "<script"} {
			if bytes.Contains(svg, []byte(bad)) {
				t.Errorf("%s: %s in\n%s", name, bad, svg)
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	log := Axis{Log: true}.scale([]float64{1, 1000}, 300)
	if a, b := log.at(10)-log.at(1), log.at(1000)-log.at(100); math.Abs(a-b) > 1e-9 || a < 80 {
		t.Errorf("decades of %g and %g", a, b)
	}
	for _, s := range []scale{log, Axis{}.scale([]float64{0, 17}, 300), Axis{Min: 0.5, Max: 1}.scale(nil, 200), Axis{Log: true}.scale([]float64{3, 4}, 300)} {
		ticks := s.ticks()
		if len(ticks) < 2 || len(ticks) > 12 {
			t.Errorf("%+v has the ticks %v", s, ticks)
		}
		for _, k := range ticks {
			if at := s.at(k.value); at < -1e-6 || at > s.length+1e-6 {
				t.Errorf("tick %s is at %g of %g", k.label, at, s.length)
			}
		}
	}
}

func TestMorePointsMoreMarks(t *testing.T) {
	f := Figure{Panels: []Panel{{Series: []Series{{Name: "a", Points: []Point{{1, 1}, {2, 2}, {3, 5}}}}}}}
	svg := string(f.SVG())
	if got := strings.Count(svg, "<circle"); got != 4 { // one stands in the legend
		t.Errorf("%d circles in\n%s", got, svg)
	}
	if strings.Count(svg, "<polyline") != 1 {
		t.Errorf("no line in\n%s", svg)
	}
}
