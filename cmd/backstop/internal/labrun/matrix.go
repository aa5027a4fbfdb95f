package labrun

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/backstop-go/backstop/lab/scenario"
)

// A Plan says what to observe.
type Plan struct {
	Toolchains []string // names
	Scenarios  []scenario.Scenario
	Settings   []Setting // default: the default one
	// Progress is told each time a row is there, never from two goroutines.
	Progress func(done, total int, row *Row)
}

// Matrix observes each scenario on each toolchain under each setting; what is in
// the cache is not run again. Rows come in the order of the plan: scenario,
// toolchain, setting. A toolchain that cannot be had gives rows that say so.
func (l *Lab) Matrix(ctx context.Context, p Plan) ([]Row, error) {
	if len(p.Settings) == 0 {
		p.Settings = []Setting{{}}
	}
	var jobs []job
	toolchains := make([]Toolchain, len(p.Toolchains))
	missing := make([]error, len(p.Toolchains))
	for i, name := range p.Toolchains {
		toolchains[i], missing[i] = FindToolchain(ctx, name)
	}
	for _, s := range p.Scenarios {
		for i := range toolchains {
			for _, setting := range p.Settings {
				if s.On(toolchains[i].Minor) {
					jobs = append(jobs, job{toolchains[i], missing[i], s, setting})
				}
			}
		}
	}
	return l.work(ctx, jobs, p.Progress)
}

type job struct {
	toolchain Toolchain
	missing   error
	scenario  scenario.Scenario
	setting   Setting
}

// work runs jobs side by side. The first error of the lab stops it.
func (l *Lab) work(ctx context.Context, jobs []job, progress func(done, total int, row *Row)) ([]Row, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	rows := make([]Row, len(jobs))
	next := make(chan int)
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(l.jobs, len(jobs)) {
		all.Go(func() {
			for i := range next {
				row, err := l.row(ctx, jobs[i])
				if err != nil {
					cancel(err)
					continue
				}
				rows[i] = row
				mu.Lock()
				done++
				if progress != nil {
					progress(done, len(jobs), &row)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for _, i := range schedule(jobs) {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return rows, nil
}

// schedule orders jobs so that those that wait for a deadline, or take seconds,
// begin first and do not stand alone at the end.
func schedule(jobs []job) []int {
	var first, rest []int
	for i, j := range jobs {
		if slow(j.scenario) {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
	}
	return interleave(first, rest)
}

// slow programs hang until a deadline of their own or fill a stack of a gigabyte.
func slow(s scenario.Scenario) bool {
	return s.Wait < scenario.Patience || s.Limits.AddressSpace > 4<<30
}

// interleave spreads the slow ones, four fast ones behind each.
func interleave(slow, fast []int) []int {
	var all []int
	for len(slow) > 0 || len(fast) > 0 {
		if len(slow) > 0 {
			all, slow = append(all, slow[0]), slow[1:]
		}
		n := min(4, len(fast))
		all, fast = append(all, fast[:n]...), fast[n:]
	}
	return all
}

// row takes a row from the cache, or observes and keeps it.
func (l *Lab) row(ctx context.Context, j job) (Row, error) {
	if j.missing != nil {
		row := l.blank(j.toolchain.Name, j.scenario, j.setting)
		row.NotRun = j.missing.Error()
		return row, nil
	}
	runs, err := l.runs(ctx, j)
	return l.judge(j, runs, err)
}

// runs takes what two runs left from the cache, or lets them happen and keeps it.
// It is kept as it was, and judged each time: with another version of package
// crash a row must not say what the last one found. What is missing today may be
// there tomorrow, and is not kept.
func (l *Lab) runs(ctx context.Context, j job) (*Runs, error) {
	file, err := l.rowFile(j)
	if err != nil {
		return nil, err
	}
	if !l.fresh {
		if kept := read(file); kept != nil {
			return kept, nil
		}
	}
	runs, err := l.both(ctx, j.toolchain, j.scenario, j.setting)
	if err != nil {
		return nil, err
	}
	return runs, keep(file, runs)
}

// observer changes when programs are started in another way, so that what is kept
// is measured again.
const observer = 9

// rowFile names two runs by all they depend on: the source of their program, the
// toolchain, the declaration, the setting.
func (l *Lab) rowFile(j job) (string, error) {
	p, err := findProgram(j.scenario.Program)
	if err != nil {
		return "", err
	}
	source, err := sourceKey(p.Dir, "harness", "launch", "bounded")
	if err != nil {
		return "", err
	}
	s := &j.scenario // what it says to people, and what class it should be, changes no run
	text, err := json.Marshal([]any{observer, source, p, s.Name, s.Args, s.Env, s.Limits, s.Stdout, s.Stderr, s.Wait, j.setting, j.toolchain})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return filepath.Join(l.dir, "rows", j.toolchain.Name, hex.EncodeToString(sum[:12])+".json.gz"), nil
}

// read returns what keep wrote, nil when it is not there or damaged.
func read(file string) *Runs {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil
	}
	var runs Runs
	if json.NewDecoder(z).Decode(&runs) != nil || runs.Plain == nil || runs.Guarded == nil {
		return nil
	}
	return &runs
}

// keep writes two runs so that they are there whole or not at all.
func keep(file string, runs *Runs) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "draft")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	z := gzip.NewWriter(f)
	if err := errors.Join(json.NewEncoder(z).Encode(runs), z.Close(), f.Close()); err != nil {
		return fmt.Errorf("keep a row: %w", err)
	}
	return os.Rename(f.Name(), file)
}
