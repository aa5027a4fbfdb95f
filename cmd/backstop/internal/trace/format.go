package trace

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

func itoa(n int) string    { return strconv.Itoa(n) }
func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// Format writes a value on one line, with the names of its fields: the text that
// the runtime would print where that is known, else "*shop.Error{Code: 7}".
func Format(v goproc.Value) string {
	var b strings.Builder
	format(&b, &v, false, 0)
	return b.String()
}

// maxFormat is how long the text of a value gets before the rest is left out,
// in bytes, and maxDepth how deep fields of fields are shown.
const (
	maxFormat = 4 << 10
	maxDepth  = 8
)

func format(b *strings.Builder, v *goproc.Value, inside bool, depth int) {
	switch {
	case len(v.Fields) > 0:
		b.WriteString(v.Type + "{")
		for i := range v.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			if b.Len() > maxFormat || depth >= maxDepth {
				b.WriteString("...")
				break
			}
			b.WriteString(v.Fields[i].Name + ": ")
			format(b, &v.Fields[i].Value, true, depth+1)
		}
		b.WriteString("}")
	case v.Text != "" && inside && v.Type == "string":
		b.WriteString(strconv.Quote(v.Text))
	case v.Text != "":
		b.WriteString(v.Text)
	case inside && v.Type == "string":
		b.WriteString(`""`)
	default:
		b.WriteString(v.Type)
	}
	if v.Cut {
		b.WriteString("...")
	}
}

// Headline is the message of an event for a person: of a value that the runtime
// prints as "(main.T) 0xc000012345" its fields.
func (e *Event) Headline() string {
	switch {
	case e.Value != nil && len(e.Value.Fields) > 0 && (e.Message == nil || strings.HasPrefix(*e.Message, "("+e.Value.Type+") 0x")):
		return Format(*e.Value)
	case e.Message == nil:
		return ""
	}
	return *e.Message
}

// ShortFunc leaves the directories of the import path out of a function's name.
func ShortFunc(name string) string {
	head := name
	if i := strings.IndexByte(head, '['); i >= 0 {
		head = head[:i] // type arguments have slashes of their own
	}
	if i := strings.LastIndexByte(head, '/'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// short names a place as people look for it: "cart.(*Cart).Total cart.go:42".
func (p *Place) short() string {
	if p == nil {
		return "?"
	}
	s := ShortFunc(p.Func)
	if p.File != "" {
		s += " " + path.Base(p.File) + ":" + itoa(p.Line)
	}
	return s
}

// Round writes a duration with three digits at most: "2.7 µs", "431 ms", "12 s".
func Round(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return digits(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return digits(float64(d)/float64(time.Millisecond)) + " ms"
	case d < 100*time.Second:
		return digits(d.Seconds()) + " s"
	}
	return d.Round(time.Second).String()
}

func digits(f float64) string {
	if f < 10 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// Thousands writes a number with commas.
func Thousands(n uint64) string {
	s := utoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
