package claims

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// An engine measures each distinct thing once for each toolchain and setting.
type engine struct {
	lab        *labrun.Lab
	toolchains []*toolchain
	store      *store

	mu     sync.Mutex
	values map[spot]claim.Value
}

// A toolchain with what was read of it.
type toolchain struct {
	labrun.Toolchain
	missing error // why there is none
	source  *source
}

// A spot is where a value belongs.
type spot struct {
	toolchain string
	variant   claim.Variant
	measure   claim.Measure
}

// place says where the value of a check is found.
func place(t *toolchain, v claim.Variant, c claim.Check) spot {
	if c.Under != (claim.Variant{}) {
		v = c.Under
	}
	if !c.Measure.FollowsVariant() {
		v = claim.Variant{}
	}
	return spot{t.Name, v, c.Measure}
}

// A unit is what is measured at one go: all keys of a probe, all fields of a row,
// all patterns in a file.
type unit struct {
	toolchain *toolchain
	variant   claim.Variant
	kind      claim.Kind
	name      string
	code      string
	measures  []claim.Measure
}

func (u *unit) String() string {
	what := string(u.kind)
	if u.name != "" {
		what += " " + u.name
	}
	return what + " with " + u.toolchain.Name
}

func newEngine(ctx context.Context, lab *labrun.Lab, names []string) *engine {
	e := &engine{lab: lab, values: make(map[spot]claim.Value), store: openStore(lab)}
	for _, name := range names {
		t := &toolchain{}
		t.Toolchain, t.missing = labrun.FindToolchain(ctx, name)
		t.source = newSource(t.Toolchain)
		e.toolchains = append(e.toolchains, t)
	}
	return e
}

// plan lists what the claims need, each thing once, slow kinds first.
func (e *engine) plan(claims []claim.Claim) []*unit {
	type key struct {
		toolchain  string
		variant    claim.Variant
		kind       claim.Kind
		name, code string
	}
	at := make(map[key]*unit)
	seen := make(map[spot]bool)
	byKind := make(map[claim.Kind][]*unit)
	for i := range claims {
		for _, t := range e.toolchains {
			for _, v := range settingsOf(&claims[i]) {
				for _, check := range checks(&claims[i]) {
					where := place(t, v, check)
					if !check.On(t.Minor) || seen[where] {
						continue
					}
					seen[where] = true
					name, code := share(check.Measure)
					k := key{t.Name, where.variant, check.Measure.Kind, name, code}
					u := at[k]
					if u == nil {
						u = &unit{toolchain: t, variant: where.variant, kind: k.kind, name: name, code: code}
						at[k] = u
						byKind[k.kind] = append(byKind[k.kind], u)
					}
					u.measures = append(u.measures, check.Measure)
				}
			}
		}
	}
	var units []*unit
	for _, kind := range []claim.Kind{claim.KindProbe, claim.KindScenario, claim.KindTool, claim.KindCompile, claim.KindAsm, claim.KindSource, claim.KindDeclared} {
		units = append(units, byKind[kind]...)
	}
	return units
}

// share returns what measurements of one unit have in common.
func share(m claim.Measure) (name, code string) {
	switch m.Kind {
	case claim.KindScenario, claim.KindProbe, claim.KindSource, claim.KindDeclared:
		return m.Name, ""
	case claim.KindCompile:
		return m.Key, m.Code
	case claim.KindAsm, claim.KindTool:
		return m.Name, m.Code
	}
	return m.Name, m.Code
}

// measure works through the units side by side. The first error of the lab's own
// stops it; what was measured until then is kept.
func (e *engine) measure(ctx context.Context, units []*unit, progress func(done, total int, what string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *unit)
	var all sync.WaitGroup
	done := 0
	for range min(e.lab.Jobs(), len(units)) {
		all.Go(func() {
			for u := range next {
				values, err := e.run(ctx, u)
				if err != nil {
					cancel(fmt.Errorf("%s: %w", u, err))
					continue
				}
				e.mu.Lock()
				for m, v := range values {
					e.values[spot{u.toolchain.Name, u.variant, m}] = v
				}
				done++
				if progress != nil {
					progress(done, len(units), u.String())
				}
				e.mu.Unlock()
			}
		})
	}
feed:
	for _, u := range units {
		select {
		case next <- u:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	all.Wait()
	if err := e.store.save(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

type found map[claim.Measure]claim.Value

// run takes the values of a unit from the store, or measures them all. Those of a
// scenario are not in the store: the lab keeps its runs, and judges them anew.
func (e *engine) run(ctx context.Context, u *unit) (found, error) {
	if u.toolchain.missing != nil {
		return u.notRun(u.toolchain.missing.Error()), nil
	}
	key, err := e.key(u)
	if err != nil {
		return nil, err
	}
	kept := u.kind != claim.KindScenario
	if kept {
		if values, ok := e.store.get(u, key); ok {
			return values, nil
		}
	}
	values, err := e.take(ctx, u)
	if why, ok := labrun.Reason(err); ok {
		return u.notRun(why), nil
	}
	if err != nil {
		return nil, err
	}
	if kept {
		e.store.put(u, key, values)
	}
	return values, nil
}

func (u *unit) notRun(why string) found {
	values := make(found)
	for _, m := range u.measures {
		values[m] = claim.Value{NotRun: why}
	}
	return values
}

// texts gives each measure of a unit its value.
func (u *unit) texts(text func(m claim.Measure) string) found {
	values := make(found)
	for _, m := range u.measures {
		values[m] = claim.Value{Text: text(m)}
	}
	return values
}

// key changes with what a unit's values depend on besides the toolchain's
// release, the setting and the measures themselves.
func (e *engine) key(u *unit) (string, error) {
	switch u.kind {
	case claim.KindProbe:
		return e.lab.ProbeKey(u.toolchain.Toolchain, setting(u.variant))
	case claim.KindSource, claim.KindDeclared:
		return u.toolchain.Root + " " + u.toolchain.Stamp, nil
	}
	return u.toolchain.Stamp, nil
}

func (e *engine) take(ctx context.Context, u *unit) (found, error) {
	t := u.toolchain
	if line := goLineMinor(u.variant.GoLine); line > t.Minor {
		return u.notRun(fmt.Sprintf("Go 1.%d does not build for go line %s", t.Minor, u.variant.GoLine)), nil
	}
	switch u.kind {
	case claim.KindScenario:
		return e.scenario(ctx, u)
	case claim.KindProbe:
		lines, err := e.lab.Probe(ctx, t.Toolchain, u.name, setting(u.variant))
		if err != nil {
			return nil, err
		}
		values := make(found)
		for _, m := range u.measures {
			if text, ok := lines[m.Key]; ok {
				values[m] = claim.Value{Text: text}
			} else {
				values[m] = claim.Value{NotRun: "probe " + u.name + " does not tell " + m.Key}
			}
		}
		return values, nil
	case claim.KindSource, claim.KindDeclared:
		return t.source.take(ctx, u)
	case claim.KindCompile, claim.KindAsm, claim.KindTool:
		return e.program(ctx, u)
	}
	return nil, fmt.Errorf("the lab cannot measure a %q", u.kind)
}

// setting is a variant for the lab.
func setting(v claim.Variant) labrun.Setting {
	return labrun.Setting{GoLine: v.GoLine, Env: strings.Fields(v.Env)}
}

// goLineMinor returns 22 for "1.22.1", 0 for "".
func goLineMinor(line string) int {
	_, rest, _ := strings.Cut(line, ".")
	rest, _, _ = strings.Cut(rest, ".")
	n, err := strconv.Atoi(rest)
	if err != nil {
		return 0
	}
	return n
}
