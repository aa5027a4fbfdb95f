package shapes

import "context"

func (s *svc) good1() {
	if s.opts.OnDone != nil {
		go s.opts.OnDone()
	}
}

func (s *svc) good2() {
	if s.opts.OnDone == nil {
		return
	}
	go s.opts.OnDone()
}

type svc2 struct{ done func() }

func newSvc2(done func()) *svc2 {
	if done == nil {
		done = func() {}
	}
	return &svc2{done: done}
}
func (s *svc2) good3() { go s.done() }

func good4(m map[string]func(), k string) {
	if f, ok := m[k]; ok {
		go f()
	}
}

func good5(f func()) { go f() }

func good6(ctx context.Context, k string) {
	f := pick(k)
	if f == nil {
		f = func(context.Context) {}
	}
	go f(ctx)
}

func good7() {
	var f func()
	f = func() { _ = f }
	go f()
}

func good8(s string) {
	if h := handler; h != nil {
		go h(s)
	}
}

func good9() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	<-ctx.Done()
	return nil
}

func good10(fs []func()) {
	for _, f := range fs {
		go f()
	}
}

func good11() error {
	cleanup, err := open()
	if err != nil {
		return err
	}
	defer cleanup()
	return nil
}
