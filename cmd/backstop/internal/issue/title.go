package issue

import (
	"regexp"
	"strings"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

const maxTitle = 200

// title is the one line a person recognises an issue by. Where the class says
// what happened, that is its headline and the function it happened in: the text
// of a run-time panic adds nothing but numbers. Where only the program knows, it
// is the program's own words.
func title(e *event.Event) string {
	head := crash.Explain(e.Class).Title
	if head == "" {
		head = string(e.Class)
	}
	message := ""
	if e.Message != nil {
		message, _, _ = strings.Cut(strings.TrimSpace(*e.Message), "\n")
	}
	switch {
	case e.Report.Kind == crash.KindExit && message != "":
		return clip(head + ": " + logTime.ReplaceAllString(message, ""))
	case message != "" && crash.FingerprintInputs(e.Report).Template != "":
		return clip(message)
	}
	if f := e.Report.Origin(); f != nil {
		head += " in " + shortFunc(f.Func)
	}
	return clip(head)
}

// logTime is the date and time that package log puts before a message with its
// standard flags, microseconds included.
var logTime = regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)? `)

// shortFunc leaves out the path of a function's package and its type
// arguments: "cart.(*Cart).Add".
func shortFunc(fn string) string {
	depth := 0
	fn = strings.Map(func(r rune) rune {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
			return -1
		}
		if depth > 0 {
			return -1
		}
		return r
	}, fn)
	pkg, _, _ := strings.Cut(fn, "(") // what follows may hold paths of its own
	return fn[strings.LastIndexByte(pkg, '/')+1:]
}

// refines reports whether a class says more than another that the same crash
// was given by an observer without its headline.
func refines(c, than crash.Class) bool {
	return strings.HasPrefix(string(c), string(than)+"_") || than == "fatal.unknown" && c != than
}

// clip cuts at a rune, for what people read.
func clip(s string) string {
	if len(s) <= maxTitle {
		return s
	}
	return strings.ToValidUTF8(s[:maxTitle-3], "") + "..."
}
