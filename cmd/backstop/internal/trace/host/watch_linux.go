package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

// A Watcher finds the processes of a selection, now and later.
type Watcher struct {
	options  Options
	selector *selector
	index    index
	host     *bpf.Host // nil without the kernel's help
	events   chan Event
	cancel   context.CancelFunc
	running  sync.WaitGroup // the goroutine that looks
	reading  sync.WaitGroup // that which reads records
	once     sync.Once      // to close
	closing  error

	mu      sync.Mutex
	targets map[int]*Target
	adopted map[int]bool // targets without an Added yet
	gone    []gone       // targets that were removed a short time ago, oldest first

	refusals atomic.Int64 // what denied holds, for others

	// For the goroutine that looks.
	looked    map[int]looked  // processes that are no targets
	forbidden map[int]string  // processes that could not be looked at, and their names
	denied    map[string]bool // programs that were named, or may have been, and cannot be traced
	told      map[string]bool
	lost      uint64
}

// looked is what a process was when it was found not to be a target.
type looked struct {
	start time.Duration
	id    Identity
}

// A gone target is remembered for the sake of records that are read late.
type gone struct {
	target *Target
	at     time.Time
}

// remember is how long.
const remember = 10 * time.Second

// Watch begins to look. Processes that run already are the first events. Close the
// Watcher after use.
func Watch(ctx context.Context, o Options) (*Watcher, error) {
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	w := &Watcher{
		options:   o,
		index:     index{proc: "/proc", known: make(map[Identity]*known)},
		events:    make(chan Event),
		targets:   make(map[int]*Target),
		adopted:   make(map[int]bool),
		looked:    make(map[int]looked),
		forbidden: make(map[int]string),
		denied:    make(map[string]bool),
		told:      make(map[string]bool),
	}
	var err error
	if w.selector, err = newSelector(o.Selection, w.index.proc); err != nil {
		return nil, err
	}
	var host bpf.HostOptions
	if o.CatchFirst {
		if host, err = w.selector.catch(); err != nil {
			return nil, err
		}
		host.Ready = o.Ready
	}
	for _, pid := range o.PIDs {
		if err := w.check(pid); err != nil {
			return nil, errors.Join(err, w.index.close())
		}
	}
	// From here on nothing that starts is overlooked: what the scan does not see,
	// a record tells.
	notice, err := w.open(host)
	if err != nil {
		return nil, errors.Join(err, w.index.close())
	}
	ctx, w.cancel = context.WithCancel(ctx)
	w.running.Go(func() { w.run(ctx, notice) })
	return w, nil
}

// open attaches to the kernel's tracepoints. Without them it says what is lost,
// unless programs were to be stopped.
func (w *Watcher) open(o bpf.HostOptions) (notice string, err error) {
	if w.options.WithoutKernel && !w.options.CatchFirst {
		return "", nil
	}
	if err := namespace(); err != nil {
		return "", err
	}
	w.host, err = bpf.OpenHost(o)
	if err == nil {
		if err := w.host.Partial(); err != nil {
			notice = "not everything about processes is seen: " + err.Error()
		}
		return notice, nil
	}
	if w.options.CatchFirst {
		return "", fmt.Errorf("stop programs when they start: %w", err)
	}
	w.host = nil
	return fmt.Sprintf("processes are looked for every %v, since the kernel tells nothing of them (%v): not seen are those that end sooner, how processes end, who kills them, and for want of memory", w.options.Poll, err), nil
}

// hostNamespace is what the kernel calls its first pid namespace
// (PROC_PID_INIT_INO in linux/proc_ns.h).
const hostNamespace = "pid:[4026531836]"

// namespace reports whether the kernel's numbers of processes are those of /proc.
func namespace() error {
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return fmt.Errorf("find out about numbers of processes: %w", err)
	}
	if ns != hostNamespace {
		return &usageError{"the kernel's numbers of processes are not those of this container", "share the pid namespace of the host (docker run --pid=host, hostPID: true), or trace on the host"}
	}
	return nil
}

// check reports whether a process that was asked for can be traced.
func (w *Watcher) check(pid int) error {
	if pid == os.Getpid() {
		return &usageError{fmt.Sprintf("process %d is this one", pid), "-pid takes the number of another process"}
	}
	s, err := w.index.proc.stat(pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return &usageError{fmt.Sprintf("there is no process %d", pid), "-pid takes a number that ps shows"}
	}
	if err == nil && s.kernel { // who may not look at it, gets no better reason
		return &usageError{fmt.Sprintf("process %d is a thread of the kernel", pid), "-pid takes the number of a program that runs, as ps shows it"}
	}
	path, err := w.index.proc.link(pid)
	if err == nil {
		_, err = w.index.lookup(pid, path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Sprintf("process %d has ended", pid), "-pid takes the number of a program that runs, as ps shows it"}
	}
	if err != nil {
		return rights.Explain(fmt.Errorf("look at process %d: %w", pid, err), rights.SysPtrace, rights.DACReadSearch)
	}
	return nil
}

