package crash

import (
	"fmt"
	"strconv"
	"strings"
)

// A Verdict says whether two reports are one issue, and why.
type Verdict struct {
	Same    bool     `json:"same"`
	Reasons []string `json:"reasons"` // what decided, in words; never empty
	A       Inputs   `json:"a"`
	B       Inputs   `json:"b"`
}

// Same compares two reports. Equal tolerant fingerprints decide; where they
// differ, a missing or slightly different message does not keep two reports of
// one place in the code apart.
func Same(a, b *Report) Verdict {
	v := Verdict{A: FingerprintInputs(a), B: FingerprintInputs(b)}
	add := func(format string, args ...any) { v.Reasons = append(v.Reasons, fmt.Sprintf(format, args...)) }

	sameFrames := equalStrings(v.A.Frames, v.B.Frames)
	switch {
	case len(v.A.Frames) == 0 && len(v.B.Frames) == 0:
		add("neither report has a stack")
	case sameFrames && equalStrings(v.A.Lines, v.B.Lines):
		add("the stacks are equal, lines included")
	case sameFrames:
		add("the stacks are equal once lines, closure numbers and recursion are left out")
	default:
		add("the stacks differ: %s", firstDifference(v.A.Frames, v.B.Frames))
	}

	sameFamily := v.A.Family == v.B.Family
	if sameFamily {
		add("both are %s", v.A.Family)
	} else {
		add("the classes differ: %s and %s", v.A.Family, v.B.Family)
	}

	sameMessage := v.A.Template == v.B.Template
	switch {
	case sameMessage && v.A.Template != "":
		add("the messages follow one template: %s", v.A.Template)
	case sameMessage:
	case a.HasMessage != b.HasMessage && sameFrames && len(v.A.Frames) > 0:
		sameMessage = true
		add("one report has no message to compare")
	case similar(v.A.Template, v.B.Template) && oneStatement(v.A.Lines, v.B.Lines):
		sameMessage = true
		add("the messages are alike: %s; %s", v.A.Template, v.B.Template)
	default:
		add("the messages differ: %s; %s", v.A.Template, v.B.Template)
	}
	if !sameFamily && a.Kind == b.Kind && sameFrames && a.HasMessage != b.HasMessage {
		sameFamily = true // the class could not be told without the message
		add("the class of the report without a message is a guess")
	}
	v.Same = sameFrames && sameFamily && sameMessage
	return v
}

func equalStrings(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func firstDifference(a, b []string) string {
	for i := 0; i < len(a) || i < len(b); i++ {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("frame %d is %s in the first and %s in the second", i+1, x, y)
		}
	}
	return "they do not"
}

// oneStatement reports whether the first application frames of two stacks of
// the same functions can stand for one statement: they are at the same line, or
// moved as far as another frame of that file did. Two messages of one function
// come from two statements.
func oneStatement(a, b []string) bool {
	if len(a) == 0 || len(a) != len(b) {
		return false
	}
	file, x := cutLine(a[0])
	other, y := cutLine(b[0])
	if file != other {
		return false
	}
	if x == y {
		return true
	}
	for i := 1; i < len(a); i++ {
		f, m := cutLine(a[i])
		g, n := cutLine(b[i])
		if f == file && g == file {
			return n-m == y-x
		}
	}
	return false
}

// cutLine takes "main.f file.go:12" apart.
func cutLine(s string) (file string, line int) {
	file = s[strings.LastIndexByte(s, ' ')+1:]
	colon := strings.LastIndexByte(file, ':')
	if colon < 0 {
		return file, 0
	}
	line, _ = strconv.Atoi(file[colon+1:]) // printed by normalStack
	return file[:colon], line
}

// similar reports whether two templates share most of their words: the rest may
// be names that no rule knows to leave out.
func similar(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) < 3 || len(y) < 3 {
		return false
	}
	count := make(map[string]int)
	for _, w := range x {
		count[w]++
	}
	shared := 0
	for _, w := range y {
		if count[w] > 0 {
			count[w]--
			shared++
		}
	}
	return 10*shared >= 7*max(len(x), len(y))
}
