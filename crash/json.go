package crash

import "encoding/json"

// wire is the JSON contract of a report (docs/reference/json.md). Fields may be
// added; none is renamed or removed within a major version.
type wire struct {
	Kind           Kind            `json:"kind"`
	Class          Class           `json:"class"`
	Message        *string         `json:"message"`
	Signal         *string         `json:"signal"`
	SignalCode     string          `json:"signal_code,omitempty"`
	SignalAddr     string          `json:"signal_addr,omitempty"`
	SignalPC       string          `json:"signal_pc,omitempty"`
	SignalInCgo    bool            `json:"signal_in_cgo,omitempty"`
	GoVersion      *string         `json:"go_version"`
	GoroutineCount int             `json:"goroutine_count"`
	CrashGoroutine *wireGoroutine  `json:"crash_goroutine"`
	RuntimeStack   []wireFrame     `json:"runtime_stack"`
	Loose          []wireFrame     `json:"loose_frames,omitempty"`
	TopFrames      []string        `json:"top_frames"`
	FirstAppFrame  *wireFrame      `json:"first_app_frame"`
	Fingerprints   Fingerprints    `json:"fingerprints"`
	Panics         []wirePanic     `json:"panics,omitempty"`
	Others         []wireGoroutine `json:"other_goroutines,omitempty"`
	Recovered      bool            `json:"recovered"`
	Truncated      bool            `json:"truncated"`
	Problems       []Problem       `json:"problems"`
}

type wirePanic struct {
	Message    string `json:"message"`
	Recovered  bool   `json:"recovered,omitempty"`
	Repanicked bool   `json:"repanicked,omitempty"`
	Goexit     bool   `json:"goexit,omitempty"`
}

// wireGoroutine is one goroutine, or (in other_goroutines) all those that have
// its state and stack in common: ids then lists them, or the first ones when
// there are so many that count is given.
type wireGoroutine struct {
	ID             int64             `json:"id"`
	IDs            []int64           `json:"ids,omitempty"`
	Count          int               `json:"count,omitempty"`
	State          string            `json:"state"`
	Labels         map[string]string `json:"labels"`
	WaitMinutes    int               `json:"wait_minutes,omitempty"`
	LockedToThread bool              `json:"locked_to_thread,omitempty"`
	Frames         []wireFrame       `json:"frames"`
	CreatedBy      *wireCreatedBy    `json:"created_by"`
	Elided         int               `json:"elided,omitempty"`
	ElidedAt       int               `json:"elided_at,omitempty"`
	Ancestors      []wireAncestor    `json:"ancestors,omitempty"`
}

type wireAncestor struct {
	ID        int64          `json:"id"`
	Frames    []wireFrame    `json:"frames"`
	CreatedBy *wireCreatedBy `json:"created_by"`
}

