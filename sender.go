package backstop

import (
	"context"
	"sync"
	"time"

	"github.com/backstop-go/backstop/internal/errs"
	"github.com/backstop-go/backstop/internal/spool"
)

// A sender delivers from inside the process when there is no monitor. Its
// goroutine exists only while there is something to deliver, and gives up after
// a few attempts: a goroutine that waits for a timer or a connection would keep
// Go's deadlock detector from working. The timers of a request that has ended
// do so for up to ten seconds more (runtime/proc.go, checkdead, looks for any
// timer, and stopped ones are removed late); a monitor spares the program that.
// The next event, or the next Start, tries again.
type sender struct {
	mu      sync.Mutex
	running bool
	again   bool // something was added while it ran
	told    bool // the collector had our hello
	stopped bool
	cancel  context.CancelFunc // of the request under way
	quit    chan struct{}      // closed by stop: no further attempt
	done    chan struct{}      // closed by the goroutine
}

const (
	sendAttempts = 6
	firstPause   = 200 * time.Millisecond
)

// start delivers what is in the spool. hello asks to announce the instance too.
func (s *sender) start(a *agent, hello bool) {
	if a.options.Collector == "" || a.spool == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running || s.stopped {
		s.again = s.again || !hello
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.running, s.again, s.cancel = true, false, cancel
	s.quit, s.done = make(chan struct{}), make(chan struct{})
	go s.run(ctx, a, s.quit, s.done)
}

func (s *sender) run(ctx context.Context, a *agent, quit, done chan struct{}) {
	defer close(done)
	clearLabels() // started by whoever panicked: its labels are not ours
	for {
		err := s.deliver(ctx, a, quit)
		s.mu.Lock()
		if err != nil || !s.again || s.stopped {
			s.running = false
			s.mu.Unlock()
			return
		}
		s.again = false
		s.mu.Unlock()
	}
}

func (s *sender) deliver(ctx context.Context, a *agent, quit <-chan struct{}) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errs.New("fault in the sender: %v", v) // the events are in the spool
		}
	}()
	out := a.newSender()
	pause := firstPause
	for attempt := 0; attempt < sendAttempts; attempt++ {
		if attempt > 0 {
			select {
			case <-time.After(pause):
			case <-quit:
				return err
			}
			pause *= 2
		}
		if err = s.attempt(ctx, a, out); err == nil {
			return nil
		}
	}
	a.log("backstop: collector not reached, events stay in the spool", "error", err)
	return err
}

func (s *sender) attempt(ctx context.Context, a *agent, out *spool.Sender) error {
	if !s.told {
		s.told = out.Hello(ctx, a.who.Hello()) == nil
	}
	_, err := out.Drain(ctx, a.spool)
	return err
}

// last delivers what is left, once the sender has stopped.
func (s *sender) last(ctx context.Context, a *agent) error {
	return s.attempt(ctx, a, a.newSender())
}

// stop ends a run, if there is one, and waits for it. A request under way may
// finish until ctx is done: one that is broken off may have arrived, and would
// be sent again.
func (s *sender) stop(ctx context.Context) {
	s.mu.Lock()
	s.stopped = true
	running, cancel, quit, done := s.running, s.cancel, s.quit, s.done
	s.mu.Unlock()
	if !running {
		return
	}
	close(quit)
	select {
	case <-done:
	case <-ctx.Done():
	}
	cancel()
	<-done
}
