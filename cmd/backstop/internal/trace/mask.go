package trace

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
)

// Limits of text from a program, in bytes.
const (
	maxMessage = 8 << 10
	maxLabel   = 256
	maxLabels  = 64
)

// mask hides secrets, then cuts: half a secret cannot be told for one.
func (en *Engine) mask(s string) string { return clip(en.o.Mask(clip(s, 2*maxMessage)), maxMessage) }

// maskNamed hides the value beside a name that says that it is a secret, too.
func (en *Engine) maskNamed(name, s string) string {
	if s == "" {
		return s
	}
	prefix := clip(name, maxLabel) + "="
	whole := prefix + strconv.Quote(clip(s, 2*maxMessage))
	masked := en.o.Mask(whole)
	if masked == whole {
		return en.mask(s)
	}
	rest, ok := strings.CutPrefix(masked, prefix)
	text, err := strconv.Unquote(rest)
	if !ok || err != nil {
		return "[redacted]" // the mask took more than the value
	}
	return clip(text, maxMessage)
}

// maskValue hides secrets in a value, fields of fields included.
func (en *Engine) maskValue(name string, v goproc.Value) goproc.Value {
	v.Text = en.maskNamed(name, v.Text)
	fields := make([]goproc.Field, len(v.Fields))
	for i, f := range v.Fields {
		fields[i] = goproc.Field{Name: f.Name, Value: en.maskValue(f.Name, f.Value)}
	}
	v.Fields = fields
	if len(fields) == 0 {
		v.Fields = nil
	}
	return v
}

func (en *Engine) maskLabels(labels map[string]string) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	masked := make(map[string]string, len(labels))
	for k, v := range labels {
		if len(masked) == maxLabels {
			break
		}
		k = clip(k, maxLabel)
		masked[k] = clip(en.maskNamed(k, v), maxLabel)
	}
	return masked
}

// clip cuts a text to limit bytes and mends its UTF-8.
func clip(s string, limit int) string {
	if len(s) > limit {
		end := limit
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// traceID finds the id of a trace among labels: under the names that libraries
// give it (trace_id, traceID, trace-id, otel.trace_id, backstop.trace_id), or in a
// W3C traceparent. The first in the order of names decides.
func traceID(labels map[string]string) string {
	best, from := "", ""
	for k, v := range labels {
		name := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(k))
		id := ""
		switch {
		case name == "traceparent":
			if parts := strings.Split(v, "-"); len(parts) >= 4 {
				id = parts[1]
			}
		case strings.HasSuffix(name, "traceid"):
			id = v
		}
		if id = strings.TrimSpace(id); id != "" && len(id) <= 64 && isWord(id) && (best == "" || k < from) {
			best, from = id, k
		}
	}
	return best
}

func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
