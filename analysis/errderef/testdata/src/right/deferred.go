package right

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"sync"

	"example.com/svc/store"
)

// deferred literal asks err through another named result
func b1(u string) (n int, err error) {
	var s *store.Session
	defer func() {
		if n > 0 {
			s.Close()
		}
	}()
	s, err = store.Open(u)
	if err != nil {
		return 0, err
	}
	n = 1
	return n, nil
}

// the literal closes what a loop opened
func b2(us []string) error {
	var open []*store.Session
	defer func() {
		for _, s := range open {
			s.Close()
		}
	}()
	for _, u := range us {
		s, err := store.Open(u)
		if err != nil {
			return err
		}
		open = append(open, s)
	}
	return nil
}

type holder struct {
	s  *store.Session
	mu sync.Mutex
}

func (h *holder) b3(u string) (err error) {
	h.mu.Lock()
	defer func() {
		if err == nil {
			h.s.Close()
		}
		h.mu.Unlock()
	}()
	h.s, err = store.Open(u)
	return err
}

func (h *holder) b4(u string) (err error) {
	defer func() {
		if h.s != nil {
			h.s.Close()
		}
	}()
	h.s, err = store.Open(u)
	if err != nil {
		return errors.New("x")
	}
	return nil
}

func b5(u string) (err error) {
	var s *store.Session
	state := "new"
	defer func() {
		switch state {
		case "open":
			s.Close()
		case "new":
		}
	}()
	s, err = store.Open(u)
	if err != nil {
		return
	}
	state = "open"
	return
}

func b6(u string) (err error) {
	var s *store.Session
	n := 0
	defer func() {
		if n > 0 {
			s.Close()
		}
	}()
	s, err = store.Open(u)
	if err != nil {
		return
	}
	n++
	return
}

func b7(u string) (err error) {
	var s *store.Session
	var cleanup []func()
	defer func() {
		for _, f := range cleanup {
			f()
		}
	}()
	s, err = store.Open(u)
	if err != nil {
		return
	}
	cleanup = append(cleanup, func() { s.Close() })
	return
}

func b8(u string) (err error) {
	var s *store.Session
	done := make(chan struct{})
	defer func() {
		select {
		case <-done:
		default:
			if err == nil {
				s.Close()
			}
		}
	}()
	if s, err = store.Open(u); err != nil {
		return err
	}
	close(done)
	return nil
}

func b9(db *sql.DB) (err error) {
	var tx *sql.Tx
	committed := false
	defer func() {
		if tx == nil || committed {
			return
		}
		_ = tx.Rollback()
	}()
	tx, err = db.Begin()
	if err != nil {
		return err
	}
	committed = true
	return tx.Commit()
}

func b10(u string) (body []byte, err error) {
	var resp *http.Response
	defer func() {
		if body != nil {
			log.Print(resp.Status)
		}
	}()
	resp, err = http.Get(u)
	if err != nil {
		return nil, err
	}
	body, err = io.ReadAll(resp.Body)
	return
}

func b11(u string) error {
	var s *store.Session
	var err error
	defer func() {
		if err != nil {
			return
		}
		s.Close()
	}()
	s, err = store.Open(u)
	if err != nil {
		return err
	}
	return nil
}

func b12(p string) (err error) {
	var f *os.File
	defer func() {
		if cerr := f.Close(); cerr != nil && err == nil { // nil-safe
			err = cerr
		}
	}()
	f, err = os.Open(p)
	return err
}

func b13(ctx context.Context, id string) (u *store.User, err error) {
	defer func() {
		if err == nil {
			log.Print(u.Name)
		}
	}()
	return store.Find(ctx, id)
}

func b14(ctx context.Context, id string) (u *store.User, err error) {
	defer func() {
		if err != nil {
			u = &store.User{}
		}
		log.Print(u.Name)
	}()
	return store.Find(ctx, id)
}

func b15(ctx context.Context, ids []string) (name string, err error) {
	ok := false
	var u *store.User
	defer func() {
		if ok {
			name = u.Name
		}
	}()
	for i, id := range ids {
		u, err = store.Find(ctx, id)
		if err == nil {
			ok = true
			break
		}
		if i > 3 {
			return
		}
	}
	return
}

func b16(ctx context.Context, id string) (name string, err error) {
	var u *store.User
	defer func() {
		if recover() == nil {
			return
		}
		name = u.Name
	}()
	u, err = store.Find(ctx, id)
	return
}

func b17(ctx context.Context, id string) (name string, err error) {
	fail := true
	var u *store.User
	defer func() {
		if !fail {
			name = u.Name
		}
	}()
	u, err = store.Find(ctx, id)
	fail = err != nil
	return
}

func b18(ctx context.Context, id string) (name string, err error) {
	var ok bool
	var u *store.User
	defer func() {
		if ok {
			name = u.Name
		}
	}()
	u, err = store.Find(ctx, id)
	ok = err == nil
	return
}

func b19(ctx context.Context, id string) (name string, rerr error) {
	var u *store.User
	defer func() {
		if rerr != nil {
			return
		}
		name = u.Name
	}()
	var err error
	u, err = store.Find(ctx, id)
	if err != nil {
		rerr = err
		return
	}
	return
}

func b20(ctx context.Context, ids []string) (total int) {
	failed := 0
	var last *store.User
	for _, id := range ids {
		u, err := store.Find(ctx, id)
		if err != nil {
			failed++
			if failed >= 3 {
				break
			}
			continue
		}
		last = u
		total += len(u.Name)
	}
	if last != nil {
		total += len(last.Name)
	}
	return
}
