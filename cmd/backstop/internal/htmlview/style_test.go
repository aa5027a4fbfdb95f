package htmlview

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var colourOf = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)

// palettes reads the light and the dark colours from the style sheet.
func palettes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	css := Style()
	first, second, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no dark colours")
	}
	light, dark = map[string]string{}, map[string]string{}
	for _, m := range colourOf.FindAllStringSubmatch(first, -1) {
		light[m[1]], dark[m[1]] = m[2], m[2]
	}
	for _, m := range colourOf.FindAllStringSubmatch(second, -1) {
		dark[m[1]] = m[2]
	}
	return light, dark
}

// TestContrast holds every pair of colours that stands for text to the 4.5:1 of
// WCAG 2.2, success criterion 1.4.3, in both schemes.
func TestContrast(t *testing.T) {
	light, dark := palettes(t)
	for name, p := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, pair := range strings.Fields(`text/bg text/card text/sunk text/here text/calm-bg dim/bg dim/card dim/sunk dim/here
			link/bg link/card good/card good/good-bg bad/card bad/bad-bg warn/card warn/warn-bg text/warn-bg violet/violet-bg`) {
			fg, bg, _ := strings.Cut(pair, "/")
			if p[fg] == "" || p[bg] == "" {
				t.Errorf("%s: no colour for %s", name, pair)
				continue
			}
			if c := contrast(t, p[fg], p[bg]); c < 4.5 {
				t.Errorf("%s: %s has a contrast of %.2f", name, pair, c)
			}
		}
	}
	for _, pair := range [][2]string{{light["accent"], "ffffff"}, {dark["accent"], "08272b"}, {light["here-line"], "1d1600"}, {dark["here-line"], "1d1600"}} {
		if c := contrast(t, pair[1], pair[0]); c < 4.5 {
			t.Errorf("%v has a contrast of %.2f", pair, c)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(fmt.Errorf("colour %s: %w", colour, err))
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// TestNothingIsFetchedFromElsewhere: everything a page needs is in the binary.
func TestNothingIsFetchedFromElsewhere(t *testing.T) {
	css := Style()
	for _, bad := range []string{"url(", "@import", "http:", "https:"} {
		if strings.Contains(string(css), bad) {
			t.Errorf("the style sheet holds %q", bad)
		}
	}
}
