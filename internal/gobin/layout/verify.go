package layout

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// An Access is an instruction that reads, writes or takes the address of memory
// behind a register.
type Access struct {
	Offset int64 // from what the register points to
	Width  int64 // bytes; 0 when only the address is taken
}

// A Witness is a function of the runtime whose code names fields by their
// offsets, in every release and mode of building.
type Witness struct {
	Func string
	Rows []string // of the table; a release without the first has no such function
}

// witnesses were found by decoding programs of each toolchain and mode, also
// without optimization; the functions are in every program, for the scheduler and
// panics need them.
var witnesses = []Witness{
	{"runtime.schedtrace", []string{
		"runtime.g goid", "runtime.m alllink", "runtime.m blocked", "runtime.m curg", "runtime.m dying", "runtime.m id",
		"runtime.m lockedg", "runtime.m locks", "runtime.m mallocing", "runtime.m p", "runtime.m spinning", "runtime.m throwing",
		"runtime.p m", "runtime.p runqhead", "runtime.p runqtail", "runtime.p schedtick", "runtime.p status", "runtime.p syscalltick",
	}},
	{"runtime.newproc1", []string{
		"runtime.g gopc", "runtime.g labels", "runtime.g parentGoid", "runtime.g sched.g", "runtime.g sched.pc",
		"runtime.g sched.sp", "runtime.g startpc", "runtime.g stktopsp",
	}},
	{"runtime.goroutineheader", []string{"runtime.g goid", "runtime.g lockedm", "runtime.g waitreason", "runtime.g waitsince"}},
	{"runtime.casgstatus", []string{"runtime.g atomicstatus"}},
	{"runtime.systemstack", []string{
		"runtime.g m", "runtime.g sched.bp", "runtime.g sched.sp", "runtime.m curg", "runtime.m g0", "runtime.m gsignal",
	}},
	{"runtime.minit", []string{"runtime.m procid"}},
	{"runtime.gopark", []string{"runtime.m waitlock", "runtime.m waitunlockf"}},
	{"runtime.reentersyscall", []string{"runtime.g syscallpc", "runtime.g syscallsp", "runtime.g syscallbp"}},
	{"runtime.runqput", []string{"runtime.p runnext"}},
	{"runtime.chanrecv", []string{"runtime.g waiting"}},
	{"runtime.gorecover", []string{"runtime.g _panic", "runtime._panic goexit", "runtime._panic recovered"}},
	{"runtime.printpanics", []string{"runtime._panic link", "runtime._panic goexit", "runtime._panic recovered"}},
	// From Go 1.22 on, which has no runtime._panic retpc before.
	{"runtime.(*_panic).nextDefer", []string{"runtime._panic retpc", "runtime._panic sp", "runtime._panic deferreturn"}},
	{"runtime.(*_panic).start", []string{"runtime._panic startPC", "runtime._panic startSP"}},
	// Go 1.21 keeps in them where to resume.
	{"runtime.dopanic_m", []string{"runtime.g sigcode0", "runtime.g sigcode1"}},
}

// Witnesses returns the functions that [Layout.Verify] asks for, with those of
// their fields that the release has.
func (l *Layout) Witnesses() []Witness {
	var all []Witness
	for _, w := range witnesses {
		if rowsByName()[w.Rows[0]].Value(l) < 0 {
			continue
		}
		var rows []string
		for _, name := range w.Rows {
			if rowsByName()[name].Value(l) >= 0 {
				rows = append(rows, name)
			}
		}
		all = append(all, Witness{w.Func, rows})
	}
	return all
}

var rowsByName = sync.OnceValue(func() map[string]Row {
	all := map[string]Row{}
	for _, r := range Rows() {
		all[r.Name] = r
	}
	return all
})

// A MismatchError says that an executable's code does not use the fields of a
// layout.
type MismatchError struct {
	Release string
	Func    string
	Missing []string // fields that the function should name
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the structures of %s are others: %s does not use %s where it should", e.Release, e.Func, strings.Join(e.Missing, ", "))
}

// Verify compares the layout with the code of an executable: each witness must
// name its fields where the layout has them. Accesses returns what the
// instructions of a function name, and may leave out what is relative to the
// stack pointer. The error is a [*MismatchError], or that of accesses.
//
// It finds a table that is wrong for some field of those that Backstop cannot do
// without, not one that is wrong only for others.
func (l *Layout) Verify(accesses func(function string) ([]Access, error)) error {
	for _, w := range l.Witnesses() {
		all, err := accesses(w.Func)
		if err != nil {
			return fmt.Errorf("compare structures of %s with the code: %w", l.Release, err)
		}
		var missing []string
		for _, name := range w.Rows {
			row := rowsByName()[name]
			offset := row.Value(l)
			if !slices.ContainsFunc(all, func(a Access) bool { return a.names(offset, row.Width) }) {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			return &MismatchError{l.Release, w.Func, missing}
		}
	}
	return nil
}

// names says whether an access is that of a field. Two fields of 8 bytes may be
// written at once.
func (a Access) names(offset, width int64) bool {
	if a.Width == 16 {
		return a.Offset <= offset && offset+width <= a.Offset+16
	}
	return a.Offset == offset && (a.Width == width || a.Width == 0)
}
