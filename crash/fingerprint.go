package crash

import (
	"strconv"
	"strings"
)

// Version is the algorithm of the fingerprints this package computes. It is
// stored with every issue, so that a better algorithm does not split history.
const Version = 2

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
	Lines    []string `json:"lines"`    // the same with file and line: strict only
}

// Fingerprint computes both fingerprints of a report. It uses Class when that
// is set, and Classify otherwise.
func Fingerprint(r *Report) Fingerprints {
	class := classOf(r)
	var s scratch
	id := s.identify(r, class)
	head := add(add(0, family(r, class)), messageTemplate(r, class))
	strict, tolerant := id.sums(head)
	hex := make([]byte, 0, 32)
	both := string(tolerant.appendHex(strict.appendHex(hex)))
	return Fingerprints{Strict: both[:16], Tolerant: both[16:], Version: Version}
}

// FingerprintInputs returns what Fingerprint hashes.
func FingerprintInputs(r *Report) Inputs {
	class := classOf(r)
	var s scratch
	id := s.identify(r, class)
	in := Inputs{Family: family(r, class), Template: string(messageTemplate(r, class))}
	in.Frames, in.Lines = id.names()
	return in
}

// StackHash condenses where a report crashed, and nothing else, into 16
// hexadecimal digits. A guard, the monitor and the supervisor that see the same
// crash compute the same hash, although the guard has no text and the monitor
// no headline: only the functions of the application below the oldest panic
// count. It is empty when the report has no frames at all.
func StackHash(r *Report) string {
	var s scratch
	id := s.identify(r, classOf(r))
	if id.empty() {
		return ""
	}
	_, sum := id.sums(0)
	return string(sum.appendHex(nil))
}

func classOf(r *Report) Class {
	if r.Class != "" {
		return r.Class
	}
	return Classify(r)
}

// An identity is where a report crashed: the frames that count, and the
// recursions among them.
type identity struct {
	counted
	other  *counted // of a race, the second access
	system string   // the function that stands for a stack without application frames
}

// counted are the frames of one stack that count.
type counted struct {
	picks []pick
	names []uint8 // indices of picks, folded by functions
	lines []uint8 // and by lines
}

// scratch is the memory that the frames of one stack need.
type scratch struct {
	picks [window]pick
	names [window]uint8
	lines [window]uint8
}

func (s *scratch) identify(r *Report, class Class) identity {
	var id identity
	switch {
	case r.Kind != KindRace:
		id.counted = s.read(r.CrashStack(), r.CrashGoroutine(), r.Kind == KindPanic, class)
	case len(r.Goroutines) > 0:
		id.counted = s.read(r.Goroutines[0].Frames, &r.Goroutines[0], false, class)
		if len(r.Goroutines) > 1 {
			other := new(scratch).read(r.Goroutines[1].Frames, &r.Goroutines[1], false, class)
			id.other = &other
		}
	}
	// At higher traceback levels the stack of checkdead is shown.
	if len(id.picks) == 0 && (id.other == nil || len(id.other.picks) == 0) && (class != "fatal.deadlock" || r.CrashGoroutine() != nil) {
		id.system = systemFrame(r)
	}
	return id
}

func (s *scratch) read(stack []Frame, g *Goroutine, panicking bool, class Class) counted {
	elidedAt := len(stack)
	if g != nil && g.Elided != 0 {
		elidedAt = max(g.ElidedAt, 0)
	}
	picks := pickFrames(s.picks[:0], stack, elidedAt, window, panicking, nil)
	c := counted{picks: picks}
	c.names, c.lines = s.fold(picks, class == "fatal.stack_overflow")
	return c
}

// fold leaves one round of each recursion, of functions and of lines. Of a
// stack overflow only the recursion counts: where in its round it hit the limit
// is chance.
func (s *scratch) fold(picks []pick, overflow bool) (names, lines []uint8) {
	var digests [window]digest
	var buf [window / 2]run
	n := len(picks)
	for i := range picks {
		digests[i] = picks[i].name
	}
	runs := findRuns(digests[:n], buf[:0])
	if overflow && len(runs) > 0 {
		names = runs[longest(runs)].round(s.names[:0])
	} else {
		names = fold(s.names[:0], n, runs)
	}
	if len(runs) == 0 {
		return names, names
	}
	for i := range picks {
		digests[i] = picks[i].place
	}
	runs = findRuns(digests[:n], buf[:0])
	if overflow && len(runs) > 0 {
		return names, runs[longest(runs)].round(s.lines[:0])
	}
	return names, fold(s.lines[:0], n, runs)
}

func (id *identity) empty() bool {
	return len(id.picks) == 0 && (id.other == nil || len(id.other.picks) == 0) && id.system == ""
}

