package event

import (
	"strings"
	"unicode/utf8"
)

// Labels that the SDK puts on the goroutine that serves a request. From Go 1.26
// the runtime prints them in tracebacks (GODEBUG=tracebacklabels=1;
// runtime/traceback.go, goroutineheader), so that a fatal error or a crash in
// a goroutine that the request started still names its request.
const (
	LabelMethod    = "backstop.method"
	LabelPath      = "backstop.path"
	LabelRoute     = "backstop.route"
	LabelTraceID   = "backstop.trace_id"
	LabelRequestID = "backstop.request_id"
)

// Limits of what is kept of a request, in bytes.
const (
	MaxMethod    = 32
	MaxPath      = 512
	MaxRoute     = 256
	MaxRequestID = 128
)

// RequestFromLabels reads the request from the labels of a crashed goroutine.
// It returns nil when there is none. Label values are text of the crashed
// process: what is too long or no trace id is left out.
func RequestFromLabels(labels map[string]string) *Request {
	r := Request{
		Method:    Clip(labels[LabelMethod], MaxMethod),
		URL:       Clip(labels[LabelPath], MaxPath),
		Route:     Clip(labels[LabelRoute], MaxRoute),
		RequestID: Clip(labels[LabelRequestID], MaxRequestID),
	}
	if id := labels[LabelTraceID]; IsTraceID(id) {
		r.TraceID = id
	}
	if r == (Request{}) {
		return nil
	}
	return &r
}

// IsTraceID reports whether s is a W3C trace id: 32 lower-case hexadecimal
// digits, not all of them zero.
func IsTraceID(s string) bool {
	return len(s) == 32 && isLowerHex(s) && strings.Trim(s, "0") != ""
}

// TraceIDFromTraceparent returns the trace id of a W3C traceparent header
// (https://www.w3.org/TR/trace-context/#traceparent-header), "" when the header
// is malformed. Versions above 00 may carry more fields; ff is no version.
func TraceIDFromTraceparent(h string) string {
	const length = 55 // version "-" trace id "-" parent id "-" flags
	if len(h) < length || h[2] != '-' || h[35] != '-' || h[52] != '-' {
		return ""
	}
	version, trace, parent, flags := h[:2], h[3:35], h[36:52], h[53:55]
	if !isLowerHex(version) || version == "ff" || !isLowerHex(flags) {
		return ""
	}
	if len(h) > length && (version == "00" || h[length] != '-') {
		return ""
	}
	if !IsTraceID(trace) || !isLowerHex(parent) || strings.Trim(parent, "0") == "" {
		return ""
	}
	return trace
}

func isLowerHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Clip cuts s to at most limit bytes and replaces what has no place in a header
// line: control characters and invalid UTF-8 become "?". Text without either is
// returned as it is.
func Clip(s string, limit int) string {
	cut := s
	if len(cut) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		cut = s[:limit]
	}
	clean := true
	for i := 0; i < len(cut); i++ {
		if cut[i] < 0x20 || cut[i] >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return cut
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\uFFFD' {
			return '?'
		}
		return r
	}, cut)
}

// CutText shortens a raw traceback to at most MaxText bytes by leaving out its
// middle: the head says why, the tail has the last goroutines. It reports
// whether anything was left out.
func CutText(text []byte) (string, bool) {
	const mark = "\n...cut here...\n"
	if len(text) <= MaxText {
		return strings.ToValidUTF8(string(text), "\uFFFD"), false
	}
	tail := MaxText / 4
	head := MaxText - tail - len(mark)
	cut := string(text[:head]) + mark + string(text[len(text)-tail:])
	return strings.ToValidUTF8(cut, ""), true
}
