package explain

import (
	"html/template"
	"io"
	"strings"
)

// WriteHTML writes one page that needs nothing else: the text of Write, with the
// parts one can jump to. Crash text is hostile, so the template escapes it, and
// the page may load and run nothing.
func (e *Explanation) WriteHTML(out io.Writer, answers bool) error {
	var b strings.Builder
	if err := e.Write(&b, Style{Width: maxWidth, Answers: answers}); err != nil {
		return err
	}
	p := page{Title: e.Scenario + " on " + e.Toolchain}
	for i, part := range splitHeadings(b.String()) {
		p.Parts = append(p.Parts, pagePart{ID: i, Heading: part[0], Text: part[1]})
	}
	return pageTemplate.Execute(out, p)
}

type page struct {
	Title string
	Parts []pagePart
}

type pagePart struct {
	ID            int
	Heading, Text string
}

// splitHeadings divides the text at "1  What it shows".
func splitHeadings(text string) [][2]string {
	var parts [][2]string
	heading, body := "", []string(nil)
	for _, l := range strings.Split(text, "\n") {
		if len(l) > 3 && '1' <= l[0] && l[0] <= '9' && l[1:3] == "  " {
			parts = append(parts, [2]string{heading, strings.Join(body, "\n")})
			heading, body = l, nil
			continue
		}
		body = append(body, l)
	}
	return append(parts, [2]string{heading, strings.Join(body, "\n")})
}

var pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
nav a { margin-right: 1rem }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem }
pre { font: 13px/1.45 ui-monospace, monospace; overflow-x: auto; padding: 1rem; border: 1px solid #8884; border-radius: 6px }
</style>
<h1>{{.Title}}</h1>
<nav>{{range .Parts}}{{if .Heading}}<a href="#part{{.ID}}">{{.Heading}}</a>{{end}}{{end}}</nav>
{{range .Parts}}{{if .Heading}}<h2 id="part{{.ID}}">{{.Heading}}</h2>
{{end}}<pre>{{.Text}}</pre>
{{end}}</html>
`))
