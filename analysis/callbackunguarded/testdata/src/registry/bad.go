package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// hub runs what it is given; everything is in this package.
type hub struct {
	mu    sync.Mutex
	hooks map[string]func([]byte) error
	tasks []task
	quit  chan struct{}
	queue chan job
}

type task interface{ Do(ctx context.Context) }
type job struct {
	id string
	fn func(string) error
}

func (h *hub) On(name string, fn func([]byte) error) { h.hooks[name] = fn }
func (h *hub) Add(t task)                             { h.tasks = append(h.tasks, t) }
func (h *hub) Push(id string, fn func(string) error)  { h.queue <- job{id, fn} }

func (h *hub) Start(ctx context.Context) {
	for _, t := range h.tasks {
		go t.Do(ctx)
	}
	go h.pump(ctx)
}

func (h *hub) pump(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-h.queue:
			if err := j.fn(j.id); err != nil {
				log.Print(err)
			}
		}
	}
}

func (h *hub) emit(name string, b []byte) {
	fn, ok := h.hooks[name]
	if !ok {
		return
	}
	go func() {
		if err := fn(b); err != nil {
			log.Print(err)
		}
	}()
}

type purge struct{ db *sql.DB }

func (p *purge) Do(ctx context.Context) {
	rows, _ := p.db.QueryContext(ctx, "select 1")
	defer rows.Close()
	for rows.Next() {
	}
}

func b1(h *hub, db *sql.DB) {
	h.Add(&purge{db}) // want `in a goroutine that recovers nothing`
}

func b2(h *hub) {
	h.On("x", onX) // want `in a goroutine that recovers nothing`
}

func onX(b []byte) error {
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	log.Print(m["id"].(string))
	return nil
}

func b3(h *hub, url string) {
	h.Push(url, func(id string) error { // want `in a goroutine that recovers nothing`
		resp, err := http.Get(id)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		ct := strings.Split(resp.Header.Get("Content-Type"), ";")
		log.Print(ct[1])
		return nil
	})
}

type refresher struct{ re map[string]string }

func (r *refresher) all() error {
	for _, p := range r.re {
		_ = regexp.MustCompile(p)
	}
	return nil
}

func b4(ctx context.Context, r *refresher) error {
	g, _ := errgroup.WithContext(ctx)
	g.Go(r.all) // want `in a goroutine that recovers nothing`
	return g.Wait()
}

func b5(r *refresher) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(r.scan) // want `in a goroutine that recovers nothing`
}

func (r *refresher) scan() {
	var e struct{ User *struct{ Name string } }
	resp, err := http.Get("x")
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		return
	}
	log.Print(e.User.Name)
}

func every(d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		f()
		every(d, f)
	})
}

func b6(r *refresher) {
	every(time.Second, r.scan) // want `in a goroutine that recovers nothing`
}

func b7(xs []string) {
	var g errgroup.Group
	for i, x := range xs {
		g.Go(func() error { // want `in a goroutine that recovers nothing`
			if err := step(i, x); err != nil {
				panic(fmt.Sprintf("step %d: %v", i, err))
			}
			return nil
		})
	}
	_ = g.Wait()
}

func step(int, string) error { return http.ErrBodyNotAllowed }
