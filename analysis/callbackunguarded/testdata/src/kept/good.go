package kept

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"

	"sched"
	"golang.org/x/sync/errgroup"
)

func guard() {
	if r := recover(); r != nil {
		log.Printf("panic: %v\n%s", r, debug.Stack())
	}
}

// A guard in the literal.
func good1(s *store, d time.Duration) {
	time.AfterFunc(d, func() {
		defer guard()
		s.tick()
	})
}

// Nothing in it panics.
func good2(sc *sched.Scheduler) {
	sc.Every(time.Minute, "log", func(ctx context.Context) error {
		log.Print("tick")
		return nil
	})
}

// Who starts it recovers.
func good3(s *sched.Safe, st *store) {
	s.Add(func() { st.tick() })
}

// Who keeps it calls it in the goroutine of the caller.
func good4(i *sched.Inline, st *store) {
	i.Add(func() { st.tick() })
}

// Everything is checked.
func good5(ctx context.Context, urls []string) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, u := range urls {
		g.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, "GET", u, nil)
			if err != nil {
				return err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			var m map[string]any
			if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
				return err
			}
			v, ok := m["x"].(string)
			if !ok {
				return fmt.Errorf("no x")
			}
			log.Print(v)
			return nil
		})
	}
	return g.Wait()
}

// The length is checked.
func good6(lines []string) {
	var wg sync.WaitGroup
	out := make([]string, len(lines))
	for i, l := range lines {
		wg.Go(func() {
			if p := strings.Split(l, ":"); len(p) > 1 {
				out[i] = p[1]
			}
		})
	}
	wg.Wait()
}

// Sort.Slice calls it here.
func good7(xs []*store) {
	sort.Slice(xs, func(i, j int) bool { return xs[i].seen[0] < xs[j].seen[0] })
}

// Nothing in it panics.
func good8(p *sched.Pool, m *sync.Map, k string) {
	p.Submit(func() { m.Delete(k) })
}

// A guard in the literal.
func good9(b *sched.Bus) {
	b.Subscribe("x", func(topic string, data []byte) {
		defer guard()
		_ = strings.Split(topic, ".")[2]
	})
}

// A guard in the variable.
func good10(s *store) {
	f := func() {
		defer func() {
			if r := recover(); r != nil {
				log.Printf("%v\n%s", r, debug.Stack())
			}
		}()
		s.tick()
	}
	time.AfterFunc(time.Second, f)
}

// A context.CancelFunc panics never.
func good11(ctx context.Context, cancel context.CancelFunc) {
	context.AfterFunc(ctx, cancel)
	time.AfterFunc(time.Second, cancel)
}

// The length is asked for first.
func good12(s *store) {
	time.AfterFunc(time.Second, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.seen) == 0 {
			return
		}
		_ = s.seen[len(s.seen)-1]
	})
}

// Net/http recovers.
func good13(srv *http.Server) {
	var mux http.ServeMux
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_ = strings.Split(r.URL.Path, "/")[3]
	})
	srv.Handler = &mux
}

func safely(fn func()) func() {
	return func() {
		defer guard()
		fn()
	}
}

// A wrapper with a guard.
func good14(s *store, p *sched.Pool) {
	time.AfterFunc(time.Second, safely(s.tick))
	p.Submit(safely(s.tick))
}
