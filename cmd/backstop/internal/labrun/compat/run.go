package compat

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
)

// An arming says what is to happen in a run: nothing, or one point panics.
type arming struct {
	point     string
	request   int // which one reaches it, -1 when none does
	times     int // panics
	reference int // goroutines at the point without faults; 0 when unknown
}

func (a arming) spec() string {
	if a.point == "" {
		return ""
	}
	return fmt.Sprintf("%s=%d*panic(as backstop lab compat planned)", a.point, a.times)
}

// identity is what a program is told about itself.
type identity struct{ service, release, environment string }

// An outcome is what was seen of one run. It is judged elsewhere.
type outcome struct {
	arming  arming
	given   identity
	passes  []pass
	serves  bool
	shots   []shot // the requests, one after the other
	burst   []shot // requests at once
	after   []shot // one request after another, until it passed the point in peace
	failed  string // why it could not be run to its end
	tooNew  string // the go command found that its toolchain does not apply
	result  supervise.Result
	stopped bool // we asked it to end; else it ended by itself
	overdue bool // it had to be killed
	log     string
	events  []event.Event
	names   []store.Service
}

// A session is one run under way.
type session struct {
	*outcome
	o         *Options
	dir       string // of its own
	requests  []Request
	collector *collector
	log       *tail

	stop   context.CancelFunc
	ended  chan struct{}
	result supervise.Result // read after ended
	err    error            // likewise
}

// armingOf plans the run in which a point panics: in the first request that passed
// it without faults, and then in several at once.
func (c *column) armingOf(point string, plain *outcome) arming {
	a := arming{point: point, request: -1, times: 1}
	for _, s := range plain.shots {
		if len(ofPoint(plain.passes[s.first:s.last], point)) > 0 {
			a.request = s.request
			a.times += c.o.AtOnce
			break
		}
	}
	// Not those at once: more requests under way are more goroutines.
	for _, s := range slices.Concat(plain.shots, plain.after) {
		for _, p := range ofPoint(plain.passes[s.first:s.last], point) {
			a.reference = max(a.reference, p.goroutines)
		}
	}
	return a
}

// run starts the program, does what is planned, and sees it to its end.
func (c *column) run(ctx context.Context, a arming) (*outcome, error) {
	c.runs++
	dir := filepath.Join(c.temp, fmt.Sprintf("%s-%d", c.toolchain, c.runs))
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o755); err != nil {
		return nil, err
	}
	s := &session{
		outcome: &outcome{
			arming: a, serves: len(c.o.Requests) > 0,
			given: identity{"lab-compat", "compat-" + random(4), "lab-compat"},
		},
		o: c.o, dir: dir, log: new(tail), ended: make(chan struct{}),
	}
	var err error
	if s.collector, err = startCollector(dir); err != nil {
		return nil, err
	}
	defer s.collector.stop()
	addr := ""
	if usesAddr(c.program.command, c.o.Requests) {
		if addr, err = freeAddr(); err != nil {
			return nil, err
		}
	}
	for _, r := range c.o.Requests {
		s.requests = append(s.requests, r.at(addr))
	}
	if s.serves && accepts(s.requests[0].host()) {
		return nil, hinted("end it, or write "+Addr+" in place of the address in the command and its requests", "something else listens on %s", s.requests[0].host())
	}
	s.start(ctx, c.program, addr)
	defer func() {
		s.stop()
		<-s.ended
	}()
	if s.serves {
		s.serve(ctx)
	} else {
		s.await(ctx)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return s.outcome, s.close(ctx)
}

func usesAddr(command []string, requests []Request) bool {
	return slices.ContainsFunc(command, func(w string) bool { return strings.Contains(w, Addr) }) ||
		slices.ContainsFunc(requests, func(r Request) bool { return strings.Contains(r.URL, Addr) })
}

func (s *session) passesFile() string { return filepath.Join(s.dir, "passes") }
func (s *session) spool() string      { return filepath.Join(s.dir, "spool") }

