//go:build unix && !aix && go1.23

package monitor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/backstop-go/backstop/event"
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
func Run(c Config) int {
	detach()
	sp, err := spool.Open(c.SpoolDir, spool.Options{MaxBytes: c.SpoolBytes})
	if err != nil {
		// Without a spool the pipe must still be drained, or the parent would
		// hang in its crash.
		fmt.Fprintln(os.Stderr, "backstop monitor:", err)
	}
	k := &keeper{
		config: c,
		spool:  sp,
		sender: &spool.Sender{URL: c.Collector, Key: c.Key, Client: spool.NewClient()},
		wake:   make(chan struct{}, 1),
		dead:   make(chan struct{}),
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		k.watch(os.NewFile(crashFD, "crash"))
		close(k.dead)
		// A request under way may finish: one that is broken off may have
		// arrived, and would be sent again.
		time.AfterFunc(requestGrace, cancel)
	}()
	go k.listen(os.NewFile(nudgeFD, "nudge"))
	k.serve(ctx)
	return k.finish()
}

// detach makes a watcher of what was an ordinary process: signals meant for the
// service do not end it, and it holds on to nothing.
func detach() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE)
	rename()
	closeInherited()
	os.Chdir("/") //nolint:errcheck // a kept directory is a nuisance, no more
	for _, fd := range []int{crashFD, nudgeFD} {
		syscall.SetNonblock(fd, true) //nolint:errcheck // then reads have no deadline
	}
}

// A keeper holds what the child works with.
type keeper struct {
	config Config
	spool  *spool.Spool // nil when it could not be opened
	sender *spool.Sender
	wake   chan struct{}
	dead   chan struct{} // closed once the parent has died and its crash is spooled
	told   bool          // the collector had our hello
}

// watch reads the crash, if one comes, and spools it as soon as it is complete.
func (k *keeper) watch(pipe *os.File) {
	text, at := readCrash(pipe, k.config.Process.PID)
	if text.empty() {
		return
	}
	e, err := k.config.crashEvent(text, at)
	var payload []byte
	if err == nil {
		payload, err = event.Encode(&e)
	}
	if err == nil && k.spool != nil {
		err = k.spool.AddLast(payload)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "backstop monitor:", err)
	}
}

// listen turns bytes of the nudge pipe into wake-ups.
func (k *keeper) listen(pipe *os.File) {
	var buf [64]byte
	for {
		if _, err := pipe.Read(buf[:]); err != nil {
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
	if k.config.Collector == "" || k.spool == nil {
		<-k.dead
		return
	}
	pause := firstPause
	for !k.orphaned() {
		err := k.deliver(ctx)
		if err == nil {
			pause = firstPause
			select {
			case <-k.wake:
			case <-k.dead:
			}
			continue
		}
		fmt.Fprintln(os.Stderr, "backstop monitor:", err)
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
	c := &k.config
	h := event.Hello{Service: c.Service, Release: c.Release, Environment: c.Environment, Instance: c.Instance, Build: c.Build}
	err := k.sender.Hello(ctx, h)
	k.told = err == nil
	var status *spool.StatusError
	if errors.As(err, &status) {
		return nil
	}
	return err
}

// finish delivers what the parent left behind, for a bounded time.
func (k *keeper) finish() int {
	if k.config.Collector == "" || k.spool == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastEffort)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		_, err := k.sender.Drain(ctx, k.spool)
		if err == nil {
			err = k.hello(ctx) // after the crash, which is more urgent
		}
		if err == nil {
			return 0
		}
		fmt.Fprintln(os.Stderr, "backstop monitor:", err)
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

// readCrash reads until the pipe closes. It keeps reading when its buffer is
// full: a program that dies must never wait for its monitor. Should somebody
// else hold the writing end (a child that a C library forked), the text ends
// when the parent is dead and the pipe quiet.
func readCrash(pipe *os.File, parent int) (*clipping, time.Time) {
	const quiet = 2 * time.Second
	text := &clipping{}
	var first time.Time
	buf := make([]byte, 64<<10)
	for {
		n, err := pipe.Read(buf)
		if n > 0 {
			if first.IsZero() {
				first = time.Now()
			}
			text.write(buf[:n])
			pipe.SetReadDeadline(time.Now().Add(quiet)) //nolint:errcheck // then we wait for the end of file
			continue
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && os.Getppid() == parent {
			pipe.SetReadDeadline(time.Now().Add(quiet)) //nolint:errcheck // as above
			continue
		}
		return text, first
	}
}
