package capture

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
)

var (
	every   = flag.Bool("every", false, "run every toolchain, and each class as PID 1")
	update  = flag.Bool("update", false, "write docs/capture.md (with -every)")
	only    = flag.String("only", "", "run only the cases that match this `pattern`")
	shown   = flag.String("show", "", "say what was delivered by the runs that match this `pattern`, and unless it is a dot, how")
	workers = flag.Int("workers", 3, "how many programs run at a time")
)

// TestCapture runs the matrix. The controls come first: a checker that cannot
// find fault proves nothing.
func TestCapture(t *testing.T) {
	if testing.Short() {
		t.Skip("runs hundreds of programs that crash")
	}
	l := newLab(t)
	needToolchain(t, local)
	buildPrograms(t, l.bin, local, hasC())
	if !t.Run("controls", l.testControls) {
		t.Fatal("the checker does not check")
	}
	var err error
	if l.expected, err = Expectations(); err != nil {
		t.Fatal(err)
	}
	page := Page{Local: local, Kernel: kernel(), Date: time.Now().UTC(), Expectations: l.expected}
	toolchains := []string{oldest, local, newest}
	if *every {
		toolchains = append(append(append([]string{}, older...), local), newest)
	}
	for i, toolchain := range toolchains {
		if slices.Contains(toolchains[:i], toolchain) {
			continue
		}
		t.Run(toolchain, func(t *testing.T) {
			needToolchain(t, toolchain)
			buildPrograms(t, l.bin, toolchain, hasC())
			page.Cells = append(page.Cells, l.matrix(t, plan{toolchain: toolchain})...)
		})
	}
	t.Run("without C", func(t *testing.T) {
		if !*every {
			return // the local toolchain's program without C runs all that does not need it
		}
		page.WithoutC = l.matrix(t, plan{toolchain: local, withoutC: true})
	})
	t.Run("as PID 1", func(t *testing.T) { l.testPID1(t, &page) })
	if !*every {
		return
	}
	for _, e := range page.Stale() {
		t.Errorf("nothing lacks this any more: %+v", e)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile("../../../../docs/capture.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A plan is what to run of the matrix.
type plan struct {
	toolchain string
	withoutC  bool // as on a machine without a C compiler
	pid1      bool
	setups    []Setup // all that the toolchain has when nil
	cases     []Case  // all when nil
}

// matrix runs a part of the matrix and holds it against the expectations.
func (l *lab) matrix(t *testing.T, p plan) []Cell {
	t.Helper()
	cells := l.run(t, l.runsOf(t, p))
	for i := range cells {
		check(t, l.expected, cells[i])
	}
	return cells
}

// check fails the test for what a cell lacks and should not, and for what no
// cell may do.
func check(t *testing.T, expected []Expectation, c Cell) {
	t.Helper()
	name := fmt.Sprintf("%s %s %s", c.Toolchain, c.Setup, c.Case.Name)
	for _, fault := range c.Verdict.Faults(c.Case) {
		t.Errorf("%s: %s (%s)", name, fault, c.Verdict.Detail)
	}
	for _, l := range c.Verdict.Lacks(c.Case, c.Setup) {
		if e := Expected(expected, c, l); e == nil {
			t.Errorf("%s: lacks %s (%s)", name, l, c.Verdict.Detail)
		}
	}
}

// runsOf lists the runs of a plan.
func (l *lab) runsOf(t *testing.T, p plan) []run {
	t.Helper()
	if p.setups == nil {
		p.setups = Setups()
	}
	if p.cases == nil {
		p.cases = Cases()
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	var all []run
	for _, s := range p.setups {
		if s.SDK() && p.toolchain == oldest || s == Monitor && Release(p.toolchain) == "1.22" {
			continue
		}
		for _, c := range p.cases {
			if c.Cgo && (p.withoutC || !hasC()) || !pattern.MatchString(c.Name) {
				continue
			}
			all = append(all, run{Case: c, Setup: s, toolchain: p.toolchain, cgo: !p.withoutC && hasC(), pid1: p.pid1})
		}
	}
	if !p.withoutC && !hasC() {
		t.Run("C", func(t *testing.T) { crashtest.Skip(t, "no C or C++ compiler: the classes of C are left out") })
	}
	return needGroups(t, all)
}

// needGroups leaves out what needs cgroups where none can be made.
func needGroups(t *testing.T, all []run) []run {
	t.Helper()
	var can []run
	for _, r := range all {
		probe := r.Case.Limits
		if probe.Memory == 0 && probe.Tasks == 0 {
			can = append(can, r)
			continue
		}
		_, remove, err := probe.groups(fmt.Sprintf("backstop-probe-%d", os.Getpid()))
		if err == nil {
			err = remove()
		}
		if err != nil {
			t.Run(string(r.Setup)+" "+r.Case.Name, func(t *testing.T) {
				crashtest.Skip(t, "this needs root and a writable cgroup file system: %v", err)
			})
			continue
		}
		can = append(can, r)
	}
	return can
}

// run carries out runs, some at a time, and judges them.
func (l *lab) run(t *testing.T, runs []run) []Cell {
	t.Helper()
	cells := make([]Cell, len(runs))
	next := make(chan int)
	var working sync.WaitGroup
	for range *workers {
		working.Go(func() {
			for i := range next {
				r := runs[i]
				o, err := l.observe(context.Background(), r)
				if err != nil {
					t.Errorf("%s %s %s: %v", r.toolchain, r.Setup, r.Case.Name, err)
					continue
				}
				cells[i] = Cell{Toolchain: r.toolchain, Setup: r.Setup, Case: r.Case, Verdict: Judge(r.Case, o)}
				l.show(t, r, cells[i].Verdict, o)
			}
		})
	}
	for i := range runs {
		next <- i
	}
	close(next)
	working.Wait()
	return cells
}

// show prints what a run delivered, for people.
func (l *lab) show(t *testing.T, r run, v Verdict, o Observation) {
	t.Helper()
	name := fmt.Sprintf("%s %s %s", r.toolchain, r.Setup, r.Case.Name)
	if *shown == "" || !regexp.MustCompile(*shown).MatchString(name) {
		return
	}
	t.Logf("%s: lacks %v, request %q, others %v, next start %v, faults %v: %s", name, v.Lacks(r.Case, r.Setup), v.Request, v.Others, v.NextStart, v.Faults(r.Case), v.Detail)
	if *shown != "." {
		t.Logf("it printed:\n%s", l.printed(strings.TrimPrefix(o.Sent.RequestID, "order-")))
		for _, e := range o.Events {
			t.Logf("event: %+v\nin flight: %+v\ntext:\n%s", e.Request, e.InFlight, e.Text)
		}
	}
}

// testPID1 runs programs as the first process of a container: twelve times the
// same, and with -every each class once, and the same without a supervisor.
func (l *lab) testPID1(t *testing.T, page *Page) {
	probe := container("probe", "true")
	if out, err := exec.Command(probe[0], probe[1:]...).CombinedOutput(); err != nil {
		crashtest.Skip(t, "no pid namespace can be made: this needs root and unshare: %v %s", err, out)
	}
	twelve := func(s Setup) []run {
		var runs []run
		for range 12 {
			runs = append(runs, run{Case: byName(t, "index-out-of-range"), Setup: s, toolchain: local, pid1: true})
		}
		return runs
	}
	page.Again = l.run(t, twelve(All))
	for _, c := range page.Again {
		check(t, nil, c)
	}
	if !*every {
		return
	}
	page.PID1 = l.matrix(t, plan{toolchain: local, pid1: true, setups: []Setup{All}})
	// The kernel kills the monitor with the first process: this is measured,
	// and not demanded.
	page.Alone = l.run(t, twelve(Monitor))
}

func byName(t *testing.T, name string) Case {
	t.Helper()
	for _, c := range Cases() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return Case{}
}

// kernel is its release, as far as it matters.
func kernel() string {
	out, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "Linux"
	}
	parts := strings.SplitN(string(out), ".", 3)
	return "Linux " + strings.Join(parts[:min(2, len(parts))], ".")
}

// testControls lets the checker find what it has to find.
func (l *lab) testControls(t *testing.T) {
	if *only != "" {
		return
	}
	observe := func(t *testing.T, r run) Observation {
		t.Helper()
		r.toolchain = local
		o, err := l.observe(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	crash := byName(t, "nil-map-write")
	t.Run("nobody watches", func(t *testing.T) {
		o := observe(t, run{Case: crash, Setup: Nobody})
		if v := Judge(crash, o); v.Delivered || o.Hung {
			t.Errorf("a crash that nobody reported: %+v", v)
		}
	})
	t.Run("wrong reason", func(t *testing.T) {
		want := crash
		want.Reason = "^another message$"
		if v := Judge(want, observe(t, run{Case: crash, Setup: Supervisor})); !v.Delivered || v.Reason {
			t.Errorf("the message is %s: %+v", v.Detail, v)
		}
		want = crash
		want.Class = classes("panic.index")
		want.Func = "main.indexOutOfRange"
		if v := Judge(want, observe(t, run{Case: crash, Setup: Supervisor})); !v.Delivered || v.Reason || v.Function {
			t.Errorf("the class is %s: %+v", v.Detail, v)
		}
	})
	t.Run("twice", func(t *testing.T) {
		o := observe(t, run{Case: Case{Name: "reported-twice"}, Setup: Supervisor})
		if v := Judge(crash, o); v.Duplicates != 1 {
			t.Errorf("%d events, want 2: %+v", o.Count, v)
		}
	})
	t.Run("hang", func(t *testing.T) {
		o := observe(t, run{Case: Case{Name: "hang"}, Setup: Supervisor, patience: time.Second})
		if v := Judge(crash, o); !v.Hung {
			t.Errorf("a program that never ends: %+v", v)
		}
	})
}
