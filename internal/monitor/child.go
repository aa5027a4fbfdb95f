//go:build unix && !aix && go1.23

package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/internal/host"
	"github.com/backstop-go/backstop/internal/spool"
)

// lastEffort is how long the child tries to deliver after its parent has died.
// What it cannot deliver stays in the spool for the next start.
const lastEffort = 5 * time.Second

// requestGrace is how long a request that was under way when the parent died
// may take.
const requestGrace = 2 * time.Second

// Limits of the pause between two attempts while the collector is away.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 30 * time.Second
)

// Run is the whole life of the child. It returns its exit status.
func Run(c *Config) int {
	detach()
	k := &keeper{
		config: c,
		oom:    host.WatchOOM(os.Getpid()), // in the cgroup of who started us
		sender: &spool.Sender{URL: c.Collector, Key: c.Key},
		opened: make(chan struct{}),
		wake:   make(chan struct{}, 1),
		over:   make(chan bool, 1),
		ended:  make(chan struct{}),
		dead:   make(chan struct{}),
	}
	if c.Table {
		k.table = os.NewFile(tableFD, "table")
	}
	spareThreads()
	ctx, cancel := context.WithCancel(context.Background())
	// The pipe is drained before anything else is done, and whatever becomes of
	// the spool, or the parent would hang in its crash.
	go func() {
		k.watch(os.NewFile(crashFD, "crash"))
		close(k.dead)
		// A request under way may finish: one that is broken off may have
		// arrived, and would be sent again.
		time.AfterFunc(requestGrace, cancel)
	}()
	go k.listen(os.NewFile(nudgeFD, "nudge"))
	var err error
	if k.spool, err = spool.Open(c.SpoolDir, spool.Options{MaxBytes: c.SpoolBytes}); err != nil {
		complain(err) // it holds the last event in memory all the same
	}
	close(k.opened)
	k.serve(ctx)
	return k.finish()
}

// spareThreads makes the runtime create the threads that the last effort needs. The
// program may die of having used up the limit of processes that we share; the
// runtime keeps idle threads for ever and needs no new ones then
// (runtime/proc.go, stopm).
func spareThreads() {
	const threads = 4 // pipe, exit, files, and one for what the runtime does itself
	var started sync.WaitGroup
	started.Add(threads)
	for i := 0; i < threads; i++ {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			started.Done()
			started.Wait()
		}()
	}
	started.Wait()
}

// complain tells who looks for what is wrong with a monitor: see envLog.
//
//go:noinline // for the size of programs
func complain(err error) { fmt.Fprintln(os.Stderr, "backstop monitor:", err) }

// detach makes a watcher of what was an ordinary process: signals meant for the
// service do not end it, and it holds on to nothing.
func detach() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE)
	rename()
	closeInherited()
	os.Chdir("/") //nolint:errcheck // a kept directory is a nuisance, no more
	for fd := crashFD; fd < tableFD; fd++ {
		syscall.SetNonblock(fd, true) //nolint:errcheck // then reads have no deadline
	}
}

// A keeper holds what the child works with.
type keeper struct {
	config *Config
	oom    host.OOMWatch
	spool  *spool.Spool
	opened chan struct{} // closed once spool is set
	sender *spool.Sender
	pidfd  *os.File // of the parent; nil when there is none
	table  *os.File // of its requests in flight; nil when there is none
	wake   chan struct{}
	over   chan bool     // the nudge pipe has ended: by Close, or else by death
	ended  chan struct{} // closed once the parent is a zombie, or gone
	dead   chan struct{} // closed once the parent has died and its crash is spooled
	told   bool          // the collector had our hello
}

