package labrun

import (
	"fmt"
	"strings"
)

// A Row is what one scenario did on one toolchain under one setting: the
// contract of `backstop lab matrix -format json`, one object a line.
type Row struct {
	Scenario  string `json:"scenario"`
	Toolchain string `json:"toolchain"`
	GoLine    string `json:"go_line"`       // of go.mod; it sets the defaults of GODEBUG
	Env       string `json:"env,omitempty"` // besides the scenario's own, separated by spaces

	// Exit is a number, "hang" or "stopped", or null when a signal ended the
	// plain run; Signal is "SIGKILL" or null.
	Exit   Exit    `json:"exit"`
	Signal *string `json:"signal"`

	// Recovered says whether a deferred recover in the goroutine that calls the
	// scenario caught it: true; false when the process ended all the same; null
	// when there was nothing to catch, or it hung.
	Recovered *bool `json:"recovered"`

	// CrashOutput is what debug.SetCrashOutput got: trace, text, empty, or n/a
	// where the program did not set it: before Go 1.23, or dead before its main.
	CrashOutput     string `json:"crash_output"`
	StderrTraceback bool   `json:"stderr_traceback"` // what a supervisor sees

	ClassifiedAs  string `json:"classified_as"`  // by package crash and package host
	ExpectedClass string `json:"expected_class"` // declared by hand

	Deferred bool   `json:"deferred"` // a deferred call of that goroutine ran in the plain run
	Returned bool   `json:"returned"` // the scenario's function returned
	Headline string `json:"headline"` // the line that says why: "panic: assignment to entry in nil map"

	// Header is the header of the crashing goroutine, with N for numbers; TopFrames
	// are the first functions of its stack. Readers of tracebacks depend on them.
	Header    string   `json:"goroutine_header,omitempty"`
	TopFrames []string `json:"top_frames,omitempty"`

	// Missing are the lines of standard error that the crash output lacks, the
	// first 20, numbers replaced.
	Missing []string `json:"crash_output_lacks,omitempty"`

	GuardedExit   Exit    `json:"guarded_exit"`
	GuardedSignal *string `json:"guarded_signal"`
	Value         string  `json:"recovered_value,omitempty"` // type, and text of a string or runtime error

	// What the plain run took until its end. They vary.
	Memory int64 `json:"memory_bytes"`
	CPU    int64 `json:"cpu_us"`
	Wall   int64 `json:"wall_us"`

	Varies string `json:"varies,omitempty"`  // why two runs may differ
	NotRun string `json:"not_run,omitempty"` // why it was not run; everything measured is empty then
}

// Agrees reports whether package crash found the class that was declared.
func (r *Row) Agrees() bool { return r.NotRun == "" && r.ClassifiedAs == r.ExpectedClass }

// A Setting is how a scenario is built and run besides its own.
type Setting struct {
	GoLine string   // "" is DefaultGoLine
	Env    []string // "GOTRACEBACK=all"
}

// Check finds a go line that is none, and variables by which the lab talks to its
// programs.
func (s Setting) Check() error {
	if s.GoLine != "" && !goLineForm.MatchString(s.GoLine) {
		return fmt.Errorf("%q is no go line, such as 1.21", s.GoLine)
	}
	for _, v := range s.Env {
		if strings.HasPrefix(v, "LAB_") {
			return fmt.Errorf("%s is the lab's own", v)
		}
	}
	return nil
}

// DefaultGoLine is the go line of the lab's module.
const DefaultGoLine = "1.21"
