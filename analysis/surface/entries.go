package surface

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/backstop-go/backstop/analysis/surface/internal/flow"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// entries finds where goroutines enter the program's own code.
func (m *maker) entries() {
	given := make(map[flow.FuncID]bool) // functions that a registration tells of
	for _, s := range m.g.Spawns {
		if m.mine(s.In) {
			m.spawned(s, given)
		}
	}
	for id := range m.g.Funcs {
		if m.mine(flow.FuncID(id)) {
			m.started(flow.FuncID(id))
		}
	}
	m.boundary(given)
}

func (m *maker) add(e Entry, pkg *summary.Summary, pos summary.Pos, targets []flow.FuncID) {
	e.Package, e.Module = pkg.Path, m.packages[pkg].Module
	e.File, e.Line = m.file(pkg, pos)
	if !e.Guarded && m.packages[pkg].Accepted[fmt.Sprintf("%s:%d", path.Base(e.File), e.Line)] {
		e.Guarded, e.Guard = true, "accepted"
	}
	m.report.Entries = append(m.report.Entries, e)
	m.targets = append(m.targets, targets)
}

// spawned is the entry of a go statement, or of the registration of a callback.
func (m *maker) spawned(s flow.Spawn, given map[flow.FuncID]bool) {
	in := &m.g.Funcs[s.In]
	e := Entry{Kind: Goroutine, In: in.Name, Via: s.Via}
	switch {
	case s.Via == "time.AfterFunc":
		e.Kind = Timer
	case s.Where == "request":
		e.Kind = Handler
	case s.Via != "":
		e.Kind = Callback
	}
	var targets []flow.FuncID
	m.eachTarget(s.To, func(fn flow.FuncID) {
		if !m.mine(fn) && len(s.Given) > 0 {
			targets = append(targets, s.Given...) // http.HandlerFunc calls what it is
		} else {
			targets = append(targets, fn)
		}
	})
	slices.SortFunc(targets, func(a, b flow.FuncID) int { return strings.Compare(m.g.Funcs[a].Name, m.g.Funcs[b].Name) })
	targets = slices.Compact(targets)
	if s.Via != "" {
		for _, t := range targets {
			given[t] = true
		}
	}
	if s.Shared {
		for _, t := range targets {
			m.spawn(e, s, []flow.FuncID{t})
		}
		return
	}
	if len(targets) > 0 { // else who calls it says what runs
		m.spawn(e, s, targets)
	}
}

func (m *maker) spawn(e Entry, s flow.Spawn, targets []flow.FuncID) {
	in := &m.g.Funcs[s.In]
	e.Function = plain(m.g.Funcs[targets[0]].Name)
	if len(targets) > 1 {
		e.Function = in.Name + " (value)"
		if m.g.Funcs[s.To].Name != "" {
			e.Function = in.Name + " (" + m.g.Funcs[s.To].Name + ")"
		}
	}
	e.Guard, e.Guarded = m.guard(targets)
	if s.Guarded {
		e.Guarded, e.Guard = true, cmp.Or(s.By, "guarded")
	}
	m.add(e, in.Pkg, s.Pos, targets)
}

var guards = [...]string{"none", "disarmed", "repanics", "guarded"}

// guard is the weakest guard of functions.
func (m *maker) guard(fns []flow.FuncID) (string, bool) {
	weakest := summary.Guarded
	for _, fn := range fns {
		g := summary.Unguarded
		if f := m.g.Funcs[fn].Sum; f != nil {
			g = min(f.Guard, summary.Guarded)
		}
		weakest = min(weakest, g)
	}
	return guards[weakest], weakest == summary.Guarded
}

// started is the entry of a function that the runtime, or a user of the library,
// calls.
func (m *maker) started(id flow.FuncID) {
	f := &m.g.Funcs[id]
	e := Entry{Function: f.Name}
	switch {
	case f.Name == f.Pkg.Path+".main" && f.Pkg.Name == "main":
		e.Kind = Main
	case f.Name == f.Pkg.Path+".init":
		if !m.worth[id] {
			return
		}
		e.Kind = Init
		f.Sum.Pos.Line = max(f.Sum.Pos.Line, 1)
	case f.Sum.Exported && !m.commands && !strings.Contains("/"+f.Pkg.Path+"/", "/internal/"):
		if !m.worth[id] {
			return
		}
		e.Kind = API
	default:
		return
	}
	e.Guard, e.Guarded = m.guard([]flow.FuncID{id})
	m.add(e, f.Pkg, f.Sum.Pos, []flow.FuncID{id})
}

