package event

import (
	"encoding/json"
	"fmt"

	"github.com/backstop-go/backstop/crash"
)

// MaxEncoded is the size Encode keeps events under, in bytes.
const MaxEncoded = 1 << 20

// Encode writes an event as one line of JSON. A process with very many
// different goroutines makes an event that nobody would take: such an event
// gives up its raw text and then its other goroutines, keeps the crashing one,
// and says that it is truncated.
func Encode(e *Event) ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	if len(data) <= MaxEncoded || e.Report == nil {
		return data, nil
	}
	short := *e
	short.Text = ""
	for _, keep := range []int{1000, 100, 10, 0} {
		short.Report = shorten(e.Report, keep)
		if data, err = json.Marshal(&short); err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		if len(data) <= MaxEncoded {
			break
		}
	}
	return data, nil
}

// shorten returns a copy of r with the crashing goroutine, as many others as
// told, and at most 200 frames each.
func shorten(r *crash.Report, others int) *crash.Report {
	const maxFrames = 200
	s := *r
	s.Truncated = true
	s.Goroutines, s.Crash = nil, -1
	for i := range r.Goroutines {
		if i != r.Crash && others == 0 {
			continue
		}
		g := r.Goroutines[i]
		if n := len(g.Frames); n > maxFrames {
			g.Frames, g.Elided, g.ElidedAt = g.Frames[:maxFrames], n-maxFrames, maxFrames
		}
		if i == r.Crash {
			s.Crash = len(s.Goroutines)
		} else {
			others--
		}
		s.Goroutines = append(s.Goroutines, g)
	}
	return &s
}