type wireFrame struct {
	Func    string `json:"func"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Inlined bool   `json:"inlined,omitempty"`
}

type wireCreatedBy struct {
	Func      string `json:"func"`
	File      string `json:"file"`
	Line      int    `json:"line"`
	Goroutine int64  `json:"goroutine"`
}

// MarshalJSON writes the report as documented in docs/reference/json.md. Other
// goroutines are folded: those with the same state, stack and creator are one
// entry that lists their ids.
func (r *Report) MarshalJSON() ([]byte, error) {
	w := wire{
		Kind:           r.Kind,
		Class:          r.Class,
		SignalCode:     r.Signal.Code,
		SignalAddr:     r.Signal.Addr,
		SignalPC:       r.Signal.PC,
		SignalInCgo:    r.Signal.InCgo,
		GoroutineCount: r.GoroutineCount,
		RuntimeStack:   toWireFrames(r.RuntimeStack),
		TopFrames:      r.TopFrames(),
		Fingerprints:   r.Fingerprints,
		Recovered:      r.Recovered,
		Truncated:      r.Truncated,
		Problems:       r.Problems,
	}
	if r.HasMessage {
		w.Message = &r.Message
	}
	if r.Signal.Name != "" {
		w.Signal = &r.Signal.Name
	}
	if r.GoVersion != "" {
		w.GoVersion = &r.GoVersion
	}
	if len(r.Loose) > 0 {
		w.Loose = toWireFrames(r.Loose)
	}
	if g := r.CrashGoroutine(); g != nil {
		w.CrashGoroutine = toWireGoroutine(g)
	}
	if f := r.FirstAppFrame(); f != nil {
		wf := wireFrame{Func: f.Func, File: f.File, Line: f.Line, Inlined: f.Inlined}
		w.FirstAppFrame = &wf
	}
	for _, p := range r.Panics {
		w.Panics = append(w.Panics, wirePanic(p))
	}
	for _, b := range r.Fold() {
		g := toWireGoroutine(&b.Goroutine)
		if g.IDs = b.IDs; b.Count > len(b.IDs) {
			g.Count = b.Count
		}
		w.Others = append(w.Others, *g)
	}
	if w.Problems == nil {
		w.Problems = []Problem{}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote. The crash goroutine comes first
// in Goroutines; folded goroutines come back as one each.
func (r *Report) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*r = Report{
		Kind:           w.Kind,
		Class:          w.Class,
		Signal:         Signal{Code: w.SignalCode, Addr: w.SignalAddr, PC: w.SignalPC, InCgo: w.SignalInCgo},
		GoroutineCount: w.GoroutineCount,
		Crash:          -1,
		RuntimeStack:   fromWireFrames(w.RuntimeStack),
		Loose:          fromWireFrames(w.Loose),
		Fingerprints:   w.Fingerprints,
		Recovered:      w.Recovered,
		Truncated:      w.Truncated,
		Problems:       w.Problems,
	}
	if w.Message != nil {
		r.Message, r.HasMessage = *w.Message, true
	}
	if w.Signal != nil {
		r.Signal.Name = *w.Signal
	}
	if w.GoVersion != nil {
		r.GoVersion = *w.GoVersion
	}
	for _, p := range w.Panics {
		r.Panics = append(r.Panics, Panic(p))
	}
	if w.CrashGoroutine != nil {
		r.Crash = 0
		r.Goroutines = append(r.Goroutines, w.CrashGoroutine.goroutine())
	}
	for i := range w.Others {
		r.unfold(&w.Others[i])
	}
	return nil
}

// unfold makes goroutines of a folded entry again, as long as there is room.
func (r *Report) unfold(w *wireGoroutine) {
	g := w.goroutine()
	if len(w.IDs) == 0 && w.Count == 0 {
		r.Goroutines = append(r.Goroutines, g)
		return
	}
	ids := w.IDs
	for len(ids) > 0 && len(r.Goroutines) < maxUnfolded {
		g.ID, ids = ids[0], ids[1:]
		r.Goroutines = append(r.Goroutines, g)
	}
	if count := max(w.Count, len(w.IDs)) - (len(w.IDs) - len(ids)); count > 0 {
		r.folded = append(r.folded, Bucket{Goroutine: g, Count: count, IDs: ids})
	}
}

// maxUnfolded bounds what a short text can become: two bytes of an id stand for
// a whole goroutine. GoroutineCount still tells how many there were.
const maxUnfolded = 20_000

func toWireGoroutine(g *Goroutine) *wireGoroutine {
	w := &wireGoroutine{
		ID:             g.ID,
		State:          g.State,
		Labels:         g.Labels,
		WaitMinutes:    g.WaitMinutes,
		LockedToThread: g.LockedToThread,
		Frames:         toWireFrames(g.Frames),
		Elided:         g.Elided,
		ElidedAt:       g.ElidedAt,
	}
	if w.Labels == nil {
		w.Labels = map[string]string{}
	}
	w.CreatedBy = toWireCreatedBy(g.CreatedBy)
	for i := range g.Ancestors {
		a := &g.Ancestors[i]
		w.Ancestors = append(w.Ancestors, wireAncestor{ID: a.ID, Frames: toWireFrames(a.Frames), CreatedBy: toWireCreatedBy(a.CreatedBy)})
	}
	return w
}

func toWireCreatedBy(c *CreatedBy) *wireCreatedBy {
	if c == nil {
		return nil
	}
	w := wireCreatedBy(*c)
	return &w
}

func (w *wireCreatedBy) createdBy() *CreatedBy {
	if w == nil {
		return nil
	}
	c := CreatedBy(*w)
	return &c
}

func (w *wireGoroutine) goroutine() Goroutine {
	g := Goroutine{
		ID:             w.ID,
		State:          w.State,
		WaitMinutes:    w.WaitMinutes,
		LockedToThread: w.LockedToThread,
		Frames:         fromWireFrames(w.Frames),
		Elided:         w.Elided,
		ElidedAt:       w.ElidedAt,
	}
	if len(w.Labels) > 0 {
		g.Labels = w.Labels
	}
	g.CreatedBy = w.CreatedBy.createdBy()
	for _, a := range w.Ancestors {
		g.Ancestors = append(g.Ancestors, Ancestor{ID: a.ID, Frames: fromWireFrames(a.Frames), CreatedBy: a.CreatedBy.createdBy()})
	}
	return g
}

func toWireFrames(frames []Frame) []wireFrame {
	out := make([]wireFrame, len(frames))
	for i, f := range frames {
		out[i] = wireFrame{Func: f.Func, File: f.File, Line: f.Line, Inlined: f.Inlined}
	}
	return out
}

func fromWireFrames(frames []wireFrame) []Frame {
	if len(frames) == 0 {
		return nil
	}
	out := make([]Frame, len(frames))
	for i, f := range frames {
		out[i] = Frame{Func: f.Func, File: f.File, Line: f.Line, Inlined: f.Inlined}
	}
	return out
}