// boundary finds the functions that goroutines of other people's code call.
func (m *maker) boundary(given map[flow.FuncID]bool) {
	found := make(map[flow.FuncID]*arrival)
	for _, s := range m.g.Spawns {
		if m.mine(s.In) || !m.g.Funcs[s.In].Active {
			continue
		}
		m.outside(s, func(fn flow.FuncID, now arrival) {
			if a := found[fn]; a == nil || a.guarded && !now.guarded {
				found[fn] = &now
			}
		})
	}
	var order []flow.FuncID
	for fn := range found {
		if !given[fn] && m.worth[fn] {
			order = append(order, fn)
		}
	}
	slices.Sort(order)
	for _, fn := range order {
		f, a := &m.g.Funcs[fn], found[fn]
		e := Entry{Kind: Callback, Function: plain(f.Name), Via: a.via}
		if a.method == serveHTTP {
			e.Kind = Handler
		}
		e.Guard, e.Guarded = m.guard([]flow.FuncID{fn})
		if a.guarded {
			e.Guard, e.Guarded = a.via, true
		}
		m.add(e, f.Pkg, f.Sum.Pos, []flow.FuncID{fn})
	}
}

// An arrival is how a goroutine of other people's code comes to the program's own.
type arrival struct {
	guarded bool
	via     string // the package that starts the goroutine
	method  string // of the interface that is called; empty for function values
}

const serveHTTP = "ServeHTTP"

// everyday are methods of interfaces that everything implements. That a goroutine
// somewhere calls one tells nothing of which: by types it is all of them.
var everyday = func() map[string]bool {
	all := make(map[string]bool)
	for _, m := range strings.Fields(`Error String GoString Format Is As Unwrap Read Write Close Seek ReadByte
		WriteByte UnreadByte ReadRune UnreadRune WriteString ReadAt WriteAt ReadFrom WriteTo Flush Len Less Swap Push Pop
		MarshalJSON UnmarshalJSON MarshalText UnmarshalText MarshalBinary UnmarshalBinary Lock Unlock
		LocalAddr RemoteAddr SetDeadline SetReadDeadline SetWriteDeadline Network Accept Addr
		Deadline Done Err Value Name Size Mode ModTime IsDir Sys Type Info Stat Open Scan Set Get Reset Sum BlockSize`) {
		all[m] = true
	}
	return all
}()

// outside walks from a goroutine of other people's code to where it calls the
// program's own: function values that it was given, and methods of interfaces that
// are not everyday. Goroutines of the standard library call handlers, and
// functions that are told something: what func() is, types do not tell.
func (m *maker) outside(s flow.Spawn, arrive func(flow.FuncID, arrival)) {
	start := m.g.Funcs[s.In].Pkg
	if start == nil {
		return
	}
	library := m.packages[start] == nil
	seen := make(map[state]bool)
	work := []state{{s.To, s.Guarded}}
	depth := map[state]int{}
	for len(work) > 0 {
		st := work[0]
		work = work[1:]
		f := &m.g.Funcs[st.fn]
		if f.Virtual && f.Name != "" && (everyday[f.Name] || library && f.Name != serveHTTP) {
			continue
		}
		for _, e := range f.Out {
			next := state{e.To, st.guarded || e.Covered}
			if m.vague(st.fn, e.To) || seen[next] || next.guarded && seen[state{next.fn, false}] {
				continue
			}
			seen[next] = true
			depth[next] = depth[st]
			if !m.g.Funcs[e.To].Virtual {
				depth[next]++
			}
			if m.mine(e.To) {
				if f.Virtual && (f.Name != "" || !library || m.g.Funcs[e.To].Sum.Sig != "func()()") {
					arrive(e.To, arrival{next.guarded, start.Path, f.Name})
				}
			} else if depth[next] < near {
				work = append(work, next)
			}
		}
	}
}

// near is how many functions may be between the start of a goroutine and the call
// of what it was given.
const near = 3

// A state is a function, and whether a guard is on the way to it.
type state struct {
	fn      flow.FuncID
	guarded bool
}

// plain is a name without what tells wrappers of methods from methods.
func plain(name string) string {
	for _, end := range []string{"$bound", "$thunk", "$embedded"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}
