package spool

import (
	"strconv"
	"time"
)

// A State is what is in a spool.
type State struct {
	Events   int       // that wait
	Oldest   time.Time // of them
	Dropped  uint64    // and not told to a collector
	Rejected int       // events that were set aside
}

// Look looks into a directory without making it, changing it or waiting for
// anybody. What cannot be read is empty.
func Look(dir string) State {
	s := &Spool{dir: dir}
	entries, _ := s.list() // none is empty
	st := State{Events: len(entries), Dropped: s.Dropped(), Rejected: s.Rejected()}
	if len(entries) > 0 {
		if ns, err := strconv.ParseInt(entries[0].name[:20], 10, 64); err == nil {
			st.Oldest = time.Unix(0, ns)
		}
	}
	return st
}
