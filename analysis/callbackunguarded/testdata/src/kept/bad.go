package kept

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"sched"
	"golang.org/x/sync/errgroup"
)

type store struct {
	mu   sync.Mutex
	seen []string
	last map[string]any
}

func (s *store) tick() {
	_ = s.seen[len(s.seen)-1]
}

func (s *store) refresh(ctx context.Context) error {
	resp, err := http.Get("http://x")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var m map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		return err
	}
	s.last = map[string]any{"v": m["version"].(string)}
	return nil
}

func (s *store) parse(line string) string {
	return strings.Split(line, ":")[1]
}

type cleaner struct{ s *store }

func (c cleaner) Run(ctx context.Context) error { return c.s.refresh(ctx) }

func bad1(s *store, d time.Duration) {
	time.AfterFunc(d, s.tick) // want `in a goroutine that recovers nothing`
}

// The module keeps these in slices, maps, channels and fields, and starts them.
func bad2(s *store, sc *sched.Scheduler) {
	sc.Every(time.Minute, "refresh", s.refresh) // want `in a goroutine that recovers nothing`
}

func bad3(s *store, sc *sched.Scheduler) {
	sc.AddJob("clean", cleaner{s}) // want `in a goroutine that recovers nothing`
}

func bad4(ctx context.Context, s *store) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.refresh(ctx) }) // want `in a goroutine that recovers nothing`
	return g.Wait()
}

func bad5(s *store, lines []string) {
	var wg sync.WaitGroup
	for _, l := range lines {
		wg.Go(func() { // want `in a goroutine that recovers nothing`
			s.parse(l)
		})
	}
	wg.Wait()
}

func bad6(ctx context.Context, s *store) {
	context.AfterFunc(ctx, func() { // want `in a goroutine that recovers nothing`
		b, err := os.ReadFile("state.json")
		if err != nil {
			return
		}
		var v any
		if json.Unmarshal(b, &v) != nil {
			return
		}
		_ = v.(map[string]any)["x"]
	})
}

func bad7(p *sched.Pool, line string) {
	p.Submit(func() { // want `in a goroutine that recovers nothing`
		n, _ := strconv.Atoi(line)
		_ = 100 / n
	})
}

func bad8(b *sched.Bus) {
	b.Subscribe("orders", func(topic string, data []byte) { // want `in a goroutine that recovers nothing`
		var o struct{ Items []struct{ ID string } }
		if err := json.Unmarshal(data, &o); err != nil {
			return
		}
		_ = o.Items[0].ID
	})
}

func bad9() {
	sched.NewWatcher(func(p string) { // want `in a goroutine that recovers nothing`
		_ = strings.Split(p, "/")[3]
	})
}

func bad11(srv *http.Server, s *store) {
	srv.RegisterOnShutdown(func() { // want `in a goroutine that recovers nothing`
		s.tick()
	})
}

type payload struct{ parts []string }

func bad12(p *payload) {
	runtime.SetFinalizer(p, func(p *payload) { // want `in a goroutine that recovers nothing`
		_ = p.parts[len(p.parts)-1]
	})
}

func bad13(s *store) *time.Timer {
	f := func() {
		if err := s.refresh(context.Background()); err != nil {
			panic(err)
		}
	}
	return time.AfterFunc(time.Second, f) // want `in a goroutine that recovers nothing`
}

func bad14(ctx context.Context, urls []string, s *store) error {
	var g errgroup.Group
	g.SetLimit(4)
	for _, u := range urls {
		ok := g.TryGo(func() error { // want `in a goroutine that recovers nothing`
			if u == "" {
				panic(errors.New("empty url"))
			}
			return nil
		})
		_ = ok
	}
	return g.Wait()
}

func bad15(ctx context.Context, msgs <-chan []byte) error {
	g, _ := errgroup.WithContext(ctx)
	g.Go(func() error { // want `in a goroutine that recovers nothing`
		for m := range msgs {
			var v map[string]any
			if err := json.Unmarshal(m, &v); err != nil {
				return err
			}
			id := v["id"].(float64)
			_ = id
		}
		return nil
	})
	return g.Wait()
}
