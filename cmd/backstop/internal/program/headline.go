package program

import (
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/headline"
)

// Headline gives a fatal error the headline that its text lacks: the traceback
// says where in memory it stands, and it is one of the executable's own texts. It
// reports whether it found it. A position-independent executable may have been
// loaded anywhere; then every place with the same offset in a page is looked at,
// and only one answer counts.
func (e *Executable) Headline(r *crash.Report) bool {
	addr, n, ok := r.HeadlineAddr()
	if r.HasMessage || !ok {
		return false
	}
	most := uint64(headline.MaxLen)
	if n > 0 {
		most = n
	}
	var texts [2]map[string]bool // those that are known of the function, and others
	e.file.ROCandidates(addr, most, func(_ uint64, data []byte) bool {
		text, known, ok := headline.Find(r.ThrownBy(), data)
		if !ok || n > 0 && uint64(len(text)) != n {
			return true
		}
		rank := 1
		if known {
			rank = 0
		}
		if texts[rank] == nil {
			texts[rank] = make(map[string]bool)
		}
		texts[rank][text] = true
		return true
	})
	for _, found := range texts {
		for text := range found {
			if len(found) == 1 {
				r.SetHeadline(text)
			}
			return len(found) == 1
		}
	}
	return false
}
