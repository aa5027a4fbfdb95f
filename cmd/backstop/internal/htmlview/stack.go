package htmlview

import (
	"github.com/backstop-go/backstop/crash"

	"github.com/backstop-go/backstop/cmd/backstop/internal/outline"
)

// How much of a report a page shows.
const (
	maxFrames = 200 // frames of one stack
	maxKinds  = 100 // sets of goroutines
	maxIDs    = 24  // goroutine ids listed for a set
)

// A Stack is what the template "stack" shows: frames, and who started them.
type Stack struct {
	outline.Stack
	Creators  []Creator
	Ancestors []Ancestor
}

// A Creator is a go statement of the chain that led to a goroutine.
type Creator struct {
	What    string // "created by"
	By      crash.CreatedBy
	State   string // of the goroutine it stood in, where the text tells
	Missing bool   // the text does not have that goroutine
}

// An Ancestor is what a creator's stack was at its go statement.
type Ancestor struct {
	ID int64
	outline.Stack
	Creators []Creator
}

// NewStack prepares the stack of a thread for the template "stack".
func NewStack(t *outline.Thread) Stack {
	s := Stack{Stack: t.Stack}
	if len(t.Ancestors) == 0 {
		s.Creators = creators(t.Creators)
		return s
	}
	s.Creators = created(t.Goroutine.CreatedBy)
	for i := range t.Ancestors {
		a := &t.Ancestors[i]
		s.Ancestors = append(s.Ancestors, Ancestor{a.ID, a.Stack, created(a.CreatedBy)})
	}
	return s
}

func creators(chain []outline.Creator) []Creator {
	var out []Creator
	for i := range chain {
		c := Creator{What: "created by", By: chain[i].CreatedBy}
		if i > 0 {
			c.What = "which was created by"
		}
		if h := chain[i].Holder; h != nil {
			c.State = h.State
		} else {
			c.Missing = i == len(chain)-1 && c.By.Goroutine > 1
		}
		out = append(out, c)
	}
	return out
}

func created(by *crash.CreatedBy) []Creator {
	if by == nil {
		return nil
	}
	return []Creator{{What: "created by", By: *by}}
}

// Goroutines are what the template "kinds" shows: the goroutines that did not
// crash, those alike as one.
type Goroutines struct {
	Kinds       []Kind
	Count       int // goroutines in all
	Runtime     int // of the runtime itself
	WaitMinutes int // the longest wait
	Cut         int // kinds left out
	CutCount    int // goroutines of those
	Missing     int // goroutines that the text has and the report has not
}

// A Kind is a set of goroutines with the same stack and wait reason.
type Kind struct {
	Count       int
	State       string
	WaitMinutes int
	Where       string // the function that says most about them
	IDs         []int64
	MoreIDs     int
	Stack       Stack
}

// NewGoroutines prepares goroutines for the template "kinds".
func NewGoroutines(o *outline.Others) Goroutines {
	g := Goroutines{Count: o.Count, Runtime: o.Runtime, WaitMinutes: o.WaitMinutes, Missing: o.Missing}
	for i := range o.Kinds {
		b := &o.Kinds[i]
		n := b.Count
		if i >= maxKinds {
			g.Cut++
			g.CutCount += n
			continue
		}
		k := Kind{Count: n, State: b.State, WaitMinutes: b.WaitMinutes, IDs: b.IDs[:min(len(b.IDs), maxIDs)]}
		k.MoreIDs = n - len(k.IDs)
		k.Stack = Stack{Stack: outline.NewStack(b.Frames, nil, b.Elided, b.ElidedAt, maxFrames), Creators: created(b.CreatedBy)}
		if f := outline.Purpose(b.Frames); f != nil {
			k.Where = f.Func
		}
		g.Kinds = append(g.Kinds, k)
	}
	return g
}
