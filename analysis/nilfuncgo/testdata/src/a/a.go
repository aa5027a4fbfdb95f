package a

import "errors"

func declared() {
	var f func()
	go f() // want `nil-func-go: the func is declared and never assigned: "go of nil func value" ends the process`
}

func onAPath(debug bool) {
	var done func()
	if debug {
		done = func() { println("done") }
	}
	defer done() // want `the func done is nil on a path that leads here: the deferred call panics`
}

func switched(kind int) {
	var f func()
	switch kind {
	case 1:
		f = declared
	case 2:
		f = func() {}
	}
	f() // want `the func f is nil on a path`
}

type server struct {
	onClose func()
	onStart func(string)
	name    string
}

func newServer() *server { return &server{name: "x"} }

func (s *server) close() {
	go s.onClose() // want `nothing in the package assigns onClose, so that it is nil`
}

func (s *server) start() {
	s.onStart(s.name) // want `nothing in the package assigns onStart`
}

type Options struct {
	OnError func(error)
	OnIdle  func()
	OnStop  func()
}

func (o *Options) fail(err error) {
	if o.OnError != nil {
		o.OnError(err)
	}
}

func (o *Options) failAsync(err error) {
	go o.OnError(err) // want `OnError may be nil, as it is asked elsewhere in the package`
}

var hook func()

func runHook() {
	hook() // want `nothing in the package assigns hook`
}

func dispatch(handlers map[string]func(int), name string) {
	handlers[name](1) // want `the map may have no such entry`
}

func dispatchGo(handlers map[string]func(), name string) {
	go handlers[name]() // want `the map may have no such entry`
}

func notFound(handlers map[string]func(), name string) {
	h, ok := handlers[name]
	if !ok {
		println("no handler for", name)
	}
	h() // want `the func that the lookup returned may be nil`
}

func setup(name string) (func(), error) {
	if name == "" {
		return nil, errors.New("no name")
	}
	return func() {}, nil
}

func cleanup(name string) error {
	undo, err := setup(name)
	defer undo() // want `the func that a.setup returned may be nil: the deferred call panics`
	if err != nil {
		return err
	}
	return nil
}

func choose(kind int) func() {
	if kind == 1 {
		return declared
	}
	return nil
}

func chosen(kind int) {
	choose(kind)() // want `the func that a.choose returned may be nil`
}

func chosenGo(kind int) {
	f := choose(kind)
	go f() // want `the func that a.choose returned may be nil`
}

func worker(cb func(int)) {
	go cb(1) // want `the parameter cb is given nil`
}

func givesNil() { worker(nil) }

func zeroStruct() {
	var o Options
	o.OnIdle() // want `the func is declared and never assigned`
}

// Look-alikes.

// Checked.
func checked(debug bool) {
	var done func()
	if debug {
		done = func() {}
	}
	if done != nil {
		done()
	}
}

// A default takes its place.
func defaulted(f func()) {
	if f == nil {
		f = func() {}
	}
	go f()
}

func givesNilToDefaulted() { defaulted(nil) }

// Returned early.
func early(f func()) {
	if f == nil {
		return
	}
	go f()
}

func givesNilToEarly() { early(nil) }

// Assigned before it calls itself.
func recursive() {
	var walk func(int)
	walk = func(n int) {
		if n > 0 {
			walk(n - 1)
		}
	}
	walk(3)
}

type assigned struct{ f func() }

func newAssigned() *assigned { return &assigned{f: func() {}} }

// The constructor assigns it.
func (a *assigned) run() { go a.f() }

// Nobody in the package thinks that it may be nil.
func (o *Options) stop() { o.OnStop() }

// ok is asked.
func asked(handlers map[string]func(), name string) {
	if h, ok := handlers[name]; ok {
		h()
	}
}

// The entry is checked.
func entryChecked(handlers map[string]func(), name string) {
	h := handlers[name]
	if h == nil {
		return
	}
	h()
}

var table = map[string]func(){"a": declared}

// A constant of a table of constants.
func constant() { table["a"]() }

// The error is checked first.
func cleanupChecked(name string) error {
	undo, err := setup(name)
	if err != nil {
		return err
	}
	defer undo()
	return nil
}

// The result is checked.
func chosenChecked(kind int) {
	if f := choose(kind); f != nil {
		f()
	}
}

// A parameter that nobody gives nil.
func callback(cb func()) { go cb() }

func givesFunc() { callback(declared) }

// The same condition guards both.
func sameCondition(debug bool) {
	var done func()
	if debug {
		done = func() {}
	}
	println("working")
	if debug {
		done()
	}
}

// Others make it: the package only gets it.
type step struct{ run func() }

func (s *step) do() { s.run() }

// Asked, and called in a literal that captures the options.
func captured(o *Options, wait func(func())) {
	if o.OnError != nil {
		o.OnError(nil)
	}
	wait(func() { o = nil })
}

type limits struct{ Max func() int }

type store struct{ limits limits }

// The field of a field is checked.
func (s *store) full(n int) bool {
	if s.limits.Max != nil {
		return n > s.limits.Max()
	}
	return false
}

type printer struct{ print func() }

func (p *printer) loop() {
	p.print = nil
	go p.print() // want `nothing in the package assigns print`
}

type options struct{ trace func() string }

func (o *options) asked() bool { return o.trace != nil }

// A guard recovers what the hook does, not being there included.
func (o *options) guarded() (id string) {
	defer func() { _ = recover() }()
	return o.trace()
}

// The key comes from a loop over the same map.
type watches struct{ cancels map[string]func() }

func (w *watches) stop(keep map[string]bool) {
	for name := range w.cancels {
		if !keep[name] {
			w.cancels[name]()
			delete(w.cancels, name)
		}
	}
}

type settings struct{ backoff func(int) int }

type client struct{ settings *settings }

func (c *client) config() *settings { return c.settings }

// The getter gives the same when it is called again.
func (c *client) wait(n int) int {
	if c.config().backoff != nil {
		return c.config().backoff(n)
	}
	return 0
}

// Asked, although nothing assigns it here.
func dial() {
	var cancel func()
	defer func() {
		if cancel != nil {
			cancel()
		}
	}()
}