// watch reads the crash, if one comes, and spools it as soon as it is complete.
func (k *keeper) watch(pipe *os.File) {
	if k.config.PIDFD {
		k.pidfd = os.NewFile(pidfdFD, "pidfd")
		go func() {
			awaitEnd(k.pidfd)
			close(k.ended)
			pipe.SetReadDeadline(time.Now().Add(quiet)) //nolint:errcheck // then we wait for the end of file
		}()
	}
	text, at := readCrash(pipe, k.config.Event.Process.PID)
	if k.pidfd == nil {
		close(k.ended) // for all we know
	}
	for rest := text.text; ; {
		text.text, rest = split(rest)
		k.report(text, at)
		if len(rest) == 0 {
			return
		}
	}
}

// report spools what is known of a death.
func (k *keeper) report(text *clipping, at time.Time) {
	e, err := k.death(text, at)
	if e == nil {
		return
	}
	var payload []byte
	if err == nil {
		payload, err = e.Encode()
	}
	<-k.opened
	if err == nil {
		err = k.spool.AddLast(payload)
	}
	if err != nil {
		complain(err)
	}
}

// What the parent says through the nudge pipe, one byte each.
const (
	wordLook = 1 // into the spool
	wordStop = 2 // the parent goes on without us, or ends as it should
)

// listen turns bytes of the nudge pipe into wake-ups.
func (k *keeper) listen(pipe *os.File) {
	var buf [64]byte
	stopped := false
	for {
		n, err := pipe.Read(buf[:])
		stopped = stopped || bytes.IndexByte(buf[:n], wordStop) >= 0
		if stopped || err != nil {
			k.over <- stopped
			return
		}
		select {
		case k.wake <- struct{}{}:
		default: // awake already
		}
	}
}

// serve delivers while the parent lives: once at the beginning, for what an
// earlier run left behind, and then whenever it is nudged.
func (k *keeper) serve(ctx context.Context) {
	if k.config.Collector == "" {
		<-k.dead
		return
	}
	pause := firstPause
	for !k.orphaned() {
		err := k.deliver(ctx)
		if err == nil {
			pause = firstPause
			// Nothing else would, before the heap has 4 MB (runtime/mgcpacer.go,
			// defaultHeapMinimum), and then nothing for minutes.
			debug.FreeOSMemory()
			select {
			case <-k.wake:
			case <-k.dead:
			}
			continue
		}
		complain(err)
		// Half to one and a half pauses, so that a fleet does not come back at
		// once.
		wait := pause/2 + rand.N(pause)
		var status *spool.StatusError
		if errors.As(err, &status) {
			wait = max(wait, min(status.RetryAfter, lastPause))
		}
		pause = min(2*pause, lastPause)
		select {
		case <-time.After(wait):
		case <-k.dead:
		}
	}
}

func (k *keeper) orphaned() bool {
	select {
	case <-k.dead:
		return true
	default:
		return false
	}
}

func (k *keeper) deliver(ctx context.Context) error {
	if err := k.hello(ctx); err != nil {
		return err
	}
	_, err := k.sender.Drain(ctx, k.spool)
	return err
}

// hello announces the instance, once. A collector that answers, but wants no
// hello, may still take events.
func (k *keeper) hello(ctx context.Context) error {
	if k.told {
		return nil
	}
	err := k.sender.Hello(ctx, k.config.Event.Hello())
	k.told = err == nil
	var status *spool.StatusError
	if errors.As(err, &status) {
		return nil
	}
	return err
}

// finish delivers what the parent left behind, for a bounded time.
func (k *keeper) finish() int {
	if k.config.Collector == "" {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastEffort)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		_, err := k.sender.Drain(ctx, k.spool)
		// After the crash, which is more urgent, and also where there is no
		// directory to drain.
		if herr := k.hello(ctx); err == nil {
			err = herr
		}
		if err == nil {
			return 0
		}
		complain(err)
		var status *spool.StatusError
		if errors.As(err, &status) && (status.Code == http.StatusUnauthorized || status.Code == http.StatusForbidden) {
			return 1 // asking again within seconds will not help
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return 1
		}
	}
}