// start starts the program under supervision, so that a death is seen that the
// program cannot tell of.
func (s *session) start(ctx context.Context, p program, addr string) {
	ctx, s.stop = context.WithCancel(ctx)
	var command []string
	for _, w := range p.command {
		command = append(command, strings.ReplaceAll(w, Addr, addr))
	}
	o := supervise.Options{
		Command: command, Dir: s.o.Dir,
		Env: append(slices.Clone(p.env),
			"PWD="+s.o.Dir,
			"TMPDIR="+filepath.Join(s.dir, "tmp"),
			"BACKSTOP_COLLECTOR="+s.collector.url,
			"BACKSTOP_SPOOL="+s.spool(),
			"BACKSTOP_SERVICE="+s.given.service,
			"BACKSTOP_RELEASE="+s.given.release,
			"BACKSTOP_ENVIRONMENT="+s.given.environment,
			"BACKSTOP_POINTS="+s.arming.spec(),
			"BACKSTOP_POINTS_FILE="+s.passesFile(),
		),
		Stdout: s.log, Stderr: s.log,
		Grace: s.o.Wait,
	}
	if runtime.GOOS == "linux" {
		o.Limits.NoCore = true
	}
	if p.command[0] != "go" { // a failed test is no crash
		o.OnEvent = s.collector.add
	}
	pid := 0
	o.OnStart = func(p event.Process) { pid = p.PID }
	go func() {
		defer close(s.ended)
		s.result, s.err = supervise.Run(ctx, o)
		endGroup(pid)
	}()
}

// alive reports whether the program still runs, after it was given a moment to die.
func (s *session) alive(moment time.Duration) bool {
	select {
	case <-s.ended:
		return false
	case <-time.After(moment):
		return true
	}
}

// await lets a program or tests end by themselves.
func (s *session) await(ctx context.Context) {
	select {
	case <-s.ended:
	case <-ctx.Done():
	case <-time.After(s.o.Limit):
		s.overdue = true
	}
}

// serve sends the requests and then asks the program to end.
func (s *session) serve(ctx context.Context) {
	deadline := time.Now().Add(3 * s.o.Wait)
	for !accepts(s.requests[0].host()) {
		if !s.alive(5 * time.Millisecond) {
			s.failed = "it ended before it accepted a connection"
			return
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			s.failed = fmt.Sprintf("it did not accept a connection on %s within %v", s.requests[0].host(), 3*s.o.Wait)
			return
		}
	}
	hung := false
	for i := range s.requests {
		sh := s.send(ctx, i)
		s.shots = append(s.shots, sh)
		hung = hung || sh.hung
		if sh.status == 0 && !s.alive(300*time.Millisecond) {
			return
		}
	}
	if !hung {
		s.atOnce(ctx)
	}
	if s.alive(0) {
		s.goOn(ctx)
	}
	if s.alive(0) {
		s.stopped = true
		s.stop()
		<-s.ended
	}
}

// send sends a request, and waits for the points that it reaches after it was
// answered: the armed one for a second, others for a moment.
func (s *session) send(ctx context.Context, i int) shot {
	first := s.count()
	sh := send(ctx, i, s.requests[i], s.o.Wait)
	if i == s.arming.request {
		s.patiently(func() bool { return len(ofPoint(s.passes[first:], s.arming.point)) > 0 })
	}
	moment := 30 * time.Millisecond
	if s.arming.point == "" {
		moment = 200 * time.Millisecond // which request a point belongs to is found out now
	}
	s.alive(moment)
	sh.first, sh.last = first, s.count()
	return sh
}

// patiently waits until something is among the passes, or for a second.
func (s *session) patiently(until func() bool) {
	for range 20 {
		if s.count(); until() || !s.alive(50*time.Millisecond) {
			return
		}
	}
}

// atOnce sends the request that reaches the point several times at once. Without
// faults, it does the same for each request that reaches one: what a program
// starts for many requests is no leak.
func (s *session) atOnce(ctx context.Context) {
	targets := []int{s.arming.request}
	if s.arming.point == "" {
		targets = nil
		for _, sh := range s.shots {
			if sh.last > sh.first {
				targets = append(targets, sh.request)
			}
		}
	} else if s.arming.request < 0 || s.fired() == 0 {
		return
	}
	for _, i := range targets {
		shots := make([]shot, s.o.AtOnce)
		first := s.count()
		var all sync.WaitGroup
		for n := range shots {
			all.Go(func() { shots[n] = send(ctx, i, s.requests[i], s.o.Wait) })
		}
		all.Wait()
		s.alive(100 * time.Millisecond)
		if s.arming.point != "" {
			s.patiently(func() bool { return s.fired() >= s.arming.times })
		}
		for n := range shots {
			shots[n].first, shots[n].last = first, s.count()
		}
		s.burst = append(s.burst, shots...)
		if s.arming.point == "" {
			s.after = append(s.after, s.send(ctx, i))
		}
	}
}