// Events are what was found, in its order. The channel is closed when the context
// ends or the Watcher is closed. Who reads slowly delays what follows; the kernel
// keeps some ten thousand records meanwhile.
func (w *Watcher) Events() <-chan Event { return w.events }

// Refused counts the programs that were named, and of All every program, that run
// and cannot be traced. One that may not be looked at is known by the name of its
// process alone.
func (w *Watcher) Refused() int { return int(w.refusals.Load()) }

// Target is the one with a pid, or the last that had it until a few seconds ago;
// nil if there is none. It may be there before its Added: who reads records of
// probes may be faster than who looks at new processes, and then looks for itself.
func (w *Watcher) Target(pid int) *Target {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.targets[pid]; t != nil {
		return t
	}
	for i := len(w.gone) - 1; i >= 0; i-- {
		if t := w.gone[i].target; t.PID == pid && time.Since(w.gone[i].at) < remember {
			return t
		}
	}
	t, err := w.examine(pid)
	if err != nil {
		return nil
	}
	w.targets[pid], w.adopted[pid] = t, true
	return t
}

// current is the target that has a pid now, for the goroutine that looks.
func (w *Watcher) current(pid int) *Target {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.targets[pid]
}

// Close ends looking, detaches from the kernel, and lets all go on that it
// stopped.
func (w *Watcher) Close() error {
	w.once.Do(func() { w.closing = w.close() })
	return w.closing
}

func (w *Watcher) close() error {
	w.cancel()
	var errs []error
	if w.host != nil {
		errs = append(errs, w.host.Detach()) // nothing is stopped any more
	}
	w.running.Wait()
	if s := w.Stopped(); s != nil {
		noted, err := s.Noted()
		errs = append(errs, err)
		for pid := range noted {
			errs = append(errs, Resume(s, int(pid)))
		}
	}
	if w.host != nil {
		errs = append(errs, w.host.Close())
	}
	w.reading.Wait()
	return errors.Join(append(errs, w.index.close())...)
}

// run is the goroutine that looks.
func (w *Watcher) run(ctx context.Context, notice string) {
	defer close(w.events)
	records := make(chan recordOrError, 64)
	if w.host != nil {
		w.reading.Go(func() { w.read(ctx, records) })
	}
	if notice != "" {
		w.send(ctx, Event{Kind: Notice, Text: notice})
	}
	w.scan(ctx)
	tick := time.NewTicker(w.options.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-records:
			if r.err != nil {
				w.tell(ctx, "read", r.err.Error())
				continue
			}
			w.record(ctx, r.record)
		case <-tick.C:
			w.forget()
			w.expire(time.Now())
			if w.host == nil || w.losing(ctx) {
				w.scan(ctx)
			}
		}
	}
}

type recordOrError struct {
	record bpf.Record
	err    error
}

// read passes records on until the programs are closed.
func (w *Watcher) read(ctx context.Context, to chan<- recordOrError) {
	for {
		r, err := w.host.Read()
		select {
		case to <- recordOrError{r, err}:
		case <-ctx.Done():
			return
		}
		if errors.Is(err, os.ErrClosed) {
			return
		}
	}
}

func (w *Watcher) send(ctx context.Context, e Event) {
	select {
	case w.events <- e:
	case <-ctx.Done():
	}
}

// tell sends a notice once.
func (w *Watcher) tell(ctx context.Context, key, text string) {
	if !w.told[key] {
		w.told[key] = true
		w.send(ctx, Event{Kind: Notice, Text: text})
	}
}

// losing reports whether records were lost since it was asked last.
func (w *Watcher) losing(ctx context.Context) bool {
	var n uint64
	for _, lost := range w.host.Lost() {
		n += lost
	}
	if n == w.lost {
		return false
	}
	w.lost = n
	w.tell(ctx, "lost", "more happens to processes than can be read: some of it is lost")
	return true
}

