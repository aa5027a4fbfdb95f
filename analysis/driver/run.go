package driver

import (
	"context"
	"fmt"
	"go/types"
	"runtime/debug"
	"sync"
)

// A run is one call of Run.
type run struct {
	cfg   *Config
	plan  *plan
	prog  *program
	cache *cache

	universes map[string]*universe // by the test they are built for
	mu        sync.Mutex
	done      int
	cached    int
}

// all analyzes the units whose results are not known, each after those it
// imports. A unit that is known needs nothing of what it imports.
func (r *run) all(ctx context.Context) error {
	r.universes = make(map[string]*universe)
	for _, u := range r.prog.units {
		if r.universes[u.pkg.ForTest] == nil {
			r.universes[u.pkg.ForTest] = newUniverse(r.prog.fset.FileSet)
		}
	}
	slots := make(chan struct{}, r.cfg.Parallel)
	var wg sync.WaitGroup
	for _, u := range r.prog.units {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer close(u.done)
			defer func() {
				if v := recover(); v != nil {
					r.rescue(u, v)
				}
			}()
			for _, d := range u.deps {
				<-d.done
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				r.unit(u)
			}
		}()
	}
	wg.Wait()
	return ctx.Err()
}

// rescue turns a panic of ours, with value v, into a problem of the package at
// hand.
func (r *run) rescue(u *unit, v any) {
	u.key = ""
	if u.out == nil {
		u.out = r.empty(u)
	}
	u.out.Problems = append(u.out.Problems, Problem{Lost: true, Package: u.pkg.PkgPath, Place: Place{
		Message: fmt.Sprintf("reading it panicked, which is a bug of backstop: %v\n%s", v, debug.Stack()),
	}})
	r.tell(u, false)
}

func (r *run) empty(u *unit) *Package {
	p := &Package{ID: u.pkg.ID, Path: u.pkg.PkgPath, Target: u.target, Collected: make(map[string][]byte)}
	if u.pkg.Module != nil {
		p.Module = u.pkg.Module.Path
	}
	for _, d := range u.deps {
		p.Imports = append(p.Imports, d.pkg.ID)
	}
	return p
}

func (r *run) unit(u *unit) {
	if entry, ok := r.cache.get(u.key); ok {
		u.out, u.facts = entry.Package, &factSet{encoded: entry.Facts, decoded: make(map[factKey]fact)}
		if u.pkg.ExportFile != "" {
			r.tell(u, true)
			return
		}
	}
	r.analyze(u)
	if u.key != "" {
		if facts, err := u.facts.encode(); err == nil {
			r.cache.put(u.key, &entry{u.out, facts})
		}
	}
	r.tell(u, false)
}

func (r *run) tell(u *unit, cached bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if cached {
		r.cached++
	}
	if r.cfg.Progress != nil {
		r.cfg.Progress(r.done, len(r.prog.units), u.pkg.PkgPath)
	}
}

// unitOf is the unit whose facts a package of types has, as u sees it: the
// variant that is built for the same test, where there is one.
func (r *run) unitOf(u *unit, p *types.Package) *unit {
	if u.pkg.ForTest != "" {
		if v := r.prog.byID[p.Path()+" ["+u.pkg.ForTest+".test]"]; v != nil {
			return v
		}
	}
	return r.prog.byID[p.Path()]
}

func (r *run) result() *Result {
	for i := range r.prog.problems {
		r.prog.problems[i].File = r.prog.fset.relative(r.prog.problems[i].File)
	}
	res := &Result{Problems: r.prog.problems, Cached: r.cached, Analyzed: len(r.prog.units) - r.cached}
	for _, u := range r.prog.units {
		if u.out != nil && (u.target || r.plan.collectsDeps || len(u.out.Problems) > 0 && u.key == "") {
			u.out.rename(r.prog.fset.relative)
			res.Packages = append(res.Packages, u.out)
		}
	}
	return res
}

// rename gives every place and edit of the package another name of its file.
func (p *Package) rename(name func(string) string) {
	places := func(list []Place) {
		for i := range list {
			list[i].File = name(list[i].File)
		}
	}
	for i := range p.Findings {
		f := &p.Findings[i]
		f.File = name(f.File)
		places(f.Path)
		places(f.Related)
		for _, fix := range f.Fixes {
			for j := range fix.Edits {
				fix.Edits[j].File = name(fix.Edits[j].File)
			}
		}
	}
	for i := range p.Problems {
		p.Problems[i].File = name(p.Problems[i].File)
	}
	for i := range p.Ignores {
		p.Ignores[i].File = name(p.Ignores[i].File)
	}
}
