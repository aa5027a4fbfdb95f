package postmortem

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// wireGoroutine is a goroutine with its stack and its creator as numbers: many
// thousands have them in common.
type wireGoroutine struct {
	ID      int64             `json:"id"`
	State   string            `json:"state"`
	Wait    time.Duration     `json:"wait_ns,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Locked  bool              `json:"locked_to_thread,omitempty"`
	Scan    bool              `json:"scan,omitempty"`
	Leaked  bool              `json:"leaked,omitempty"`
	Durable bool              `json:"durable,omitempty"`
	Bubble  bool              `json:"bubble,omitempty"`
	System  bool              `json:"system,omitempty"`
	Stack   int               `json:"stack"`
	Creator *int              `json:"created_by,omitempty"`
	Parent  int64             `json:"parent,omitempty"`
	Size    uint64            `json:"stack_bytes,omitempty"`
	Used    uint64            `json:"stack_used_bytes,omitempty"`
	Thread  int               `json:"tid,omitempty"`
	// Addresses are text: they do not fit into the numbers of JavaScript.
	WaitsFor string   `json:"waits_for,omitempty"`
	Holds    []string `json:"holds,omitempty"`
	Since    int64    `json:"waits_since,omitempty"`
	G        string   `json:"g,omitempty"`
}

// bare has the fields of a Snapshot and not its methods.
type bare Snapshot

type wire struct {
	*bare
	Stacks     []*Stack        `json:"stacks"`
	Creators   []*Creator      `json:"creators"`
	Goroutines []wireGoroutine `json:"goroutines"`
}

// MarshalJSON writes the snapshot as docs/reference/json.md says.
func (s *Snapshot) MarshalJSON() ([]byte, error) {
	w := wire{bare: (*bare)(s), Stacks: []*Stack{}, Creators: []*Creator{}, Goroutines: make([]wireGoroutine, len(s.Goroutines))}
	if s.Requests == nil {
		w.Requests = []Request{}
	}
	if s.Problems == nil {
		w.Problems = []string{}
	}
	stacks, creators := make(map[*Stack]int), make(map[*Creator]int)
	for i := range s.Goroutines {
		g := &s.Goroutines[i]
		o := &w.Goroutines[i]
		*o = wireGoroutine{
			ID: g.ID, State: g.State, Wait: g.Wait, Labels: g.Labels,
			Locked: g.LockedToThread, Scan: g.Scan, Leaked: g.Leaked, Durable: g.Durable, Bubble: g.Bubble, System: g.System,
			Stack: -1, Parent: g.Parent, Size: g.StackSize, Used: g.StackUsed, Thread: g.Thread,
			WaitsFor: hex(g.WaitsFor), Since: g.Since, G: hex(g.G),
		}
		for _, lock := range g.Holds {
			o.Holds = append(o.Holds, hex(lock))
		}
		if g.Stack != nil {
			o.Stack = number(stacks, &w.Stacks, g.Stack)
		}
		if g.CreatedBy != nil {
			at := number(creators, &w.Creators, g.CreatedBy)
			o.Creator = &at
		}
	}
	return json.Marshal(w)
}

// number returns the place of v in a list, which it is appended to when it is new.
func number[T comparable](known map[T]int, list *[]T, v T) int {
	at, ok := known[v]
	if !ok {
		at = len(*list)
		known[v] = at
		*list = append(*list, v)
	}
	return at
}

func hex(addr uint64) string {
	if addr == 0 {
		return ""
	}
	return fmt.Sprintf("%#x", addr)
}

// unhex reads what hex wrote; what is no address is 0, as unknown ones are.
func unhex(s string) uint64 {
	var addr uint64
	if _, err := fmt.Sscanf(s, "0x%x", &addr); err != nil {
		return 0
	}
	return addr
}

// ErrNoSnapshot says that a file holds something else.
var ErrNoSnapshot = errors.New("not a snapshot in JSON")

// UnmarshalJSON reads what MarshalJSON wrote. It takes the text for hostile: a
// number that is out of range is an error.
func (s *Snapshot) UnmarshalJSON(text []byte) error {
	*s = Snapshot{}
	w := wire{bare: (*bare)(s)}
	if err := json.Unmarshal(text, &w); err != nil {
		return fmt.Errorf("%w: %w", ErrNoSnapshot, err)
	}
	switch {
	case s.Version == 0 || w.Stacks == nil || w.Goroutines == nil:
		return ErrNoSnapshot
	case s.Version > Version:
		return fmt.Errorf("a snapshot of version %d; this backstop reads up to %d", s.Version, Version)
	}
	s.Goroutines = make([]Goroutine, len(w.Goroutines))
	for i := range w.Goroutines {
		o := &w.Goroutines[i]
		g := &s.Goroutines[i]
		*g = Goroutine{
			ID: o.ID, State: o.State, Wait: o.Wait, Labels: o.Labels,
			LockedToThread: o.Locked, Scan: o.Scan, Leaked: o.Leaked, Durable: o.Durable, Bubble: o.Bubble, System: o.System,
			Parent: o.Parent, StackSize: o.Size, StackUsed: o.Used, Thread: o.Thread,
			WaitsFor: unhex(o.WaitsFor), Since: o.Since, G: unhex(o.G),
		}
		for _, lock := range o.Holds {
			g.Holds = append(g.Holds, unhex(lock))
		}
		switch {
		case o.Stack < -1 || o.Stack >= len(w.Stacks) || o.Creator != nil && (*o.Creator < 0 || *o.Creator >= len(w.Creators)):
			return fmt.Errorf("%w: goroutine %d has a stack or a creator that is not there", ErrNoSnapshot, o.ID)
		case o.Stack >= 0:
			g.Stack = w.Stacks[o.Stack]
		}
		if o.Creator != nil {
			g.CreatedBy = w.Creators[*o.Creator]
		}
	}
	return nil
}

// Read reads a snapshot in JSON.
func Read(r io.Reader) (*Snapshot, error) {
	s := new(Snapshot)
	if err := json.NewDecoder(r).Decode(s); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: it ends early", ErrNoSnapshot)
		}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%w: %w", ErrNoSnapshot, err)
		}
		return nil, err
	}
	return s, nil
}
