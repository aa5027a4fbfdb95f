package crash

// Class is what a crash is, in dotted words: "panic.nil_map". Classes are
// stable: outsiders store them, and rules name them.
type Class string

// Recoverable says whether a recover in the crashing goroutine could have
// stopped a crash.
type Recoverable string

// The answers to "could recover have caught it?".
const (
	RecoverYes   Recoverable = "yes"
	RecoverNo    Recoverable = "no"
	RecoverMaybe Recoverable = "maybe" // depends on where it happened; Explanation says on what
)

// Info is what people want to know about a class.
type Info struct {
	Class       Class
	Kind        Kind
	Title       string // a headline in plain words: "write to a nil map"
	Explanation string // one sentence: what happened
	Recoverable Recoverable
	Causes      []string // the usual causes, most frequent first
	FirstCheck  string   // the first thing to look at
	Scenarios   []string // lab programs that show it
}
