package safe_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"testing"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/safe"
)

// callers are Call and Do, so that both keep the same promises.
var callers = map[string]func(ctx context.Context, f func(context.Context) error) error{
	"Call": func(ctx context.Context, f func(context.Context) error) error {
		n, err := safe.Call(ctx, "payment", func(ctx context.Context) (int, error) { return 7, f(ctx) })
		if err == nil && n != 7 {
			return errors.New("the result was lost")
		}
		return err
	},
	"Do": func(ctx context.Context, f func(context.Context) error) error { return safe.Do(ctx, "payment", f) },
}

func TestCalls(t *testing.T) {
	for name, call := range callers {
		t.Run(name, func(t *testing.T) {
			got := reports(t)
			ok := func(context.Context) error { return nil }
			for _, ctx := range []context.Context{context.Background(), nil, hostile{context.Background()}} {
				if err := call(ctx, ok); err != nil {
					t.Errorf("without trouble: %v", err)
				}
			}
			err := call(context.Background(), func(context.Context) error { return os.ErrNotExist })
			var s *safe.ServiceError
			if !errors.As(err, &s) || s.Service != "payment" || !errors.Is(err, os.ErrNotExist) || err.Error() != "payment: file does not exist" {
				t.Errorf("of an error: %v", err)
			}
			if again := call(context.Background(), func(context.Context) error { return err }); again != err {
				t.Errorf("named twice: %v", again)
			}
			called := false
			err = call(cancelled(), func(context.Context) error { called = true; return nil })
			wantRefused(t, err, context.Canceled)
			if called || !errors.As(err, &s) {
				t.Errorf("with a cancelled context: called %v, error %v", called, err)
			}
			err = call(context.Background(), func(context.Context) error { raise(http.ErrAbortHandler); return nil })
			if !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("of an abort: %v", err)
			}
			onOwn(func() {
				err := call(context.Background(), func(context.Context) error { runtime.Goexit(); return nil })
				t.Errorf("Goexit did not end the goroutine: %v", err)
			})
			if n := len(got()); n != 0 {
				t.Errorf("%d reports, and nothing panicked", n)
			}
		})
	}
}

func TestCallsThatPanic(t *testing.T) {
	for name, call := range callers {
		t.Run(name, func(t *testing.T) {
			got := reports(t)
			var err error
			serving(func(r *http.Request) {
				err = call(r.Context(), func(context.Context) error { raise(errBoom); return nil })
				backstop.Capture(r.Context(), err) // it is known already
			})
			wantPanic(t, err, errBoom)
			if !errors.Is(err, errBoom) || err.Error() != "payment: panic: boom" {
				t.Errorf("error %v", err)
			}
			c := one(t, got(), "boom")
			wantTrace(t, c)
			wantTop(t, c, "raise")
			err = call(hostile{context.Background()}, func(context.Context) error { raise(errBoom); return nil })
			wantPanic(t, err, errBoom)
		})
	}
}

// TestCallBeforeStart works without the SDK.
func TestCallBeforeStart(t *testing.T) {
	n, err := safe.Call(context.Background(), "payment", func(context.Context) (int, error) { raise(errBoom); return 7, nil })
	wantPanic(t, err, errBoom)
	if n != 0 {
		t.Errorf("result %d of a call that panicked", n)
	}
}

type thing struct{ _ int }

func (*thing) Read([]byte) (int, error) { return 0, io.EOF }

func checked[T any](v T, err error) error {
	_, err = safe.Check(v, err).From("stock")
	return err
}

func TestCheck(t *testing.T) {
	var none *thing
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"pointer":              {checked(&thing{}, nil), nil},
		"int":                  {checked(0, nil), nil},
		"struct":               {checked(thing{}, nil), nil},
		"empty map":            {checked(map[string]int{}, nil), nil},
		"nil slice":            {checked([]int(nil), nil), nil},
		"interface":            {checked[io.Reader](&thing{}, nil), nil},
		"interface with a 0":   {checked[any](0, nil), nil},
		"nil pointer":          {checked(none, nil), safe.ErrNilResult},
		"nil map":              {checked(map[string]int(nil), nil), safe.ErrNilResult},
		"nil func":             {checked((func())(nil), nil), safe.ErrNilResult},
		"nil channel":          {checked((chan int)(nil), nil), safe.ErrNilResult},
		"nil interface":        {checked[io.Reader](nil, nil), safe.ErrNilResult},
		"nil in an interface":  {checked[io.Reader](none, nil), safe.ErrNilResult},
		"error":                {checked(1, os.ErrExist), os.ErrExist},
		"error with nil":       {checked(none, os.ErrExist), os.ErrExist},
		"error already naming": {checked(1, error(&safe.ServiceError{Service: "stock", Err: os.ErrExist})), os.ErrExist},
	} {
		if c.want == nil {
			if c.err != nil {
				t.Errorf("%s: %v, want none", name, c.err)
			}
			continue
		}
		if !errors.Is(c.err, c.want) || c.err.Error() != "stock: "+c.want.Error() {
			t.Errorf("%s: error %v, want stock: %v", name, c.err, c.want)
		}
	}
	if n, err := safe.Check(3, os.ErrExist).From("stock"); n != 3 || err == nil {
		t.Errorf("a result that came with an error: %d, %v", n, err)
	}
}

func TestMust(t *testing.T) {
	if n := safe.Must(7, nil).From("config"); n != 7 {
		t.Errorf("result %d", n)
	}
	defer func() {
		err, _ := recover().(error)
		var s *safe.ServiceError
		if !errors.As(err, &s) || s.Service != "config" || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("panicked with %v", err)
		}
	}()
	safe.Must(7, os.ErrNotExist).From("config")
	t.Error("did not panic")
}

func TestCallsDoNotAllocate(t *testing.T) {
	ctx := context.Background()
	p := &thing{}
	for name, f := range map[string]func(){
		"Call": func() {
			if _, err := safe.Call(ctx, "payment", func(context.Context) (*thing, error) { return p, nil }); err != nil {
				t.Error(err)
			}
		},
		"Do": func() {
			if err := safe.Do(ctx, "payment", func(context.Context) error { return nil }); err != nil {
				t.Error(err)
			}
		},
		"Check": func() {
			if _, err := safe.Check(p, nil).From("payment"); err != nil {
				t.Error(err)
			}
		},
		"Check of an interface": func() {
			if _, err := safe.Check[io.Reader](p, nil).From("payment"); err != nil {
				t.Error(err)
			}
		},
		"Check of a struct": func() {
			if _, err := safe.Check(*p, nil).From("payment"); err != nil {
				t.Error(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