// sums returns the hashes of lines and of functions, both with what goes before.
func (id *identity) sums(head digest) (strict, tolerant digest) {
	if id.system != "" {
		d := add(head, id.system)
		return d.number('s'), d
	}
	strict, tolerant = id.counted.sums(head)
	if id.other != nil {
		// Which access of a race the detector met first is chance.
		s, t := id.other.sums(head)
		strict = min(strict, s).number(uint64(max(strict, s)))
		tolerant = min(tolerant, t).number(uint64(max(tolerant, t)))
	}
	return strict.number('s'), tolerant
}

func (c *counted) sums(head digest) (strict, tolerant digest) {
	strict, tolerant = head, head
	for _, i := range c.lines {
		strict = strict.number(uint64(c.picks[i].place))
	}
	for _, i := range c.names {
		tolerant = tolerant.number(uint64(c.picks[i].name))
	}
	return strict, tolerant
}

// names returns what sums hashes, for people.
func (id *identity) names() (frames, lines []string) {
	if id.system != "" {
		return []string{id.system}, []string{id.system}
	}
	for _, c := range []*counted{&id.counted, id.other} {
		if c == nil {
			continue
		}
		for _, i := range c.names {
			frames = append(frames, c.picks[i].text())
		}
		for _, i := range c.lines {
			f := c.picks[i].frame
			lines = append(lines, c.picks[i].text()+" "+baseName(f.File)+":"+strconv.Itoa(f.Line))
		}
	}
	return frames, lines
}

// systemFrame stands for a stack without application frames: the first function
// that says something, because those around it vary from one occurrence to the
// next.
func systemFrame(r *Report) string {
	for _, stack := range [...][]Frame{r.RuntimeStack, r.CrashStack()} {
		if r.Kind == KindPanic {
			stack = stack[panicAt(stack)+1:]
		} else {
			stack = stack[throwAt(stack)+1:]
		}
		for i := range stack {
			switch fn := normalFunc(stack[i].Func, stack[i].File); fn {
			case "", "runtime.sigpanic", "runtime.systemstack", "runtime.mcall", "runtime.systemstack_switch", "runtime.gopark", "runtime.goparkunlock":
			default:
				return fn
			}
		}
	}
	return ""
}

// familyHeadless joins the classes that nothing but a headline tells apart.
const familyHeadless = "fatal.concurrent_map or another that only its headline tells"

// family is the part of a class that belongs to the bug and not to the
// occurrence. A fatal error's is the class that the frames alone tell: the text
// of debug.SetCrashOutput has no headline, and which two operations on a map
// collided is chance.
func family(r *Report, c Class) string {
	switch {
	case c == "panic.fault":
		return "panic.nil_deref" // a guard sees the value, not the signal's address
	case r.Kind != KindFatal, c == "fatal.deadlock", c == "fatal.stack_overflow":
		return string(c)
	}
	if r.HasMessage {
		headless := *r
		headless.Message, headless.HasMessage = "", false
		c = Classify(&headless)
	}
	if isMapRace(c) || c == "fatal.unknown" {
		return familyHeadless
	}
	return string(c)
}

// messageTemplate is the message's part of a fingerprint: only panics whose
// class leaves open what happened have one, and what a program said when it
// ended itself. The values in the text of a run-time panic vary, and a fatal
// error's text may be missing.
func messageTemplate(r *Report, class Class) []byte {
	if !r.HasMessage || r.Kind != KindPanic && r.Kind != KindExit {
		return nil
	}
	if class == "panic.test_timeout" {
		return runningTests(r.Message)
	}
	if saysItAll(class) {
		return nil
	}
	return template(nil, r.Message)
}

// saysItAll reports whether a class leaves nothing open that its message tells
// but values. The frames may tell such a class, too, where the message is lost.
func saysItAll(class Class) bool {
	switch class {
	case "panic.nil_deref", "panic.fault", "panic.index", "panic.slice_bounds", "panic.slice_to_array", "panic.divide",
		"panic.overflow", "panic.float", "panic.negative_shift", "panic.make_size", "panic.unsafe_slice", "panic.unhashable",
		"panic.uncomparable", "panic.nil_value", "panic.range_func", "panic.cgo_pointer", "panic.pinner", "panic.nil_receiver",
		"panic.nil_map", "panic.closed_chan", "panic.nil_chan", "panic.iface_conversion", "panic.waitgroup", "panic.http_abort":
		return true
	}
	return false
}

// maxTests bounds the running tests that count.
const maxTests = 10

// runningTests names the tests that were running when a test binary timed out:
// the stack is that of the alarm and says nothing.
func runningTests(message string) (names []byte) {
	_, list, _ := strings.Cut(message, "running tests:\n")
	for n := 0; list != "" && n < maxTests; n++ {
		var line string
		line, list, _ = strings.Cut(list, "\n")
		if name, _, ok := strings.Cut(strings.TrimSpace(line), " ("); ok {
			if len(names) > 0 {
				names = append(names, ' ')
			}
			names = append(names, name...)
		}
	}
	return names
}
