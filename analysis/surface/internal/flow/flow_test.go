package flow_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/cha"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"

	"github.com/backstop-go/backstop/analysis/surface/internal/flow"
	"github.com/backstop-go/backstop/analysis/surface/internal/load"
	"github.com/backstop-go/backstop/analysis/surface/summary"
)

// more is how many functions may be reached for each that VTA reaches.
const more = 1.1

// What a program reaches by its summaries is what it calls when it runs, and what
// VTA reaches with the SSA of all of it; and hardly more.
func TestReachesWhatVTAReaches(t *testing.T) {
	dirs, _ := filepath.Glob("testdata/*/main.go")
	for i, file := range dirs {
		dirs[i] = "./" + filepath.ToSlash(filepath.Dir(file))
	}
	roots, err := load.Packages(".", dirs...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := load.Summaries(roots, func(*packages.Package) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]*summary.Summary{}
	for _, s := range recode(t, all) {
		byPath[s.Path] = s
	}
	if len(roots) < 6 {
		t.Fatalf("%d programs", len(roots))
	}
	for _, root := range roots {
		name := filepath.Base(root.PkgPath)
		t.Run(name, func(t *testing.T) {
			var sums []*summary.Summary
			packages.Visit([]*packages.Package{root}, nil, func(p *packages.Package) { sums = append(sums, byPath[p.PkgPath]) })
			g := flow.Solve(sums, func(s *summary.Summary) bool { return s.Path == root.PkgPath })
			p := &program{g: g, own: root.PkgPath}
			t.Run("run", func(t *testing.T) { p.compareRun(t, name) })
			t.Run("vta", func(t *testing.T) { p.compareVTA(t, []*packages.Package{root}) })
		})
	}
}

// recode sends summaries through their encoding, as caches do.
func recode(t *testing.T, all []*summary.Summary) []*summary.Summary {
	for i, s := range all {
		back, err := summary.Decode(s.Encode())
		if err != nil {
			t.Fatalf("%s: %v", s.Path, err)
		}
		all[i] = back
	}
	return all
}

type program struct {
	g   *flow.Graph
	own string
}

func (p *program) mine(name string) bool {
	return strings.Contains(name, p.own+".") && !strings.Contains(name, "$embedded") && !strings.HasSuffix(name, "$bound") && !strings.HasSuffix(name, "$thunk")
}

// reaches gives the functions of the program's own package that fn reaches in its
// goroutine.
func (p *program) reaches(fn string) map[string]bool {
	id, ok := p.g.Lookup(fn)
	if !ok {
		return nil
	}
	found, seen := map[string]bool{}, map[flow.FuncID]bool{}
	var walk func(flow.FuncID)
	walk = func(id flow.FuncID) {
		for _, e := range p.g.Funcs[id].Out {
			if !seen[e.To] {
				seen[e.To] = true
				if name := p.g.Funcs[e.To].Name; p.mine(name) {
					found[name] = true
				}
				walk(e.To)
			}
		}
	}
	walk(id)
	return found
}

// compareRun looks for the calls that were made when the program ran.
func (p *program) compareRun(t *testing.T, dir string) {
	out, err := exec.Command("go", "run", "-gcflags=-l", "./"+filepath.Join("testdata", dir)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	byRuntime := map[string]string{}
	for _, f := range p.g.Funcs {
		if p.mine(f.Name) {
			byRuntime[p.runtimeName(f.Name)] = f.Name
		}
	}
	calls := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(calls) < 5 {
		t.Fatalf("only %d calls: %s", len(calls), out)
	}
	for _, line := range calls {
		from, to, _ := strings.Cut(line, " ")
		callee := byRuntime[instance.ReplaceAllString(to, "")]
		if callee == "" {
			t.Errorf("no summary has %s", to)
			continue
		}
		if from == "-" {
			if !p.spawned(callee) {
				t.Errorf("nothing starts %s", to)
			}
			continue
		}
		// The body of a range over a function is a part of the function here.
		from = body.ReplaceAllString(from, "")
		caller := byRuntime[instance.ReplaceAllString(from, "")]
		if !p.reaches(caller)[callee] && !p.handed(caller) {
			t.Errorf("%s does not reach %s, which it called", from, to)
		}
	}
}

// handed reports whether what the function calls is told by its callers: it, or
// the function that it is a literal of, calls functions that it is given.
func (p *program) handed(fn string) bool {
	for _, f := range p.g.Funcs {
		if f.Sum == nil || f.Name != fn && !flow.Literal(fn, f.Name) {
			continue
		}
		for _, c := range f.Sum.Callbacks {
			if c.Where != "stored" {
				return true
			}
		}
	}
	return false
}

func (p *program) spawned(fn string) bool {
	for _, s := range p.g.Spawns {
		if p.g.Funcs[s.To].Name == fn || p.reaches0(s.To)[fn] {
			return true
		}
	}
	return false
}

func (p *program) reaches0(id flow.FuncID) map[string]bool {
	found := map[string]bool{}
	p.g.Callees(id, func(f flow.FuncID) { found[p.g.Funcs[f].Name] = true })
	return found
}

var (
	instance = regexp.MustCompile(`\[[^]]*\]`)
	value    = regexp.MustCompile(`\(([^*)]*)\)`)
	body     = regexp.MustCompile(`-range.*`)
	literal  = regexp.MustCompile(`\$(\d+)`)
)

// runtimeName is how the runtime calls a function.
func (p *program) runtimeName(name string) string {
	name = instance.ReplaceAllString(strings.ReplaceAll(name, p.own+".", ""), "")
	name = value.ReplaceAllString(name, "$1")
	first := true
	name = literal.ReplaceAllStringFunc(name, func(s string) string {
		if first {
			first = false
			return ".func" + s[1:]
		}
		return "." + s[1:]
	})
	return "main." + name
}

// compareVTA compares with the call graph of the whole program's SSA.
func (p *program) compareVTA(t *testing.T, roots []*packages.Package) {
	prog, _ := ssautil.AllPackages(roots, ssa.InstantiateGenerics)
	prog.Build()
	graph := vta.CallGraph(ssautil.AllFunctions(prog), cha.CallGraph(prog))
	theirs := map[string]map[string]bool{}
	for fn, n := range graph.Nodes {
		if fn == nil || fn.Synthetic != "" && fn.Origin() == nil && fn.Parent() == nil {
			continue
		}
		if name := summary.FuncName(fn); p.mine(name) {
			if theirs[name] == nil {
				theirs[name] = map[string]bool{}
			}
			p.vtaReaches(n, theirs[name])
		}
	}
	ours, all := 0, 0
	for name, reached := range theirs {
		if p.handed(name) {
			continue
		}
		found := p.reaches(name)
		ours, all = ours+len(found), all+len(reached)
		for callee := range reached {
			if !found[callee] {
				t.Errorf("%s reaches %s by VTA only", name, callee)
			}
		}
	}
	t.Logf("%d functions: VTA reaches %d, summaries %d", len(theirs), all, ours)
	if float64(ours) > more*float64(all) {
		t.Errorf("summaries reach %d functions, VTA %d", ours, all)
	}
}

func (p *program) vtaReaches(from *callgraph.Node, found map[string]bool) {
	seen := map[*callgraph.Node]bool{}
	work := []*callgraph.Node{from}
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		for _, e := range n.Out {
			if _, spawned := e.Site.(*ssa.Go); spawned || seen[e.Callee] {
				continue
			}
			seen[e.Callee] = true
			work = append(work, e.Callee)
			fn := e.Callee.Func
			if name := summary.FuncName(fn); p.mine(name) && (fn.Synthetic == "" || fn.Origin() != nil || fn.Parent() != nil) {
				found[name] = true
			}
		}
	}
}

func TestSetKeepsWhatIsAdded(t *testing.T) {
	all := []uint32{0, 5, 63, 64, 255, 256, 1000, 70000}
	s, news := flow.NewSet(all...), flow.NewSet()
	other := flow.NewSet(5, 6, 70001)
	if !s.Merge(other, &news) || s.Merge(other, &news) {
		t.Error("merge says that nothing is new, or that the same is new twice")
	}
	if got := news.Elements(); !slices.Equal(got, []uint32{6, 70001}) {
		t.Errorf("new: %v", got)
	}
	if got := s.Elements(); !slices.Equal(got, []uint32{0, 5, 6, 63, 64, 255, 256, 1000, 70000, 70001}) {
		t.Errorf("all: %v", got)
	}
}
