package a

import (
	"context"
	"sync"
	"sync/atomic"
)

// One of two branches runs.
func exclusive(ch chan int, ok bool) {
	if ok {
		close(ch)
	} else {
		close(ch)
	}
}

// The branch with the close returns.
func returns(ch chan int) {
	if err := work(); err != nil {
		close(ch)
		return
	}
	close(ch)
}

// The same condition, twice and opposite.
func sameCondition(ch chan int, early bool) {
	if early {
		close(ch)
	}
	work()
	if !early {
		close(ch)
	}
}

// A flag of the function remembers.
func flag(in []int) {
	ch := make(chan int)
	closed := false
	for range in {
		if !closed {
			close(ch)
			closed = true
		}
	}
}

// It is another channel in each turn.
func madeAnew(n int) {
	for range n {
		ch := make(chan int)
		close(ch)
	}
}

func replaced(n int) {
	ch := make(chan int)
	close(ch)
	ch = make(chan int)
	close(ch)
}

// Closed in the last turn: a counter decides.
func last(items []int) {
	ch := make(chan int)
	for i := range items {
		if i == len(items)-1 {
			close(ch)
		}
	}
}

// The loop ends with the close.
func breaks(in chan int) {
	ch := make(chan int)
	for {
		if v := <-in; v < 0 {
			close(ch)
			break
		}
	}
}

func returnsFromSelect(in chan int, quit chan struct{}) {
	ch := make(chan int)
	for {
		select {
		case <-quit:
			close(ch)
			return
		case v := <-in:
			ch <- v
		}
	}
}

// Each element is another channel.
func elements(list []chan int, byName map[string]chan int) {
	for i := range list {
		close(list[i])
	}
	for _, ch := range list {
		close(ch)
	}
	for k, ch := range byName {
		close(ch)
		delete(byName, k)
	}
}

type node struct {
	next *node
	ch   chan int
}

func newNode() *node { return &node{ch: make(chan int)} }

func chain(n *node) {
	for ; n != nil; n = n.next {
		close(n.ch)
	}
}

// sync.Once runs it once.
type Once struct {
	once sync.Once
	quit chan struct{}
}

func NewOnce() *Once { return &Once{quit: make(chan struct{})} }

func (o *Once) Stop()  { o.once.Do(func() { close(o.quit) }) }
func (o *Once) Close() { o.once.Do(func() { close(o.quit) }) }
func (o *Once) Both() {
	o.Stop()
	o.Close()
}

// A flag under a lock.
type Locked struct {
	mu     sync.Mutex
	closed bool
	quit   chan struct{}
}

func NewLocked() *Locked { return &Locked{quit: make(chan struct{})} }

func (l *Locked) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.quit)
	}
}

func (l *Locked) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	close(l.quit)
}

// Nil after the close.
type Niled struct{ quit chan struct{} }

func (n *Niled) Start() { n.quit = make(chan struct{}) }
func (n *Niled) Stop() {
	if n.quit != nil {
		close(n.quit)
		n.quit = nil
	}
}

func (n *Niled) Close() {
	if n.quit != nil {
		close(n.quit)
		n.quit = nil
	}
}

func (n *Niled) twice() {
	n.Stop()
	n.Stop()
	n.Start()
	close(n.quit)
}

// A compare-and-swap lets one through.
type Swapped struct {
	closed atomic.Bool
	quit   chan struct{}
}

func NewSwapped() *Swapped { return &Swapped{quit: make(chan struct{})} }

func (s *Swapped) Stop() {
	if s.closed.CompareAndSwap(false, true) {
		close(s.quit)
	}
}

func (s *Swapped) Close() {
	if s.closed.CompareAndSwap(false, true) {
		close(s.quit)
	}
}

// A select asks whether it is closed.
type Asked struct{ quit chan struct{} }

func NewAsked() *Asked { return &Asked{quit: make(chan struct{})} }

func (a *Asked) Stop() {
	select {
	case <-a.quit:
	default:
		close(a.quit)
	}
}

