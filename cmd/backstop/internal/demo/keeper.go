package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
)

// How long things may take on a loaded machine before the demo gives up.
const (
	startWithin = 20 * time.Second
	dieWithin   = 30 * time.Second
	pollEvery   = 5 * time.Millisecond
)

// addressSpace bounds the shop. It is what makes the large picture fail, and
// keeps the host safe from it.
const addressSpace = 4 << 30

// A death is a process that was reaped.
type death struct {
	pid  int
	exit string
	at   time.Time // its traceback began, or without one, it was reaped
}

// noting sends the supervisor's events to the collector, and keeps to itself
// what they say about the ends of processes.
func (d *driver) noting(note func(death)) func(event.Event) {
	return func(e event.Event) {
		if e.Exit != nil {
			how := fmt.Sprintf("exit %d", e.Exit.Status)
			if e.Exit.Signal != "" {
				how = e.Exit.Signal
			}
			note(death{e.Process.PID, how, e.OccurredAt})
		}
		d.collector.send(e)
	}
}

// A keeper runs the shop as one release, under supervision and restarted after
// each death.
type keeper struct {
	release string
	ready   string // the file in which the shop says where it listens
	client  *http.Client
	deaths  chan death
	stop    context.CancelFunc
	done    chan struct{}
	err     error // of the supervisor; read after done

	pid  int // of the process that serves now
	base string
}

// open starts the shop. It hangs on a pipe that closes when this process ends,
// however it ends.
func (d *driver) open(ctx context.Context, release string) (*keeper, error) {
	stdin, leash, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the shop: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	k := &keeper{
		release: release,
		ready:   filepath.Join(d.temp, "ready-"+release),
		client:  d.client(),
		deaths:  make(chan death, 64),
		stop:    cancel,
		done:    make(chan struct{}),
	}
	o := d.supervision(release, "shop", d.bin.shop, "-listen", "127.0.0.1:0", "-ready-file", k.ready, "-until-eof")
	o.Stdin = stdin
	o.Restart = supervise.Restart{Policy: supervise.Always, MinBackoff: 20 * time.Millisecond, MaxBackoff: 50 * time.Millisecond}
	o.OnEvent = d.noting(func(of death) { k.deaths <- of })
	go func() {
		defer close(k.done)
		_, k.err = supervise.Run(ctx, o)
		_ = stdin.Close() // of pipes, nothing is lost
		_ = leash.Close()
	}()
	return k, nil
}

// supervision is what the shop and the worker have in common.
func (d *driver) supervision(release, service string, command ...string) supervise.Options {
	o := supervise.Options{
		Command:     command,
		Dir:         d.temp,
		Env:         d.environment(),
		Service:     service,
		Release:     release,
		Environment: "demo",
		Collector:   d.collector.url,
		Stdout:      d.log,
		Stderr:      d.log,
		Grace:       3 * time.Second,
		Limits:      supervise.Limits{AddressSpace: addressSpace, NoCore: true},
	}
	if runtime.GOOS != "linux" {
		o.Limits = supervise.Limits{} // not supported there: see deaths
	}
	return o
}

// environment is ours without what could steer the SDK or the runtime of the
// shop in another direction.
func (d *driver) environment() []string {
	env := []string{"TMPDIR=" + d.temp, "BACKSTOP_SPOOL=" + filepath.Join(d.temp, "spool")}
	if runtime.NumCPU() == 1 {
		env = append(env, "GOMAXPROCS=2") // concurrent writes need two threads
	}
	for _, kv := range os.Environ() {
		key, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(key, "BACKSTOP_"), key == "TMPDIR", key == "GOMAXPROCS", key == "GOTRACEBACK", key == "GODEBUG", key == "GOMEMLIMIT", key == "GOGC":
		default:
			env = append(env, kv)
		}
	}
	return env
}

// await waits until a shop other than the one that served last answers.
func (k *keeper) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("the shop did not answer within %v", startWithin))
	defer cancel()
	for {
		pid, base, ok := k.address()
		if ok && pid != k.pid && k.healthy(ctx, base) == pid {
			k.pid, k.base = pid, base
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-k.done:
			return fmt.Errorf("the shop cannot be run: %w", errors.Join(k.err, errors.New("it does not come up")))
		case <-time.After(pollEvery):
		}
	}
}

// address reads what the shop wrote when it came up.
func (k *keeper) address() (pid int, base string, ok bool) {
	data, err := os.ReadFile(k.ready)
	if err != nil {
		return 0, "", false
	}
	var address string
	if n, err := fmt.Sscanf(string(data), "%d %s", &pid, &address); err != nil || n != 2 {
		return 0, "", false
	}
	return pid, "http://" + address, true
}

// healthy returns the process that answers, 0 when none does.
func (k *keeper) healthy(ctx context.Context, base string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
	if err != nil {
		return 0
	}
	res, err := k.client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	var answer struct{ PID int }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return 0
	}
	return answer.PID
}

// awaitDeath waits until the supervisor has reaped a process.
func (k *keeper) awaitDeath(ctx context.Context, pid int) (death, error) {
	timer := time.NewTimer(dieWithin)
	defer timer.Stop()
	for {
		select {
		case gone := <-k.deaths:
			if gone.pid == pid {
				return gone, nil
			}
		case <-timer.C:
			return death{}, fmt.Errorf("process %d still lives", pid)
		case <-ctx.Done():
			return death{}, ctx.Err()
		}
	}
}

// close stops the shop and waits for its end.
func (k *keeper) close() {
	k.stop()
	<-k.done
}
