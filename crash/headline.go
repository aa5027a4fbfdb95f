package crash

import (
	"strconv"
	"strings"
)

// maxHeadlineLen is the longest headline that an address is given for. The
// longest that the runtime of any Go has is far below.
const maxHeadlineLen = 1 << 12

// HeadlineAddr says where the headline of a fatal error stands in the memory of
// the process that died: the argument of runtime.throw or runtime.fatal, or of
// another package's door to them. In text that lost its headline, such as that
// of debug.SetCrashOutput (golang/go#76859), it is all that is left of it. Who
// has the executable reads the text there and gives it to [Report.SetHeadline].
//
// n is the length of the text, and 0 when the traceback does not vouch for it:
// from Go 1.17 it prints what stood in a register and puts a question mark
// behind what may be something else by now (runtime/traceback.go, printArgs),
// and the length nearly always is. Addresses of position-independent
// executables are those of the process. A headline that was put together when
// the program died is not in the executable.
func (r *Report) HeadlineAddr() (addr, n uint64, ok bool) {
	stack, i := r.thrown()
	if i < 0 {
		return 0, 0, false
	}
	args := strings.Trim(stack[i].Args, "{}")
	first, second, two := strings.Cut(args, ", ")
	addr, _, ok = hexWord(first)
	if !ok || addr < 1<<12 {
		return 0, 0, false
	}
	if n, sure, isWord := hexWord(second); two && sure && isWord && n <= maxHeadlineLen {
		return addr, n, true
	}
	return addr, 0, true
}

// ThrownBy returns the function that ended the process with a fatal error, as
// the traceback names it; empty when the text does not show it. Where it shows
// none of the runtime's own, that is another package's door to runtime.fatal,
// such as internal/runtime/maps.fatal.
func (r *Report) ThrownBy() string {
	stack, i := r.thrown()
	if i < 0 || i+1 >= len(stack) {
		return ""
	}
	if IsApp(stack[i+1].Func) {
		return stack[i].Func
	}
	return stack[i+1].Func
}

// SetHeadline gives a fatal error the headline that its text lacks, and what
// follows from it: class and fingerprints. Reports of other kinds it leaves
// alone.
func (r *Report) SetHeadline(message string) {
	if r.Kind != KindFatal {
		return
	}
	r.Message, r.HasMessage = message, true
	r.Class = Classify(r)
	r.Fingerprints = Fingerprint(r)
}

// thrown finds the frame whose argument is the headline.
func (r *Report) thrown() (stack []Frame, i int) {
	if r.Kind != KindFatal {
		return nil, -1
	}
	for _, stack := range [2][]Frame{r.RuntimeStack, r.CrashStack()} {
		i := throwAt(stack)
		if i >= 0 && (strings.HasSuffix(stack[i].Func, ".throw") || strings.HasSuffix(stack[i].Func, ".fatal")) {
			return stack, i
		}
	}
	return nil, -1
}

// hexWord reads a word of a frame's arguments. sure is false when the traceback
// puts a question mark behind it.
func hexWord(s string) (word uint64, sure, ok bool) {
	s, unsure := strings.CutSuffix(s, "?")
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return 0, false, false
	}
	word, err := strconv.ParseUint(digits, 16, 64)
	return word, !unsure, err == nil
}
