package web

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// An element is one start tag of a page, with the text between it and its end.
type element struct {
	tag  string
	attr map[string]string
	text string
}

// parse reads a page. The parser is one for XML with HTML's void elements, so
// that it also refuses tags that are not closed: ours all are.
func parse(t *testing.T, body string) []element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "link", "img", "input", "br"}, xml.HTMLEntity
	var all []element
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
			e := element{tag: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			all = append(all, e)
			text.WriteString(gapAt(e.tag))
			open, starts = append(open, len(all)-1), append(starts, text.Len())
		case xml.EndElement:
			if len(open) == 0 || all[open[len(open)-1]].tag != token.Name.Local {
				t.Fatalf("</%s> closes another element\n%s", token.Name.Local, excerpt(body, int(d.InputOffset())))
			}
			last := len(open) - 1
			all[open[last]].text = text.String()[starts[last]:]
			open, starts = open[:last], starts[:last]
			text.WriteString(gapAt(token.Name.Local))
		case xml.CharData:
			text.Write(token)
		}
	}
	if len(open) > 0 {
		t.Fatalf("<%s> is never closed", all[open[len(open)-1]].tag)
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

// find returns the elements with a tag (all when empty) and a class (any when
// empty).
func find(all []element, tag, class string) []element {
	var out []element
	for _, e := range all {
		if (tag == "" || e.tag == tag) && (class == "" || slices.Contains(strings.Fields(e.attr["class"]), class)) {
			out = append(out, e)
		}
	}
	return out
}

// textOf is the text of the first such element with its white space folded.
func textOf(all []element, tag, class string) string {
	found := find(all, tag, class)
	if len(found) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(found[0].text), " ")
}

// checkPage holds every page to what all pages promise.
func checkPage(t *testing.T, all []element) {
	t.Helper()
	ids := map[string]bool{}
	level := 0
	for _, e := range all {
		if id := e.attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %q is used twice", id)
			}
			ids[id] = true
		}
		if len(e.tag) == 2 && e.tag[0] == 'h' && e.tag[1] >= '1' && e.tag[1] <= '6' {
			n := int(e.tag[1] - '0')
			if n > level+1 {
				t.Errorf("heading %q jumps from level %d to %d", e.text, level, n)
			}
			level = n
		}
		checkElement(t, e)
	}
	for _, want := range []string{"main", "header", "nav", "footer", "h1"} {
		if n := len(find(all, want, "")); n < 1 || n > 1 && want != "nav" {
			t.Errorf("%d elements <%s>, want 1", n, want)
		}
	}
	for _, e := range all {
		for _, ref := range strings.Fields(e.attr["aria-labelledby"]) {
			if !ids[ref] {
				t.Errorf("<%s> is labelled by %q, which does not exist", e.tag, ref)
			}
		}
	}
}

// tags are the elements that templates use. Whatever else turns up was put
// there by somebody else.
var tags = strings.Fields(`html head meta title link body a header img nav main footer h1 h2 h3 p div span section aside
	table thead tbody tr th td ul ol li dl dt dd pre code time strong form label select optgroup option button input
	details summary figure figcaption svg desc line rect`)

func checkElement(t *testing.T, e element) {
	t.Helper()
	if !slices.Contains(tags, e.tag) {
		t.Errorf("<%s> is not an element of ours", e.tag)
	}
	for name, value := range e.attr {
		if strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc" {
			t.Errorf("<%s> has an attribute %s=%q", e.tag, name, value)
		}
		switch name {
		case "href", "src", "action":
			if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "#") || strings.HasPrefix(value, "//") {
				t.Errorf("<%s %s=%q> leaves this site", e.tag, name, value)
			}
		}
		if e.tag == "option" && name == "value" {
			continue // it goes back to us as it came, and nobody sees it
		}
		for _, r := range value {
			if hidden(r, utf8.RuneLen(r)) && r != '\n' && r != '\t' {
				t.Errorf("<%s %s> holds %U", e.tag, name, r)
			}
		}
	}
	_, hasAlt := e.attr["alt"]
	switch {
	case e.tag == "th" && e.attr["scope"] == "":
		t.Errorf("<th>%s has no scope", e.text)
	case e.tag == "img" && !hasAlt:
		t.Errorf("<img src=%q> has no alt", e.attr["src"])
	case e.tag == "svg" && (e.attr["role"] != "img" || e.attr["aria-labelledby"] == ""):
		t.Error("<svg> has no name")
	case e.tag == "section" && e.attr["aria-labelledby"] == "" && e.attr["aria-label"] == "":
		t.Error("<section> has no name")
	}
}
