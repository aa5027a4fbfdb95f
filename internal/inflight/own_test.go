package inflight

import (
	"context"
	"net/http"
	"testing"
)

// TestOwn has a goroutine serve a request of its own while it is in with another.
func TestOwn(t *testing.T) {
	live := new(http.Request).WithContext(context.WithValue(context.Background(), http.ServerContextKey, 1))
	for name, c := range map[string]struct{ outer, inner Entry }{
		"message in a child": {Entry{Path: "/outer", Child: true}, Entry{Path: "/inner", Own: true}},
		"handler in a child": {Entry{Path: "/outer", Child: true}, Entry{Path: "/inner", Live: live}},
		"call in a handler":  {Entry{Path: "/outer", Live: live}, Entry{Path: "/inner", Own: true}},
		"child in a child":   {Entry{Path: "/outer", Child: true}, Entry{Path: "/inner", Child: true, Own: true}},
	} {
		t.Run(name, func(t *testing.T) {
			table := newTable(t)
			in := func(path string, live *http.Request) {
				t.Helper()
				e, ok := find(table, 5)
				if !ok || e.Path != path || table.Live(5) != live {
					t.Errorf("in with %+v, %v; want %s", e, ok, path)
				}
				snap, err := Read(table.File())
				if all := append(snap.Entries, snap.Children...); err != nil || len(all) != 1 || all[0].Request.URL != path || snap.Torn != 0 {
					t.Errorf("reads %+v, %v; want %s", snap, err, path)
				}
			}
			outer := table.Enter(5, &c.outer)
			in("/outer", c.outer.Live)
			for range 2 {
				inner := table.Enter(5, &c.inner)
				in("/inner", c.inner.Live)
				inner.Leave()
				inner.Leave()
				in("/outer", c.outer.Live)
			}
			outer.Leave()
			if e, ok := find(table, 5); ok || table.Live(5) != nil {
				t.Errorf("still in with %+v", e)
			}
			again := table.Enter(5, &Entry{Path: "/again"})
			in("/again", nil)
			again.Leave()
			empty(t, table)
		})
	}
}

// TestReplacedContext has a handler write its request anew, as middleware does
// that cannot hand on another one, while others look for it. The race detector
// watches.
func TestReplacedContext(t *testing.T) {
	table := newTable(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := new(http.Request).WithContext(ctx)
	s := table.Enter(8, &Entry{Path: "/", Live: r})
	type key struct{}
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range 100 {
			*r = *r.WithContext(context.WithValue(context.Background(), key{}, 1))
		}
	}()
	for range 100 {
		if gid, ok := table.FindDone(ctx.Done(), new(Entry)); !ok || gid != 8 {
			t.Errorf("found %d, %v by the context that it came with", gid, ok)
			break
		}
	}
	<-written
	if gid, ok := table.FindDone(ctx.Done(), new(Entry)); !ok || gid != 8 {
		t.Errorf("found %d, %v once it has another context", gid, ok)
	}
	s.Leave()
	if _, ok := table.FindDone(ctx.Done(), new(Entry)); ok {
		t.Error("found after its end")
	}
}
