package crash

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strconv"
	"strings"
)

// Version is the algorithm of the fingerprints this package computes. It is
// stored with every issue, so that a better algorithm does not split history.
const Version = 1

// Fingerprints condense a report. Equal strict fingerprints mean the same crash
// at the same lines; equal tolerant fingerprints mean most likely the same bug,
// whichever build, request or observer it was seen by. Issues are grouped by
// the tolerant one.
type Fingerprints struct {
	Strict   string `json:"strict"`
	Tolerant string `json:"tolerant"`
	Version  int    `json:"version"`
}

// Inputs are what the fingerprints of a report are made of, for people who want
// to know why two reports are, or are not, one issue.
type Inputs struct {
	Family   string   `json:"family"`   // the class, or the group of classes one bug can show as
	Template string   `json:"template"` // the message without what varies; empty where the class says it all
	Frames   []string `json:"frames"`   // functions below the oldest panic, recursion folded
	Lines    []string `json:"lines"`    // the same, unfolded, with file and line: strict only
}

// Fingerprint computes both fingerprints of a report. It uses Class when that
// is set, and Classify otherwise.
func Fingerprint(r *Report) Fingerprints {
	in := FingerprintInputs(r)
	return Fingerprints{
		Strict:   digest(append([]string{"strict", in.Family, in.Template}, in.Lines...)),
		Tolerant: digest(append([]string{"tolerant", in.Family, in.Template}, in.Frames...)),
		Version:  Version,
	}
}

// FingerprintInputs returns what Fingerprint hashes.
func FingerprintInputs(r *Report) Inputs {
	class := r.Class
	if class == "" {
		class = Classify(r)
	}
	in := Inputs{Family: family(class), Template: messageTemplate(r, class)}
	in.Frames, in.Lines = normalStack(r, class)
	return in
}

// StackHash condenses where a report crashed, and nothing else, into 16
// hexadecimal digits. A guard, the monitor and the supervisor that see the same
// crash compute the same hash, although the guard has no text and the monitor
// no headline: only the functions of the application below the oldest panic
// count. It is empty when the report has no frames at all.
func StackHash(r *Report) string {
	class := r.Class
	if class == "" {
		class = Classify(r)
	}
	frames, _ := normalStack(r, class)
	if len(frames) == 0 {
		return ""
	}
	return digest(frames)
}

