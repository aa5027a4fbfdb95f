package a

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"b"
)

// The methods of *os.File accept nil, and return an error.
func nilSafeStd(p string) error {
	f, _ := os.Open(p)
	defer f.Close()
	_, err := f.Read(nil)
	return err
}

// Label checks its receiver, and Label2 leaves that to it.
func nilSafe(id int) string {
	u, _ := b.Find(id)
	return u.Label() + u.Label2()
}

// A helper that ends the process.
func fatal(u string) {
	resp, err := http.Get(u)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
}

// t.Fatal ends the test.
func testFatal(t *testing.T, id int) {
	u, err := b.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(u.Name)
}

// Helpers of another package that do not return with an error.
func helpers(id int) string {
	u, err := b.Find(id)
	b.Check(err)
	v, err := b.Find(id)
	b.Try(err, "find")
	return u.Name + v.Name + b.Must(b.Find(id)).Name
}

// A helper that says it.
func predicate(id int) string {
	u, err := b.Find(id)
	if b.Failed(err) {
		return ""
	}
	return u.Name
}

// The result is valid beside the error.
func partial(r io.Reader) string {
	u, err := b.Partial(r)
	if err != nil {
		log.Println(err)
	}
	return u.Name
}

// Used only when there is no error.
func onlyIf(u string) {
	if resp, err := http.Get(u); err == nil {
		resp.Body.Close()
	}
}

// The result itself is checked.
func resultChecked(u string) string {
	resp, err := http.Get(u)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return ""
	}
	return resp.Status
}

// Both are checked.
func combined(u string) string {
	resp, err := http.Get(u)
	if err != nil || resp == nil {
		return ""
	}
	return resp.Status
}

// One kind of error is special, all others end it.
func isSpecial(p string) int64 {
	info, err := os.Stat(p)
	if errors.Is(err, fs.ErrNotExist) {
		return -1
	} else if err != nil {
		return -2
	}
	return info.Size()
}

// The case of an error.
func switchCase(id int) string {
	u, err := b.Find(id)
	switch {
	case err != nil:
		return ""
	case id > 3:
		return u.Name
	}
	return u.Name
}

// Asked through a second variable, and through a bool.
func secondVariable(id int) string {
	u, err := b.Find(id)
	failure := err
	if failure != nil {
		return ""
	}
	v, err := b.Find(id)
	ok := err == nil
	if !ok {
		return ""
	}
	return u.Name + v.Name
}

// Wrapped, then asked.
func wrapped(id int) string {
	u, err := b.Find(id)
	if err != nil {
		err = fmt.Errorf("find: %w", err)
	}
	if err != nil {
		return ""
	}
	return u.Name
}

// A flag remembers it.
func flagged(id int) string {
	failed := false
	u, err := b.Find(id)
	if err != nil {
		failed = true
	}
	fmt.Println("asked")
	if failed {
		return ""
	}
	return u.Name
}

// A list of errors remembers it.
func collected(id int) string {
	var errs []error
	u, err := b.Find(id)
	if err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return ""
	}
	return u.Name
}

// Errors are joined.
func joined(id int) string {
	u, err1 := b.Find(id)
	v, err2 := b.Find(id + 1)
	if err := errors.Join(err1, err2); err != nil {
		return ""
	}
	return u.Name + v.Name
}

// A counter remembers it.
func counted(id int) string {
	failures := 0
	u, err := b.Find(id)
	if err != nil {
		failures++
	}
	if failures > 0 {
		return ""
	}
	return u.Name
}

type session struct {
	user *b.User
	err  error
	bad  bool
}

// The error is kept in a field, and asked there.
func (s *session) kept(id int) string {
	s.user, s.err = b.Find(id)
	if s.err != nil {
		return ""
	}
	return s.user.Name
}

// The field is set by the check.
func (s *session) flagField(id int) string {
	u, err := b.Find(id)
	if err != nil {
		s.bad = true
	}
	if s.bad {
		return ""
	}
	return u.Name
}

// A fallback takes its place.
func fallback(id int) string {
	u, err := b.Find(id)
	if err != nil {
		u = &b.User{Name: "guest"}
	}
	return u.Name
}

// The loop goes on with the next.
func continues(ids []int) (names []string) {
	for _, id := range ids {
		u, err := b.Find(id)
		if err != nil {
			continue
		}
		names = append(names, u.Name)
	}
	return names
}

