// Package htmltest is what tests of pages have in common: a parser that refuses
// sloppy pages, the texts that an attacker would try, and a browser.
package htmltest

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// An Element is one start tag of a page, with the text between it and its end.
type Element struct {
	Tag  string
	Attr map[string]string
	Text string
}

// Parse reads a page. The parser is one for XML with HTML's void elements, so
// that it also refuses tags that are not closed: ours all are.
func Parse(t *testing.T, body string) []Element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "link", "img", "input", "br"}, xml.HTMLEntity
	var all []Element
	var open, starts []int
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("parse page: %v\n%s", err, excerpt(body, int(d.InputOffset())))
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := Element{Tag: token.Name.Local, Attr: map[string]string{}}
			for _, a := range token.Attr {
				e.Attr[a.Name.Local] = a.Value
			}
			all = append(all, e)
			text.WriteString(gapAt(e.Tag))
			open, starts = append(open, len(all)-1), append(starts, text.Len())
		case xml.EndElement:
			if len(open) == 0 || all[open[len(open)-1]].Tag != token.Name.Local {
				t.Fatalf("</%s> closes another element\n%s", token.Name.Local, excerpt(body, int(d.InputOffset())))
			}
			last := len(open) - 1
			all[open[last]].Text = text.String()[starts[last]:]
			open, starts = open[:last], starts[:last]
			text.WriteString(gapAt(token.Name.Local))
		case xml.CharData:
			text.Write(token)
		}
	}
	if len(open) > 0 {
		t.Fatalf("<%s> is never closed", all[open[len(open)-1]].Tag)
	}
	return all
}

// gapAt keeps the words of neighbouring blocks apart.
func gapAt(tag string) string {
	if slices.Contains([]string{"span", "code", "a", "time", "strong"}, tag) {
		return ""
	}
	return " "
}

func excerpt(s string, at int) string { return s[max(0, at-200):min(len(s), at+200)] }

// Find returns the elements with a tag (all when empty) and a class (any when
// empty).
func Find(all []Element, tag, class string) []Element {
	var out []Element
	for _, e := range all {
		if (tag == "" || e.Tag == tag) && (class == "" || slices.Contains(strings.Fields(e.Attr["class"]), class)) {
			out = append(out, e)
		}
	}
	return out
}

// TextOf is the text of the first such element with its white space folded.
func TextOf(all []Element, tag, class string) string {
	found := Find(all, tag, class)
	if len(found) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(found[0].Text), " ")
}

// CheckPage holds every page to what all pages promise.
func CheckPage(t *testing.T, all []Element) {
	t.Helper()
	ids := map[string]bool{}
	level := 0
	for _, e := range all {
		if id := e.Attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %q is used twice", id)
			}
			ids[id] = true
		}
		if len(e.Tag) == 2 && e.Tag[0] == 'h' && e.Tag[1] >= '1' && e.Tag[1] <= '6' {
			n := int(e.Tag[1] - '0')
			if n > level+1 {
				t.Errorf("heading %q jumps from level %d to %d", e.Text, level, n)
			}
			level = n
		}
		checkElement(t, e)
	}
	for _, want := range []string{"main", "header", "footer", "h1"} {
		if n := len(Find(all, want, "")); n != 1 {
			t.Errorf("%d elements <%s>, want 1", n, want)
		}
	}
	for _, e := range all {
		for _, ref := range strings.Fields(e.Attr["aria-labelledby"]) {
			if !ids[ref] {
				t.Errorf("<%s> is labelled by %q, which does not exist", e.Tag, ref)
			}
		}
	}
}

// tags are the elements that templates use. Whatever else turns up was put
// there by somebody else.
var tags = strings.Fields(`html head meta title link body a header img nav main footer h1 h2 h3 p div span section article aside style
	table thead tbody tr th td ul ol li dl dt dd pre code time strong form label select optgroup option button input
	details summary figure figcaption svg desc line rect`)

func checkElement(t *testing.T, e Element) {
	t.Helper()
	if !slices.Contains(tags, e.Tag) {
		t.Errorf("<%s> is not an element of ours", e.Tag)
	}
	for name, value := range e.Attr {
		if strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc" {
			t.Errorf("<%s> has an attribute %s=%q", e.Tag, name, value)
		}
		switch name {
		case "href", "src", "action":
			if (e.Tag == "link" || e.Tag == "img") && strings.HasPrefix(value, "data:image/svg+xml;base64,") {
				continue // it came with the page
			}
			if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "#") || strings.HasPrefix(value, "//") {
				t.Errorf("<%s %s=%q> leaves this site", e.Tag, name, value)
			}
		}
		if e.Tag == "option" && name == "value" {
			continue // it goes back to us as it came, and nobody sees it
		}
		for _, r := range value {
			if invisible(r) && r != '\n' && r != '\t' {
				t.Errorf("<%s %s> holds %U", e.Tag, name, r)
			}
		}
	}
	_, hasAlt := e.Attr["alt"]
	switch {
	case e.Tag == "th" && e.Attr["scope"] == "":
		t.Errorf("<th>%s has no scope", e.Text)
	case e.Tag == "img" && !hasAlt:
		t.Errorf("<img src=%q> has no alt", e.Attr["src"])
	case e.Tag == "svg" && (e.Attr["role"] != "img" || e.Attr["aria-labelledby"] == ""):
		t.Error("<svg> has no name")
	case e.Tag == "section" && e.Attr["aria-labelledby"] == "" && e.Attr["aria-label"] == "":
		t.Error("<section> has no name")
	}
}

// invisible reports whether a browser shows nothing for a character, or lets it
// change how its neighbours are shown.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}
