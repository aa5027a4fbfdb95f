package variants

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	"example.com/svc/store"
)

var client = &http.Client{}

// 1 logging, falling through
func fetch(url string) int {
	resp, err := client.Get(url)
	if err != nil {
		slog.Error("get", "err", err)
	}
	return resp.StatusCode // want `(is|are) (used|given)`
}

// 2 retry loop: last error ignored after loop
func retry(ctx context.Context, req *http.Request) (string, error) {
	var resp *http.Response
	var err error
	for i := 0; i < 3; i++ {
		resp, err = client.Do(req)
		if err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	defer resp.Body.Close() // want `(is|are) (used|given)`
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// 3 shadowed err
func shadow(id string) (name string, err error) {
	u, err := store.Find(context.Background(), id)
	if id != "" {
		if _, err := os.Stat(id); err != nil {
			return "", err
		}
	}
	return u.Name, err // want `(is|are) (used|given)`
}

// 4 if f, err := ...; err == nil {} else { use f }
func elseUse(p string) {
	if s, err := store.Open(p); err == nil {
		log.Print("open")
		s.Close()
	} else {
		log.Print(err)
		s.Close() // want `(is|are) (used|given)`
	}
}

// 5 blank
func blank(p string) string {
	u, _ := store.Find(context.Background(), p)
	return u.Label() // want `(is|are) (used|given)`
}

// 6 defer before check
func rowsDefer(db *sql.DB) error {
	rows, err := db.Query("select 1")
	defer rows.Close() // want `(is|are) (used|given)`
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Err()
}

// 7 error compared with one sentinel only
func sentinel(id string) string {
	u, err := store.Find(context.Background(), id)
	if errors.Is(err, store.ErrNone) {
		log.Print("nothing there")
	} else if err != nil {
		return ""
	}
	return u.Name // want `(is|are) (used|given)`
}

// 8 switch falls out
func sw(id string) string {
	u, err := store.FindVia(context.Background(), id)
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case err != nil:
		log.Println("find:", err)
	}
	return u.Name // want `(is|are) (used|given)`
}

// 9 bool: cache
func cached(c *store.Cache, k string) string {
	u, ok := c.Peek(k)
	if !ok {
		log.Print("miss")
	}
	return u.Name // want `(is|are) (used|given)`
}

// 10 stored in a struct field, checked never
type job struct {
	user *store.User
	err  error
}

func (j *job) run(id string) {
	j.user, j.err = store.Find(context.Background(), id)
	log.Print(j.user.Name) // want `(is|are) (used|given)`
}

// 11 closure uses
func inClosure(id string) error {
	u, err := store.Find(context.Background(), id)
	func() {
		log.Print(u.Name) // want `(is|are) (used|given)`
	}()
	return err
}

// 12 goroutine
func inGo(id string) error {
	u, err := store.Find(context.Background(), id)
	go func() {
		log.Print(u.Name) // want `(is|are) (used|given)`
	}()
	if err != nil {
		return err
	}
	return nil
}

// 13 wrong condition
func wrongCond(id string) string {
	u, err := store.Find(context.Background(), id)
	if err == nil {
		return ""
	}
	return u.Name // want `(is|are) (used|given)`
}

// 14 check of other err
func otherErr(id string) (string, error) {
	u, uerr := store.Find(context.Background(), id)
	s, err := store.Open(id)
	if err != nil {
		return "", err
	}
	defer s.Close()
	_ = uerr
	return u.Name, nil // want `(is|are) (used|given)`
}

// 15 continue missing in a loop
func loop(ids []string) (names []string) {
	for _, id := range ids {
		u, err := store.Find(context.Background(), id)
		if err != nil {
			log.Printf("skip %s: %v", id, err)
		}
		names = append(names, u.Name) // want `(is|are) (used|given)`
	}
	return
}

// 16 generic helper
func generic(us []*store.User) string {
	u, _ := store.First(us, func(u *store.User) bool { return u.Name != "" })
	return u.Name // want `(is|are) (used|given)`
}

// 17 interface with one implementation
func viaIface() string {
	r := store.NewRepo()
	u, err := r.Load("x")
	if err != nil {
		fmt.Println(err)
	}
	return u.Name // want `(is|are) (used|given)`
}

// 18 collected, never returned
func collected(ids []string) []error {
	var errs []error
	for _, id := range ids {
		u, err := store.Find(context.Background(), id)
		if err != nil {
			errs = append(errs, err)
		}
		fmt.Println(u.Name) // want `(is|are) (used|given)`
	}
	return errs
}

// 19 std: net
func dial(a string) {
	c, err := net.DialTimeout("tcp", a, time.Second)
	if err != nil {
		log.Print("dial: ", err)
	}
	defer c.Close() // want `(is|are) (used|given)`
	bufio.NewReader(c)
}

// 20 pem
func cert(b []byte) (*x509.Certificate, error) {
	blk, _ := pem.Decode(b)
	return x509.ParseCertificate(blk.Bytes) // want `(is|are) (used|given)`
}

// 21 form file
func upload(w http.ResponseWriter, r *http.Request) {
	f, hdr, err := r.FormFile("f")
	if err != nil {
		http.Error(w, "bad", 400)
	}
	log.Print(hdr.Filename) // want `(is|are) (used|given)`
	_ = f
}

// 22 cookie
func cookie(r *http.Request) string {
	c, _ := r.Cookie("sid")
	return c.Value // want `(is|are) (used|given)`
}

// 23 gzip
func unzip(r io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	defer z.Close() // want `(is|are) (used|given)`
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// 24 tx
func tx(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	defer tx.Rollback() // want `(is|are) (used|given)`
	if err != nil {
		return err
	}
	return tx.Commit()
}

// 25 stmt, labelled loop
func stmts(db *sql.DB, qs []string) {
outer:
	for {
		for _, q := range qs {
			st, err := db.Prepare(q)
			if err != nil {
				log.Print(err)
				if len(q) > 10 {
					continue outer
				}
			}
			st.Close() // want `(is|are) (used|given)`
		}
		break
	}
}

// 26 os.Stat
func size(p string) int64 {
	fi, err := os.Stat(p)
	if os.IsNotExist(err) {
		return 0
	}
	return fi.Size() // want `(is|are) (used|given)`
}

// 27 stat ignoring error
func size2(p string) int64 {
	fi, _ := os.Stat(p)
	return fi.Size() // want `(is|are) (used|given)`
}

// 28 multipart
func parts(r *multipart.Reader) {
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		log.Print(p.FileName()) // want `(is|are) (used|given)`
	}
}

// 29 through helper in package
type svc struct {
	find func(context.Context, string) (*store.User, error)
}

func (s *svc) get(ctx context.Context, id string) (*store.User, error) {
	u, err := s.find(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	return u, nil
}

func (s *svc) serve(w http.ResponseWriter, r *http.Request) {
	u, err := s.get(r.Context(), r.FormValue("id"))
	if err != nil {
		http.Error(w, err.Error(), 500)
	}
	fmt.Fprintln(w, u.Name) // want `(is|are) (used|given)`
}

// 30 bound method value
func methodValue(c *store.Cache) string {
	get := c.Peek
	u, ok := get("x")
	_ = ok
	return u.Name // want `(is|are) (used|given)`
}

// 31 nested lookups: field of an entry of a map
func lookup(m map[string]*store.User, k string) string {
	u, ok := m[k]
	if !ok {
		log.Print("no ", k)
	}
	return u.Name // want `(is|are) (used|given)`
}

// 32 type assertion with dropped ok
func assert(v any) string {
	u, _ := v.(*store.User)
	return u.Name // want `(is|are) (used|given)`
}

// 33 sync.Map-ish context value
type key struct{}

func fromCtx(ctx context.Context) string {
	u, ok := ctx.Value(key{}).(*store.User)
	if !ok {
		slog.Warn("no user")
	}
	return u.Label() // want `(is|are) (used|given)`
}

// 34 sync.Once
var once sync.Once
var shared *store.User

func initShared() {
	once.Do(func() {
		u, err := store.Find(context.Background(), os.Getenv("U"))
		if err != nil {
			log.Print(err)
		}
		u.Name = "x" // want `(is|are) (used|given)`
		shared = u
	})
}

// 35 exec pipe
func pipe(c *exec.Cmd) {
	out, err := c.StdoutPipe()
	if err != nil {
		log.Print(err)
	}
	out.Close() // want `(is|are) (used|given)`
}

// 36 named result overwritten by a second call before the check
func two(a, b string) (string, error) {
	u, err := store.Find(context.Background(), a)
	v, err := store.Find(context.Background(), b)
	if err != nil {
		return "", err
	}
	return u.Name + v.Name, nil // want `(is|are) (used|given)`
}

// 37 select with result after timeout: channel of struct
type result struct {
	u   *store.User
	err error
}

func async(id string) string {
	ch := make(chan result, 1)
	go func() {
		u, err := store.Find(context.Background(), id)
		ch <- result{u, err}
	}()
	r := <-ch
	if r.err != nil {
		log.Print(r.err)
	}
	return r.u.Name 
}

// 38 and/or condition
func andOr(id string, strict bool) string {
	u, err := store.Find(context.Background(), id)
	if err != nil && strict {
		return ""
	}
	return u.Name // want `(is|are) (used|given)`
}

// 39 dereference of the map result field through a second pointer
func copyOf(id string) store.User {
	u, err := store.Find(context.Background(), id)
	if err != nil {
		log.Println(err)
	}
	return *u // want `(is|are) (used|given)`
}

// 40 argument of a helper that dereferences
func label(u *store.User) string { return u.Name + "!" }

func viaArg(id string) string {
	u, err := store.Find(context.Background(), id)
	if err != nil {
		log.Println(err)
	}
	return label(u) // want `(is|are) (used|given)`
}

// 41 own method of a struct that holds the error
func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := store.FindVia(r.Context(), r.FormValue("u"))
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
		w.Header().Set("X-User", u.Name) // want `(is|are) (used|given)`
		next.ServeHTTP(w, r)
	})
}

// 42 request error dropped and dynamic url
func build(u string) *http.Request {
	req, _ := http.NewRequest("GET", u, nil)
	req.Header.Set("A", "b") // want `(is|are) (used|given)`
	return req
}

// 43 resp in else-if
func chain(u string) error {
	if resp, err := http.Get(u); err != nil && resp.StatusCode == 500 { // want `(is|are) (used|given)`
		return err
	}
	return nil
}

// 44 err in defer func
func deferredUse(u string) (err error) {
	var resp *http.Response
	defer func() {
		resp.Body.Close() // want `(is|are) (used|given)`
	}()
	resp, err = http.Get(u)
	if err != nil {
		return err
	}
	return nil
}

func deferFlag(u string) (err error) {
	var s *store.Session
	closed := false
	defer func() {
		if !closed {
			s.Close() // want `(is|are) (used|given)`
		}
	}()
	s, err = store.Open(u)
	if err != nil {
		return err
	}
	closed = true
	return s.Close()
}