// The last error is checked behind the loop.
func retriesChecked(u string) int {
	var resp *http.Response
	var err error
	for i := 0; i < 3; i++ {
		resp, err = http.Get(u)
		if err == nil {
			break
		}
	}
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

// goto and a label.
func jumps(id int) string {
	u, err := b.Find(id)
	if err != nil {
		goto failed
	}
	return u.Name
failed:
	return err.Error()
}

// Constants that are right cannot fail.
func constants() string {
	u, _ := url.Parse("https://example.com/x")
	re, _ := regexp.Compile("a+")
	req, _ := http.NewRequest("GET", "https://example.com", nil)
	req.Header.Set("Accept", "text/plain")
	return u.Host + re.String()
}

// The named error is asked by the deferred literal and before the use.
func namedResult(id int) (name string, err error) {
	defer func() {
		if err != nil {
			log.Println(err)
		}
	}()
	u, err := b.Find(id)
	if err != nil {
		return "", err
	}
	return u.Name, nil
}

// The deferred literal asks before it uses the value.
func deferredAsks(u string) error {
	resp, err := http.Get(u)
	defer func() {
		if err == nil {
			resp.Body.Close()
		}
	}()
	if err != nil {
		return err
	}
	return nil
}

// The value is set in the goroutine of a group, and the group is asked.
func grouped(run func(func() error), wait func() error) string {
	var u *b.User
	run(func() error {
		var err error
		u, err = b.Find(1)
		return err
	})
	if err := wait(); err != nil {
		return ""
	}
	return u.Name
}

// The walk hands on its error first.
func walkChecked(root string) error {
	return filepath.Walk(root, func(p string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Println(info.Name())
		return nil
	})
}

// ok is asked, or the type is.
func oks(users map[int]*b.User, v any) string {
	u, ok := users[1]
	if !ok {
		return ""
	}
	w, _ := v.(*b.User)
	if w == nil {
		return ""
	}
	switch x := v.(type) {
	case *b.User:
		return x.Name
	}
	return u.Name + w.Name
}

// The map has been asked before.
func askedBefore(users map[int]*b.User) string {
	if _, ok := users[1]; !ok {
		return ""
	}
	u, _ := users[1]
	return u.Name
}

// The condition that guards both is the same.
func correlated(id int, strict bool) string {
	u, err := b.Find(id)
	if strict && err != nil {
		return ""
	}
	if strict {
		return u.Name
	}
	return ""
}

// The server of net/http sets it for each request.
func localAddr(r *http.Request) string {
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(fmt.Stringer)
	return addr.String()
}

// The error goes to somebody who may decide: an assertion of a test library.
func asserted(t testing.TB, require interface {
	NoError(t testing.TB, err error)
}, id int) string {
	u, err := b.Find(id)
	require.NoError(t, err)
	return u.Name
}

// A function value that ends it.
func handler(exit func(error), id int) string {
	u, err := b.Find(id)
	if err != nil {
		exit(err)
	}
	return u.Name
}

// An interface without an implementation here.
func opaque(s b.Store) string {
	u, err := s.Load(1)
	if err != nil {
		log.Println(err)
		return ""
	}
	return u.Name
}

// The error of a function that nobody can read is dropped.
func opaqueDropped(s interface{ Peek(id int) (*b.User, error) }) string {
	u, _ := s.Peek(1)
	return u.Name
}

// QueryRow never returns nil.
func row(db *sql.DB) (n int) {
	_ = db.QueryRow("select 1").Scan(&n)
	return n
}

// Only the text is used, which is no pointer.
func text(r io.Reader) string {
	data, _ := io.ReadAll(r)
	return strings.TrimSpace(string(data))
}

// A later statement replaces what failed.
func retryOnce(id int) (*b.User, error) {
	u, err := b.Find(id)
	if err != nil {
		if u, err = b.Find(0); err != nil {
			return nil, err
		}
	}
	fmt.Println(u.Name)
	return u, nil
}

// A key of a known length: nothing is left to fail.
func cipherOf(secret string) cipher.Block {
	key := sha256.Sum256([]byte(secret))
	block, _ := aes.NewCipher(key[:])
	block.BlockSize()
	return block
}

// The callers of this package give keys that are right.
func suite(key, iv []byte) int {
	block, _ := aes.NewCipher(key)
	return block.BlockSize() + len(iv)
}

type kind int

type message struct{ kind kind }

// What has no entry has one of the kinds that need none.
func dispatch(users map[int]*b.User, m *message, id int) string {
	u, ok := users[id]
	if !ok && m.kind != 1 && m.kind != 2 {
		return ""
	}
	switch m.kind {
	case 1:
		return "begin"
	case 3:
		return u.Name
	}
	return ""
}