// goOn sends one more request, again while the point still panics, and again for
// a moment while there are more goroutines than there should be.
func (s *session) goOn(ctx context.Context) {
	if s.arming.point == "" || s.arming.request < 0 {
		return
	}
	settled := time.Now().Add(2 * time.Second)
	for left := s.arming.times + 50; left > 0 && s.alive(0); left-- {
		fired := s.fired()
		sh := s.send(ctx, s.arming.request)
		s.after = append(s.after, sh)
		if sh.hung || ctx.Err() != nil {
			return
		}
		if s.fired() > fired {
			continue
		}
		if !leaks(s.grown(sh), s.fired()) || time.Now().After(settled) {
			return
		}
		s.alive(100 * time.Millisecond)
	}
}

// grown is how many goroutines there were at the point in a request, more than
// without faults.
func (s *outcome) grown(sh shot) int {
	at := ofPoint(s.passes[sh.first:min(sh.last, len(s.passes))], s.arming.point)
	if len(at) == 0 || s.arming.reference == 0 {
		return 0
	}
	return at[len(at)-1].goroutines - s.arming.reference
}

// leaks reports whether so many goroutines more are too many after so many panics.
func leaks(grown, fired int) bool { return grown >= 2 && 2*grown >= fired }

// count reads the passes and returns how many there are.
func (s *session) count() int {
	if all, err := readPasses(s.passesFile()); err == nil {
		s.passes = all
	}
	return len(s.passes)
}

// fired is how many times the armed point has panicked.
func (s *session) fired() int {
	s.count()
	return len(panicked(ofPoint(s.passes, s.arming.point)))
}

// close ends the program, waits for its events, and takes everything down.
func (s *session) close(ctx context.Context) error {
	s.stop()
	<-s.ended
	s.outcome.result = s.result
	s.outcome.log = s.log.String()
	if s.err != nil {
		s.failed = oneLine(s.err.Error())
	}
	if s.stopped && s.result.Exit.Signal == "" && s.result.Code == 2 && s.arming.point != "" && s.fired() > 0 {
		s.stopped = false // it was dying of the point already: status 2 is a traceback's
	}
	if (s.stopped || s.overdue) && s.result.Exit.Signal == "SIGKILL" {
		s.overdue = true
	}
	if why := tooNewFor(s.outcome.log); why != "" && len(s.passes) == 0 {
		s.tooNew = why
	}
	all, err := readPasses(s.passesFile())
	if err != nil {
		return err
	}
	s.passes = all
	return s.gather(ctx)
}

// gather waits for an event of each panic, and then for what should not come.
func (s *session) gather(ctx context.Context) error {
	const settle = 400 * time.Millisecond
	want := len(panicked(s.passes))
	deadline := time.Now().Add(s.o.Wait)
	for {
		s.collector.collect(s.spool())
		events, err := s.collector.arrivals(ctx)
		if err != nil {
			return err
		}
		if len(planned(events, s.arming.point)) >= want || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(settle)
	s.collector.collect(s.spool())
	s.names = s.collector.introduced(ctx)
	var err error
	s.events, err = s.collector.arrivals(ctx)
	return err
}

// planned are the events of a point's planned panics, however the program wrapped
// the value.
func planned(events []event.Event, point string) []event.Event {
	if point == "" {
		return nil
	}
	text := "planned panic at " + point + ": as backstop lab compat planned"
	return slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
		return !(e.Message != nil && strings.Contains(*e.Message, text)) && !strings.Contains(e.PanicValue, text)
	})
}

// passed are the points that were passed.
func (s *outcome) passed() []string { return pointsOf(s.passes) }

// broken says why a run without faults was not as it should be.
func (s *outcome) broken() string {
	last := func(why string) string {
		if s.log == "" {
			return why
		}
		return why + "; it said last: " + lastLines(s.log, 6)
	}
	if s.failed != "" {
		return last(s.failed)
	}
	for _, sh := range s.shots {
		if !sh.ok() {
			return last(fmt.Sprintf("request %d of %d: %s", sh.request+1, len(s.shots), sh.outcome()))
		}
	}
	switch {
	case s.overdue && s.stopped:
		return last("it did not end after SIGTERM and had to be killed")
	case s.overdue:
		return last("it did not end in time and had to be killed; a program that serves needs -request")
	case s.serves && !s.stopped:
		return last("it ended by itself: " + ending(s.result))
	case !s.serves && s.result.Code != 0:
		return last("it ended with " + ending(s.result))
	}
	return ""
}

// ending says how a program ended.
func ending(r supervise.Result) string {
	if r.Exit.Signal != "" {
		return r.Exit.Signal
	}
	return fmt.Sprintf("exit status %d", r.Exit.Status)
}
