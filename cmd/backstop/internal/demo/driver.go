package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
)

const (
	visibleWithin = 10 * time.Second // of an event
	mergedWithin  = 5 * time.Second  // of all observers of an event that is visible
	settleFor     = 1500 * time.Millisecond
)

// A driver carries out a plan.
type driver struct {
	collector *collector
	watch     *watcher
	bin       programs
	temp      string
	progress  *progress
	out       renderer
	log       *tail

	shots []*shot
}

// run carries out all phases and judges the outcome.
func (d *driver) run(ctx context.Context, phases []phase) (*summary, error) {
	d.log = newTail(64 << 10)
	d.out.start(d.collector.url)
	for i, ph := range phases {
		if err := d.phase(ctx, i == 0, ph); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("%w\nthe shop said last:\n%s", err, indent(lastLines(d.log.String(), 15)))
		}
	}
	// Whatever comes late, and should not come at all, shows in this time.
	d.progress.show("waiting for anything that should not come")
	if err := d.watch.settle(ctx, settleFor); err != nil {
		return nil, err
	}
	counted, err := d.watch.counted(ctx)
	if err != nil {
		return nil, err
	}
	sum := audit(d.shots, d.watch.sightings(), counted)
	return &sum, nil
}

// phase runs the shop as one release.
func (d *driver) phase(ctx context.Context, first bool, ph phase) error {
	d.progress.show("starting the shop, release " + ph.release)
	k, err := d.open(ctx, ph.release)
	if err != nil {
		return err
	}
	defer k.close()
	if err := k.await(ctx); err != nil {
		return err
	}
	if first {
		n, err := d.ordinaryDay(ctx, k)
		if err != nil {
			return err
		}
		d.out.note(fmt.Sprintf("ordinary    %d healthy requests answered", n))
	}
	section := ""
	for i := range ph.steps {
		st := &ph.steps[i]
		if title := ph.sectionOf(st); title != section {
			section = title
			d.out.section(title)
		}
		if err := d.step(ctx, k, st); err != nil {
			return err
		}
	}
	return nil
}

func (d *driver) ordinaryDay(ctx context.Context, k *keeper) (int, error) {
	calls := healthy()
	for _, c := range calls {
		if err := d.request(ctx, k, c, newTrace(), ""); err != nil {
			return 0, err
		}
	}
	return len(calls), nil
}

// step carries out a step as often as it says, and prints it.
func (d *driver) step(ctx context.Context, k *keeper, st *step) error {
	var verdicts []verdict
	for i := 0; i < st.times(); i++ {
		d.progress.show(st.title)
		sh := d.shoot(ctx, k, st, users[i%len(users)])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.shots = append(d.shots, sh)
		v, err := d.watch.await(ctx, sh)
		if err != nil {
			return err
		}
		verdicts = append(verdicts, v)
	}
	d.out.row(verdicts)
	if st.dies && st.how != byWorker {
		return k.await(ctx)
	}
	return nil
}

// shoot makes one thing go wrong once. What goes wrong with that is noted in
// the shot, so that the verdict can say it.
func (d *driver) shoot(ctx context.Context, k *keeper, st *step, user string) *shot {
	sh := &shot{step: st, release: k.release, pid: k.pid}
	for _, c := range st.setup {
		if err := d.request(ctx, k, c, newTrace(), user); err != nil {
			sh.broken = err.Error()
			return sh
		}
	}
	var err error
	switch st.how {
	case byWorker:
		err = d.runWorker(ctx, sh)
	case byKill:
		err = kill(k.pid)
	case byLeaving:
		sh.trace = newTrace()
		err = d.leave(ctx, k, st.call, sh.trace)
	case byRequest:
		sh.trace = newTrace()
		c := st.call
		if !st.dies {
			c.status = st.answer
			if c.status == 0 {
				c.status = http.StatusInternalServerError
			}
		}
		err = d.request(ctx, k, c, sh.trace, user)
	}
	if err == nil && st.dies && st.how != byWorker {
		var gone death
		if gone, err = k.awaitDeath(ctx, sh.pid); err == nil {
			sh.exit, sh.died = gone.exit, gone.at
		}
	}
	if err != nil {
		sh.broken = err.Error()
	}
	return sh
}

// request makes one call. A call with status 0 may end any way it likes.
func (d *driver) request(ctx context.Context, k *keeper, c call, trace, user string) error {
	res, err := d.do(ctx, k, c, trace, user)
	if err != nil {
		if c.status == 0 && ctx.Err() == nil {
			return nil
		}
		return fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // a dying shop may cut it off
	if c.status != 0 && res.StatusCode != c.status {
		return fmt.Errorf("%s %s answered %d, want %d", c.method, c.path, res.StatusCode, c.status)
	}
	return nil
}

// leave reads the beginning of an answer and goes away.
func (d *driver) leave(ctx context.Context, k *keeper, c call, trace string) error {
	res, err := d.do(ctx, k, c, trace, "")
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, res.Body, 1000); err != nil {
		return fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	return res.Body.Close()
}

func (d *driver) do(ctx context.Context, k *keeper, c call, trace, user string) (*http.Response, error) {
	fill := strings.NewReplacer("{user}", user)
	req, err := http.NewRequestWithContext(ctx, c.method, k.base+fill.Replace(c.path), strings.NewReader(fill.Replace(c.body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Traceparent", "00-"+trace+"-"+random(8)+"-01")
	return d.client().Do(req)
}

// client makes a connection for each request: the other end dies often.
func (d *driver) client() *http.Client {
	return &http.Client{Timeout: dieWithin, Transport: &http.Transport{DisableKeepAlives: true}}
}

// runWorker runs a batch that meets the deadlock.
func (d *driver) runWorker(ctx context.Context, sh *shot) error {
	ctx, cancel := context.WithTimeout(ctx, dieWithin)
	defer cancel()
	var gone death
	o := d.supervision(sh.release, "shop-worker", d.bin.worker, "-batch", "9")
	o.OnEvent = d.noting(func(of death) { gone = of })
	if _, err := supervise.Run(ctx, o); err != nil {
		return err
	}
	sh.pid, sh.exit, sh.died = gone.pid, gone.exit, gone.at
	return nil
}

func kill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// newTrace makes the trace id of a W3C traceparent.
func newTrace() string { return random(16) }

func random(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// A tail keeps the end of what was written to it, for when the shop does not
// come up.
type tail struct {
	mu   sync.Mutex
	keep int
	data []byte
}

func newTail(keep int) *tail { return &tail{keep: keep} }

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if extra := len(t.data) - t.keep; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