// scan compares the targets with /proc.
func (w *Watcher) scan(ctx context.Context) {
	pids, err := w.index.proc.pids()
	if err != nil {
		w.tell(ctx, "scan", err.Error())
		return
	}
	clear(w.forbidden)
	for _, t := range w.all() {
		s, err := w.index.proc.stat(t.PID)
		if err != nil || s.start != t.Start || s.state == 'Z' {
			w.remove(ctx, t)
		}
	}
	there := make(map[int]bool, len(pids))
	for _, pid := range pids {
		there[pid] = true
		w.compare(ctx, pid)
	}
	for pid := range w.looked {
		if !there[pid] {
			delete(w.looked, pid)
		}
	}
	w.tellForbidden(ctx)
}

// maxNamed is how many processes a notice names.
const maxNamed = 3

// tellForbidden tells of processes that may be selected and may not be looked at.
func (w *Watcher) tellForbidden(ctx context.Context) {
	if len(w.forbidden) == 0 {
		return
	}
	var list []string
	for _, pid := range slices.Sorted(maps.Keys(w.forbidden)) {
		if len(list) == maxNamed {
			list = append(list, fmt.Sprintf("%d more", len(w.forbidden)-maxNamed))
			break
		}
		list = append(list, fmt.Sprintf("%d %s", pid, w.forbidden[pid]))
	}
	err := rights.Explain(fs.ErrPermission, rights.SysPtrace, rights.DACReadSearch)
	w.tell(ctx, "forbidden", fmt.Sprintf("processes that could not be looked at: %s: %v", strings.Join(list, ", "), err))
}

// forbid notes a process that may not be looked at.
func (w *Watcher) forbid(pid int) {
	s, err := w.index.proc.stat(pid)
	if err == nil && w.selector.maybe(pid, s.comm) {
		w.forbidden[pid] = s.comm
		w.deny(s.comm)
	}
}

// maxDenied bounds how many names of programs are counted: a host may start others
// all the time.
const maxDenied = 1000

// deny counts a program that cannot be traced, unless only its cgroup was named.
func (w *Watcher) deny(name string) {
	if len(w.denied) < maxDenied && (w.selector.All || len(w.selector.Exes) > 0) {
		w.denied[name] = true
		w.refusals.Store(int64(len(w.denied)))
	}
}

// compare looks at a process unless it is what it was.
func (w *Watcher) compare(ctx context.Context, pid int) {
	id, err := w.index.identity(pid)
	if errors.Is(err, fs.ErrPermission) {
		w.forbid(pid)
	}
	if err != nil {
		return // of the kernel, ended, or another user's
	}
	if t := w.current(pid); t != nil {
		if t.Executable.Identity == id && !w.unannounced(pid) {
			return
		}
	} else if l, ok := w.looked[pid]; ok && l.id == id {
		if s, err := w.index.proc.stat(pid); err == nil && s.start == l.start {
			return
		}
	}
	w.look(ctx, pid, bpf.Record{})
}

func (w *Watcher) all() []*Target {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]*Target, 0, len(w.targets))
	for _, t := range w.targets {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Target) int { return a.PID - b.PID })
	return all
}

// record handles what the kernel has seen.
func (w *Watcher) record(ctx context.Context, r bpf.Record) {
	pid := int(r.PID)
	switch r.Kind {
	case bpf.Exec:
		w.look(ctx, pid, r)
	case bpf.Exit:
		delete(w.looked, pid)
		t := w.current(pid)
		w.send(ctx, Event{Kind: Seen, Target: t, Record: r}) // of one that had ended before it could be looked at, too
		if t != nil {
			w.remove(ctx, t)
		}
	default:
		w.send(ctx, Event{Kind: Seen, Target: w.current(pid), Record: r})
	}
}

func (w *Watcher) remove(ctx context.Context, t *Target) {
	w.mu.Lock()
	delete(w.targets, t.PID)
	delete(w.adopted, t.PID)
	w.gone = append(w.gone, gone{t, time.Now()})
	w.mu.Unlock()
	w.send(ctx, Event{Kind: Removed, Target: t})
}

// forget drops targets that have been gone for long enough.
func (w *Watcher) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for n < len(w.gone) && time.Since(w.gone[n].at) > remember {
		n++
	}
	w.gone = slices.Delete(w.gone, 0, n)
}

func (w *Watcher) unannounced(pid int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.adopted[pid]
}

// expire closes executables that nobody has run for long.
func (w *Watcher) expire(now time.Time) {
	running := make(map[*Executable]bool)
	for _, t := range w.all() {
		running[t.Executable] = true
	}
	w.index.expire(now, running)
}

// announce reports whether a target was found by somebody else and has to be
// announced still.
func (w *Watcher) announce(pid int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.adopted[pid]
	delete(w.adopted, pid)
	return found
}