func (a *Asked) Close() {
	select {
	case <-a.quit:
	default:
		close(a.quit)
	}
}

// One method closes: nobody knows who calls it twice. Send has a way out.
type Single struct {
	quit chan struct{}
	in   chan int
}

func NewSingle() *Single { return &Single{quit: make(chan struct{}), in: make(chan int)} }

func (s *Single) Stop() { close(s.quit) }

func (s *Single) Put(v int) bool {
	select {
	case s.in <- v:
		return true
	case <-s.quit:
		return false
	}
}

// Both end in the same unexported function, which asks.
type Through struct {
	quit   chan struct{}
	closed bool
}

func (t *Through) Stop()  { t.shut() }
func (t *Through) Close() { t.shut() }
func (t *Through) init()  { t.quit = make(chan struct{}) }
func (t *Through) shut() {
	if !t.closed {
		t.closed = true
		close(t.quit)
	}
}

func (t *Through) stopTwice() {
	t.Stop()
	t.Close()
}

// The senders are done.
func waits(items []int) []int {
	out := make(chan int, len(items))
	var wg sync.WaitGroup
	for _, v := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- v
		}()
	}
	wg.Wait()
	close(out)
	var all []int
	for v := range out {
		all = append(all, v)
	}
	return all
}

func waitsElsewhere(items []int) {
	out := make(chan int)
	var wg sync.WaitGroup
	for _, v := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- v
		}()
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	for range out {
	}
}

// All values are received before.
func counted(items []int) {
	out := make(chan int)
	for _, v := range items {
		go func() { out <- v }()
	}
	for range items {
		<-out
	}
	close(out)
}

func deferredWait(items []int) {
	out := make(chan int, len(items))
	var wg sync.WaitGroup
	defer close(out)
	defer wg.Wait()
	for _, v := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- v
		}()
	}
}

// The only sender closes.
func sender(items []int) {
	out := make(chan int)
	go func() {
		defer close(out)
		for _, v := range items {
			out <- v
		}
	}()
	for range out {
	}
}

// The sender has a way out.
func selects(ctx context.Context, n int) {
	out := make(chan int)
	ctx, cancel := context.WithCancel(ctx)
	for i := range n {
		go func() {
			select {
			case out <- i:
			case <-ctx.Done():
			}
		}()
	}
	cancel()
	close(out)
}

// Each goroutine has its own.
func own(n int) {
	for range n {
		done := make(chan struct{})
		go func() {
			defer close(done)
			work()
		}()
		<-done
	}
}

// The last one closes.
func lastCloses(n int32) {
	out := make(chan int)
	left := n
	for range n {
		go func() {
			out <- 1
			if atomic.AddInt32(&left, -1) == 0 {
				close(out)
			}
		}()
	}
	for range out {
	}
}

func onceInGoroutines(n int) {
	done := make(chan struct{})
	var once sync.Once
	for range n {
		go func() {
			once.Do(func() { close(done) })
		}()
	}
	<-done
}

func lockInGoroutines(n int) {
	done := make(chan struct{})
	var mu sync.Mutex
	open := true
	for range n {
		go func() {
			mu.Lock()
			defer mu.Unlock()
			if open {
				open = false
				close(done)
			}
		}()
	}
	<-done
}

// A nil check before.
func checked(wanted bool) {
	var ch chan int
	if wanted {
		ch = make(chan int)
	}
	if ch != nil {
		close(ch)
	}
}

// Assigned in a closure.
func assigned() {
	var ch chan int
	open := func() { ch = make(chan int) }
	open()
	close(ch)
}

// Different types with a field of the same name.
type left struct{ quit chan int }
type right struct{ quit chan int }

func two(l *left, r *right) {
	close(l.quit)
	close(r.quit)
	l.quit, r.quit = make(chan int), make(chan int)
}

// The process ends between.
func ends(ch chan int, bad bool) {
	if bad {
		close(ch)
		panic("bad")
	}
	close(ch)
}
