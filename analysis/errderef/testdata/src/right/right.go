package right

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"example.com/svc/store"
)

func a1(u string) error {
	resp, err := http.Get(u)
	if resp != nil {
		defer resp.Body.Close()
	}
	return err
}

func a2(req *http.Request) (*http.Response, error) {
	var resp *http.Response
	var err error
	for i := 0; i < 3; i++ {
		resp, err = http.DefaultClient.Do(req)
		if err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return resp, nil
}

func a3(id string) string {
	u, _ := store.Partial(id)
	return u.Name
}

func a4(id string) string {
	u, _ := store.Find(context.Background(), id)
	return u.SafeLabel()
}

func a5(id string) string {
	u, err := store.Find(context.Background(), id)
	if err != nil {
		log.Fatalf("find: %v", err)
	}
	return u.Name
}

func a6(id string) string {
	u, err := store.Find(context.Background(), id)
	store.Check(err)
	return u.Name
}

func a7(ids []string) (out []string, err error) {
	for _, id := range ids {
		u, ferr := store.Find(context.Background(), id)
		if ferr != nil {
			err = errors.Join(err, ferr)
			continue
		}
		out = append(out, u.Name)
	}
	return
}

func a8(c *store.Cache) string {
	if u, ok := c.Peek("x"); ok {
		return u.Name
	}
	return ""
}

func a9(id string) string {
	u, err := store.Find(context.Background(), id)
	failed := err != nil
	if failed {
		return ""
	}
	return u.Name
}

func a10(id string) (name string) {
	u, err := store.Find(context.Background(), id)
	if err == nil {
		name = u.Name
	}
	return
}

func a11(id string) (err error) {
	var s *store.Session
	defer func() {
		if err == nil {
			err = s.Close()
		}
	}()
	s, err = store.Open(id)
	if err != nil {
		return err
	}
	return nil
}

func a12(id string) string {
	u, err := store.Find(context.Background(), id)
	switch {
	case err == nil:
	case errors.Is(err, store.ErrNone):
		u = &store.User{}
	default:
		return ""
	}
	return u.Name
}

func a13(id string) string {
	u, err := store.Find(context.Background(), id)
	if err != nil || u == nil {
		u = &store.User{Name: "anon"}
	}
	return u.Name
}

func a14() string {
	u, _ := url.Parse("https://example.com/a")
	return u.Host
}

type job struct {
	user *store.User
	err  error
}

func (j *job) run(id string) {
	if j.user, j.err = store.Find(context.Background(), id); j.err != nil {
		return
	}
	log.Print(j.user.Name)
}

func a15(ids []string) []string {
	var out []string
outer:
	for _, id := range ids {
		for try := 0; ; try++ {
			u, err := store.Find(context.Background(), id)
			if err != nil {
				if try < 3 {
					continue
				}
				continue outer
			}
			out = append(out, u.Name)
			break
		}
	}
	return out
}

func a16(db *sql.DB) (n int, err error) {
	tx, err := db.Begin()
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	err = tx.QueryRow("select 1").Scan(&n)
	if err != nil {
		return 0, err
	}
	return n, tx.Commit()
}

func a17(p string) string {
	f, err := os.Open(p)
	defer f.Close()
	if err != nil {
		return ""
	}
	b, _ := io.ReadAll(f)
	return string(b)
}

func a18(ch chan error, id string) string {
	u, err := store.Find(context.Background(), id)
	if err != nil {
		ch <- err
		return ""
	}
	return u.Name
}

type result struct {
	u   *store.User
	err error
}

func a19(id string) string {
	ch := make(chan result, 1)
	go func() {
		u, err := store.Find(context.Background(), id)
		ch <- result{u, err}
	}()
	select {
	case r := <-ch:
		if r.err != nil {
			return ""
		}
		return r.u.Name
	case <-time.After(time.Second):
		return ""
	}
}

func a20(v any) string {
	switch x := v.(type) {
	case *store.User:
		return x.Name
	case nil:
		return ""
	}
	return "?"
}

func a21(m map[string]*store.User, k string) string {
	u, ok := m[k]
	if !ok {
		u = new(store.User)
		m[k] = u
	}
	return u.Name
}

func a22(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer c.Close()
	return nil
}

func a23(p string) int64 {
	fi, err := os.Stat(p)
	switch {
	case os.IsNotExist(err):
		return 0
	case err != nil:
		return -1
	}
	return fi.Size()
}

func fail(w http.ResponseWriter, err error) bool {
	if err == nil {
		return false
	}
	http.Error(w, err.Error(), 500)
	return true
}

func a24(w http.ResponseWriter, r *http.Request) {
	u, err := store.Find(r.Context(), r.FormValue("id"))
	if fail(w, err) {
		return
	}
	fmt.Fprint(w, u.Name)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func a25(id string) string { return must(store.Find(context.Background(), id)).Name }

var mu sync.Mutex

func a26(id string) (out string, err error) {
	mu.Lock()
	defer mu.Unlock()
	var u *store.User
	if u, err = store.Find(context.Background(), id); err != nil {
		goto end
	}
	out = u.Name
end:
	return
}

func a27(id string) string {
	var err error
	var u *store.User
	do := func() { u, err = store.Find(context.Background(), id) }
	do()
	if err != nil {
		return ""
	}
	return u.Name
}

func a28(r *http.Request) string {
	c, err := r.Cookie("a")
	if errors.Is(err, http.ErrNoCookie) {
		return ""
	}
	return c.Value
}

func a29(a, b string) (string, error) {
	u, err1 := store.Find(context.Background(), a)
	v, err2 := store.Find(context.Background(), b)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	return u.Name + v.Name, nil
}

func a30(a, b string) (string, error) {
	u, err1 := store.Find(context.Background(), a)
	v, err2 := store.Find(context.Background(), b)
	for _, err := range []error{err1, err2} {
		if err != nil {
			return "", err
		}
	}
	return u.Name + v.Name, nil
}

func a31(c *store.Cache, k string) string {
	u, ok := c.Peek(k)
	for !ok {
		time.Sleep(time.Millisecond)
		u, ok = c.Peek(k)
	}
	return u.Name
}

func a32(id string) string {
	u, err := store.Find(context.Background(), id)
	if err != nil {
		u, err = store.Find(context.Background(), "default")
		if err != nil {
			return ""
		}
	}
	return u.Name
}

func a33(id string) (s string) {
	u, err := store.Find(context.Background(), id)
	defer func() {
		if err != nil {
			return
		}
		s = u.Name
	}()
	return
}

func a34(u string) error {
	req, err := http.NewRequest(http.MethodGet, "http://localhost/", nil)
	_ = err
	req.Header.Set("a", u)
	return nil
}

func a35(u string) (err error) {
	var resp *http.Response
	defer func() {
		if r := recover(); r != nil {
			log.Print(r, resp.Status)
		}
		if resp != nil {
			resp.Body.Close()
		}
	}()
	resp, err = http.Get(u)
	if err != nil {
		return err
	}
	return nil
}

func a36(u string) (err error) {
	var s *store.Session
	defer func() {
		if err != nil {
			return
		}
		s.Close()
	}()
	if s, err = store.Open(u); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	return nil
}

func a37(u string) (err error) {
	var s *store.Session
	opened := false
	defer func() {
		if opened {
			s.Close()
		}
	}()
	s, err = store.Open(u)
	if err != nil {
		return err
	}
	opened = true
	return nil
}

type memRepo struct{ m map[string]*store.User }

func (r *memRepo) load(id string) (*store.User, error) {
	u, ok := r.m[id]
	if !ok {
		return nil, store.ErrNone
	}
	return u, nil
}

func (r *memRepo) name(id string) string {
	u, err := r.load(id)
	if err == store.ErrNone {
		return ""
	}
	return u.Name
}

func a38(us []string) (err error) {
	var s *store.Session
	var ok bool
	defer func() {
		if !ok {
			return
		}
		s.Close()
	}()
	for _, u := range us {
		s, err = store.Open(u)
		if err != nil {
			continue
		}
		ok = true
	}
	return nil
}

func a39(db *sql.DB) (err error) {
	tx, err := db.Begin()
	defer func() {
		if err != nil {
			log.Print(err)
			return
		}
		err = tx.Commit()
	}()
	if err != nil {
		return err
	}
	return nil
}
