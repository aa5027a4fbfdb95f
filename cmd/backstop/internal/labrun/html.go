package labrun

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/backstop-go/backstop/lab/scenario"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"shows": func(name string) string {
		s, err := scenario.Find(name)
		if err != nil {
			return ""
		}
		return s.Shows
	},
	"lesson": func(name string) string {
		s, err := scenario.Find(name)
		if err != nil {
			return ""
		}
		return s.Lesson
	},
	"sentence":  func(s Summary) string { return s.sentence() },
	"agreement": func(s Summary) string { return s.agreement() },
	"outcome":   outcome,
	"ended":     func(r Row) string { return end(r.Exit, r.Signal) },
	"guard":     func(r Row) string { return guardSentence(&r) },
	"crash":     func(r Row) string { return crashOutputSentence(&r) },
	"ms":        func(us int64) string { return fmt.Sprintf("%.0f ms", float64(us)/1e3) },
	"mb":        func(b int64) string { return fmt.Sprintf("%.0f MB", float64(b)/1e6) },
}).Parse(pageText))

// WriteHTML writes a matrix as one page that needs nothing else.
func WriteHTML(w io.Writer, rows []Row) error {
	return page.Execute(w, struct {
		Summary  Summary
		Sections []section
	}{Summarize(rows), sections(rows)})
}

// outcome is the word that colours a row.
func outcome(r Row) string {
	switch {
	case !r.Agrees():
		return "wrong"
	case r.Recovered == nil && r.Exit == Hang:
		return "hangs"
	case r.Recovered == nil:
		return "lives"
	case *r.Recovered:
		return "recovers"
	}
	return "dies"
}
