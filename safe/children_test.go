package safe_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/safe"
)

// TestChildrenReachTheHandler has a handler hear of its children's panic and
// error while it still runs.
func TestChildrenReachTheHandler(t *testing.T) {
	got := reports(t)
	serving(func(r *http.Request) {
		kids := safe.NewChildren(r.Context())
		kids.Go(func(context.Context) error { raise(errBoom); return nil })
		err := <-kids.Errors()
		wantPanic(t, err, errBoom)
		if err.Request == nil || err.Request.TraceID != trace || !strings.Contains(err.Error(), "/cart, trace "+trace+": panic: boom") {
			t.Errorf("error %q of the request %+v", err, err.Request)
		}
		kids.Go(func(context.Context) error { return os.ErrExist })
		if err := <-kids.Errors(); !errors.Is(err, os.ErrExist) {
			t.Errorf("error %v", err)
		}
		kids.Go(func(context.Context) error { return nil })
		kids.Go(func(context.Context) error { runtime.Goexit(); return nil })
		if err := <-kids.Errors(); !errors.Is(err, backstop.ErrGoexit) {
			t.Errorf("of Goexit: %v", err)
		}
		wantPanic(t, kids.Wait(r.Context()), errBoom)
		if kids.Wait(nil) == nil { //nolint:staticcheck // nil on purpose
			t.Error("the first error is gone")
		}
	})
	c := one(t, got(), "boom")
	wantTrace(t, c)
	wantTop(t, c, "raise")
}

// TestAbandonedChildren lets the handler return first: nothing waits for it,
// and what goes wrong later is reported.
func TestAbandonedChildren(t *testing.T) {
	got := reports(t)
	var kids *safe.Children
	leave := make(chan struct{})
	serving(func(r *http.Request) {
		kids = safe.NewChildren(r.Context())
		kids.Go(func(context.Context) error { <-leave; return nil })
		kids.Go(func(context.Context) error { <-leave; raise(errBoom); return nil })
		kids.Go(func(context.Context) error { <-leave; return os.ErrExist })
		kids.Go(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		for range 100 {
			kids.Go(func(ctx context.Context) error { <-leave; return ctx.Err() })
		}
		if err := kids.Wait(cancelled()); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait with a cancelled context: %v", err)
		}
	})
	close(leave)
	<-kids.Done()
	all := got()
	if len(all) != 2 {
		t.Fatalf("%d reports, want those of the panic and of the late error: %+v", len(all), all)
	}
	late := all[0]
	if late.Text == "boom" {
		late = all[1]
	}
	if late.Text != "child failed unheard: file already exists" {
		t.Errorf("reports %q and %q", all[0].Text, all[1].Text)
	}
	wantTop(t, late, "TestAbandonedChildren.func1.3")
	for _, c := range all {
		wantTrace(t, c)
	}
}

// TestUnreadChildren fail more often than anybody listens.
func TestUnreadChildren(t *testing.T) {
	got := reports(t)
	kids := safe.NewChildren(nil) //nolint:staticcheck // nil on purpose
	for range 20 {
		kids.Go(func(context.Context) error { return os.ErrExist })
	}
	err := kids.Wait(context.Background())
	if !errors.Is(err, os.ErrExist) || err.Error() != "child: file already exists" {
		t.Errorf("Wait: %v", err)
	}
	read := 0
	for len(kids.Errors()) > 0 {
		if err := <-kids.Errors(); errors.Is(err, os.ErrExist) {
			read++
		}
	}
	if n := len(got()); read == 0 || read+n != 20 {
		t.Errorf("%d errors to be read, %d reported, want 20 together", read, n)
	}
}

func TestChildrenOfNothing(t *testing.T) {
	kids := safe.NewChildren(hostile{context.Background()})
	<-kids.Done()
	if err := kids.Wait(context.Background()); err != nil {
		t.Errorf("Wait without children: %v", err)
	}
	kids.Go(func(context.Context) error { return nil })
	crashtest.Eventually(t, "the child is done", func() bool {
		select {
		case <-kids.Done():
			return true
		default:
			return false
		}
	})
}
