package event

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/crash"
)

// Limits of the text an event may carry for its receiver to read, in bytes.
const (
	// maxPlain is how much text travels as it is; more is compressed.
	maxPlain = 64 << 10
	// maxEvidence bounds compressed text, so that an event encoded as JSON
	// stays below MaxEncoded.
	maxEvidence = 640 << 10
	// maxUnpacked bounds what compressed text may unpack to. A traceback of
	// 100,000 goroutines has 17 MB.
	maxUnpacked = 48 << 20
)

// Interpret completes an event of a sender that ships [Evidence] and leaves the
// reading to the collector, as the SDK does: a captured panic or a text becomes a
// report, and a report without a class is classified and fingerprinted. Text that nobody can
// read becomes a report that says so. An event that is complete, or has nothing
// to be read, is left alone.
//
// It is a function and not a method, so that programs that only send do not
// carry the parser.
func Interpret(e *Event) {
	if e.Report == nil && e.Captured != nil {
		e.Report = CapturedReport(e.Captured, e.Build.GoVersion, e.GoroutineID)
		e.Report.Truncated = boundReport(e.Report)
	}
	e.Captured = nil
	if e.Report == nil && (e.Text != "" || len(e.TextGzip) > 0) {
		e.Report = readText(e)
		cut := boundReport(e.Report)
		e.Report.Truncated = e.Report.Truncated || e.TextCut || cut
	}
	e.TextGzip, e.TextCut = nil, false
	defer e.FindRequest()
	r := e.Report
	if r == nil || r.Class != "" && e.StackHash != "" && r.Fingerprints.Version != 0 {
		return
	}
	if r.Class == "" {
		r.Class = crash.Classify(r)
	}
	if r.Fingerprints.Version == 0 {
		r.Fingerprints = crash.Fingerprint(r)
	}
	if r.GoVersion == "" {
		r.GoVersion = e.Build.GoVersion
	}
	if e.Class == "" {
		e.Class = r.Class
	}
	if e.StackHash == "" {
		e.StackHash = crash.StackHash(r)
	}
	if e.Message == nil && r.HasMessage {
		m := r.Message
		e.Message = &m
	}
	if g := r.CrashGoroutine(); g != nil && e.GoroutineID == 0 {
		e.GoroutineID = g.ID
	}
}

// readText reads the traceback an event carries, and keeps as much of it as
// Text may hold.
func readText(e *Event) *crash.Report {
	text := []byte(e.Text)
	if len(e.TextGzip) > 0 {
		unpacked, err := unpack(e.TextGzip)
		if err != nil && len(unpacked) == 0 {
			return unreadable("unreadable_text", text)
		}
		e.TextCut = e.TextCut || err != nil
		text = unpacked
		e.Text, _ = CutText(text)
	}
	return parse(text, e.Saw(Monitor))
}

// unpack returns what could be unpacked, also beside an error.
func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack traceback: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return text, fmt.Errorf("unpack traceback: %w", err)
	}
	return text, nil
}

// parse reads a crash. The text is made by the process that crashed and may be
// anything, so a fault in the parser must not lose it. Crash output lacks the
// headline of fatal errors and is read as what it is.
func parse(text []byte, crashOutput bool) (r *crash.Report) {
	defer func() {
		if v := recover(); v != nil {
			r = unreadable("parser_panic", text)
		}
	}()
	read := crash.Parse
	if crashOutput {
		read = crash.ParseCrashOutput
	}
	r, err := read(bytes.NewReader(text))
	if err != nil || r == nil {
		return unreadable("no_crash_found", text)
	}
	return r
}

func unreadable(code string, text []byte) *crash.Report {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	r := &crash.Report{Kind: crash.KindFragment, Class: "fragment", Crash: -1, Problems: []crash.Problem{{
		Code: code, Line: 1, Count: bytes.Count(text, []byte("\n")) + 1, Text: Clip(string(line), 200),
	}}}
	r.Fingerprints = crash.Fingerprint(r)
	return r
}
