package a

import (
	"context"
	"log"
	"net/http"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"
)

func parse(line string) string {
	return strings.Split(line, ":")[1]
}

type item struct {
	key  string
	data map[string]any
}

func (i *item) expire() {
	if i.key == "" {
		panic("no key") // its own state
	}
	log.Print(i.data["size"].(int))
}

// Faults.

func timers(line string, i *item) {
	time.AfterFunc(time.Second, func() { parse(line) }) // want `time.AfterFunc runs this function in a goroutine that recovers nothing, so that a panic in it ends the process: parse, which it calls`
	time.AfterFunc(time.Second, i.expire)               // want `time.AfterFunc runs this function`
	f := func() { parse(line) }
	t := time.AfterFunc(time.Second, f) // want `time.AfterFunc runs`
	t.Stop()
}

func contexts(ctx context.Context, line string) {
	stop := context.AfterFunc(ctx, func() { // want `context.AfterFunc runs`
		parse(line)
	})
	stop()
}

func groups(lines []string) error {
	var g errgroup.Group
	for _, l := range lines {
		g.Go(func() error { // want `\(\*errgroup.Group\).Go runs`
			parse(l)
			return nil
		})
	}
	return g.Wait()
}

func waitGroup(wg *sync.WaitGroup, line string) {
	wg.Go(func() { // want `\(\*sync.WaitGroup\).Go runs`
		parse(line)
	})
}

func finalizers(i *item) {
	runtime.SetFinalizer(i, func(i *item) { // want `runtime.SetFinalizer runs`
		parse(i.key)
	})
	runtime.SetFinalizer(i, (*item).expire) // want `runtime.SetFinalizer runs`
}

// Whatever the callers supply.
func GoAfter(f func()) {
	time.AfterFunc(time.Second, f) // want `it calls f, which comes from outside`
}

func SubmitWait(f func(), wg *sync.WaitGroup) {
	wg.Go(func() { // want `it calls f, which comes from outside`
		f()
	})
}

// The guard of the caller is on another stack.
func guardOutside(line string, wg *sync.WaitGroup) {
	defer guard()
	wg.Go(func() { parse(line) }) // want `\(\*sync.WaitGroup\).Go runs`
	wg.Wait()
}

func disarmed(line string, wg *sync.WaitGroup) {
	wg.Go(func() { // want `\(\*sync.WaitGroup\).Go runs`
		defer recover()
		parse(line)
	})
}

type job struct{ line string }

func (j job) Run() { parse(j.line) }

func scheduled(line string) {
	c := cron.New()
	c.AddFunc("@hourly", func() { parse(line) }) // want `\(\*cron.Cron\).AddFunc runs`
	c.AddJob("@daily", job{line})                // want `AddJob runs`
}

// No faults.

func guard() {
	if r := recover(); r != nil {
		log.Print(r)
	}
}

func guarded(line string, wg *sync.WaitGroup, g *errgroup.Group) {
	wg.Go(func() {
		defer guard()
		parse(line)
	})
	g.Go(func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = context.Canceled
			}
		}()
		parse(line)
		return nil
	})
	time.AfterFunc(time.Second, safe(func() { parse(line) })) // the wrapper has a guard
	time.AfterFunc(time.Second, func() { one(line) })         // so has the callee
}

func one(line string) {
	defer guard()
	parse(line)
}

func safe(f func()) func() {
	return func() {
		defer guard()
		f()
	}
}

// Nothing in them panics.
func quiet(ctx context.Context, cancel context.CancelFunc, wg *sync.WaitGroup, done chan struct{}) {
	time.AfterFunc(time.Second, cancel)
	time.AfterFunc(time.Second, func() { close(done) })
	context.AfterFunc(ctx, func() { log.Print("done") })
	wg.Go(func() { <-done })
}

// They call in the goroutine of the caller, who may have a guard.
func callers(lines []string, once *sync.Once, root string) {
	sort.Slice(lines, func(i, j int) bool { return parse(lines[i]) < parse(lines[j]) })
	once.Do(func() { parse(root) })
	filepath.WalkDir(root, nil)
}

// net/http recovers.
func handlers(mux *http.ServeMux) {
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { parse(r.URL.Path) })
}

// The go statement is in this module: goroutine-unguarded has it.
func spawn(f func()) {
	go f()
}

func spawns(line string) {
	spawn(func() { parse(line) })
}