func digest(parts []string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// familyHeadless joins the classes that nothing but a headline tells apart.
const familyHeadless = "fatal.concurrent_map or another that only its headline tells"

// family is the part of a class that belongs to the bug and not to the
// occurrence: which two operations on a map collided is chance, and the text of
// debug.SetCrashOutput does not say.
func family(c Class) string {
	switch {
	case strings.HasPrefix(string(c), "fatal.concurrent_map"), c == "fatal.unknown", c == "fatal.go_nil_func":
		return familyHeadless
	case c == "panic.fault":
		return "panic.nil_deref" // a guard sees the value, not the signal's address
	}
	return string(c)
}

// messageTemplate is the message's part of a fingerprint: only panics whose
// class leaves open what happened have one. The values in the text of a
// run-time panic vary, and a fatal error's text may be missing.
func messageTemplate(r *Report, class Class) string {
	if r.Kind != KindPanic || !r.HasMessage {
		return ""
	}
	switch class {
	case "panic.custom", "panic.log", "panic.runtime", "panic.must", "panic.reflect", "panic.registered_twice", "panic.http_route":
		return template(r.Message)
	case "panic.test_timeout":
		return runningTests(r.Message)
	}
	return ""
}

// runningTests names the tests that were running when a test binary timed out:
// the stack is that of the alarm and says nothing.
func runningTests(message string) string {
	_, list, _ := strings.Cut(message, "running tests:\n")
	var names []string
	for _, line := range strings.Split(list, "\n") {
		if name, _, ok := strings.Cut(strings.TrimSpace(line), " ("); ok && len(names) < 10 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

const (
	maxFrames = 32 // application frames that count, before folding
	maxPeriod = 8  // longest cycle of functions that is folded
)

// normalStack returns the normalised functions that identify where a report
// crashed, recursion folded, and the same frames with their lines.
//
// Of a panicking stack only what lies below the oldest panic counts: above it
// stand deferred calls, guards and the panics they raised. The bound is applied
// before folding, and frames behind an elision are left out, so that observers
// that see different depths of a stack agree.
func normalStack(r *Report, class Class) (frames, lines []string) {
	stack := r.CrashStack()
	if g := r.CrashGoroutine(); g != nil && g.Elided != 0 && g.ElidedAt < len(stack) {
		stack = stack[:max(g.ElidedAt, 0)]
	}
	if r.Kind == KindPanic {
		stack = stack[panicAt(stack)+1:]
	}
	var wrapper *Frame
	for i := range stack {
		f := &stack[i]
		if len(frames) == maxFrames {
			break
		}
		if !IsApp(f.Func) || f.File == "<autogenerated>" {
			continue
		}
		name := normalFunc(f.Func)
		if name == "" {
			if wrapper == nil {
				wrapper = f
			}
			continue
		}
		frames, lines = append(frames, name), append(lines, nameAndLine(name, f))
	}
	if len(frames) == 0 && wrapper != nil { // go panic(err): nothing but the wrapper
		name := normalFunc(wrapper.Func[:strings.LastIndexByte(wrapper.Func, '.')])
		frames, lines = []string{name}, []string{nameAndLine(name, wrapper)}
	}
	if len(frames) == 0 {
		if class == "fatal.deadlock" && r.CrashGoroutine() == nil {
			return nil, nil // at higher traceback levels the stack of checkdead is shown
		}
		frames = systemFrames(r)
		return frames, frames
	}
	frames, cycle := fold(frames)
	if class == "fatal.stack_overflow" && cycle != nil {
		return cycle, cycle // where in its round the recursion hit the limit is chance
	}
	return frames, lines
}

func nameAndLine(name string, f *Frame) string {
	return name + " " + path.Base(strings.ReplaceAll(f.File, `\`, "/")) + ":" + strconv.Itoa(f.Line)
}

// systemFrames stand for a stack without application frames: the first function
// that says something, because those around it vary from one occurrence to the
// next.
func systemFrames(r *Report) []string {
	for _, stack := range [][]Frame{r.RuntimeStack, r.CrashStack()} {
		if r.Kind == KindPanic {
			stack = stack[panicAt(stack)+1:]
		} else {
			stack = stack[throwAt(stack)+1:]
		}
		for i := range stack {
			switch fn := normalFunc(stack[i].Func); fn {
			case "", "runtime.systemstack", "runtime.mcall", "runtime.systemstack_switch", "runtime.gopark", "runtime.goparkunlock":
			default:
				return []string{fn}
			}
		}
	}
	return nil
}

// fold replaces a run of repeated functions, or cycles of functions, by one
// round of it, beginning with the smallest name, so that it does not matter
// where in the round the stack begins or ends. It returns the first round
// folded, too.
func fold(frames []string) (folded, first []string) {
	for i := 0; i < len(frames); {
		period, length := longestCycle(frames[i:])
		if period == 0 {
			folded = append(folded, frames[i])
			i++
			continue
		}
		round := rotate(frames[i : i+period])
		if first == nil {
			first = round
		}
		folded = append(folded, round...)
		i += length
	}
	return folded, first
}

// longestCycle finds the shortest period with which the frames begin to repeat,
// and how many frames the repetition covers, a last incomplete round included.
func longestCycle(frames []string) (period, length int) {
	for p := 1; p <= maxPeriod && 2*p <= len(frames); p++ {
		n := p
		for n < len(frames) && frames[n] == frames[n-p] {
			n++
		}
		if n >= 2*p {
			return p, n
		}
	}
	return 0, 0
}

// rotate begins a round with its smallest name.
func rotate(round []string) []string {
	best := 0
	for i := 1; i < len(round); i++ {
		if less(round, i, best) {
			best = i
		}
	}
	return append(append([]string(nil), round[best:]...), round[:best]...)
}

// less compares two rotations of a round.
func less(round []string, a, b int) bool {
	n := len(round)
	for i := 0; i < n; i++ {
		if x, y := round[(a+i)%n], round[(b+i)%n]; x != y {
			return x < y
		}
	}
	return false
}
