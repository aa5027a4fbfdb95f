package a

import (
	"crypto/aes"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"b"
)

func deferBeforeCheck(u string) error {
	resp, err := http.Get(u)
	defer resp.Body.Close() // want `err-deref: what http.Get returned is used for Body before anybody has checked that its error is nil`
	if err != nil {
		return err
	}
	return nil
}

func closureBeforeCheck(u string) error {
	resp, err := http.Get(u)
	defer func() {
		resp.Body.Close() // want `err-deref: what http.Get returned is used for Body on the path where it is nil`
	}()
	if err != nil {
		return err
	}
	return nil
}

func calledClosure(u string) int {
	resp, err := http.Get(u)
	n := func() int {
		return resp.StatusCode // want `before anybody has checked`
	}()
	if err != nil {
		return 0
	}
	return n
}

func inGoroutine(u string) {
	resp, err := http.Get(u)
	go func() {
		fmt.Println(resp.Status) // want `used for Status, and nothing asks before`
	}()
	_ = err
}

func usedOnErr(u string) {
	resp, err := http.Get(u)
	if err != nil {
		log.Println(resp.Status, err) // want `used for Status on the path where it is nil`
		return
	}
	resp.Body.Close()
}

func dropped(u string) string {
	resp, _ := http.Get(u)
	return resp.Status // want `nothing asks before`
}

func loggedOnly(u string) {
	resp, err := http.Get(u)
	if err != nil {
		log.Println(err)
	}
	defer resp.Body.Close() // want `on the path where it is nil`
}

func inverted(u string) string {
	resp, err := http.Get(u)
	if err == nil {
		return ""
	}
	return resp.Status // want `on the path where it is nil`
}

func overwritten(u string) string {
	resp, err := http.Get(u)
	other, err := url.Parse(u)
	if err != nil {
		return ""
	}
	return resp.Status + other.Host // want `used for Status, and nothing asks before`
}

func shadowed(u string, again bool) string {
	resp, err := http.Get(u)
	if again {
		_, err := http.Get(u)
		if err != nil {
			return ""
		}
	}
	_ = err
	return resp.Status // want `used for Status, and nothing asks before`
}

func otherChecked(u string) string {
	a, errA := http.Get(u)
	b, errB := http.Get(u)
	if errA != nil || errA != nil {
		return ""
	}
	_ = errB
	return a.Status + b.Status // want `used for Status, and nothing asks before`
}

func rowsDeferred(db *sql.DB) error {
	rows, err := db.Query("select 1")
	defer rows.Close() // want `used for Close on the path where it is nil`
	if err != nil {
		return err
	}
	return rows.Err()
}

func stat(p string) int64 {
	info, _ := os.Stat(p)
	return info.Size() // want `used for Size, and nothing asks before`
}

func fileName(p string) string {
	f, _ := os.Open(p)
	return f.Name() // want `used for Name, and nothing asks before`
}

func dial(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		log.Print(err)
	}
	conn.Close() // want `on the path where it is nil`
}

func accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			log.Print(err) // and continue is forgotten
		}
		go serve(conn) // want `given to serve, which dereferences it`
	}
}

func serve(c net.Conn) {
	defer c.Close()
	fmt.Fprintln(c, "hello")
}

func cookie(r *http.Request) string {
	c, _ := r.Cookie("session")
	return c.Value // want `used for Value`
}

func parsed(r *http.Request) string {
	u, _ := url.Parse(r.FormValue("next"))
	return u.Host // want `used for Host`
}

func block(data []byte) []byte {
	b, _ := pem.Decode(data)
	return b.Bytes // want `used for Bytes`
}

func walked(root string) error {
	return filepath.Walk(root, func(p string, info os.FileInfo, err error) error {
		if info.IsDir() { // want `used for IsDir before anybody has checked`
			return nil
		}
		return err
	})
}

func walkedDir(root string) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		fmt.Println(d.Name()) // want `used for Name before`
		return nil
	})
}

func entries(d fs.DirEntry) int64 {
	info, _ := d.Info()
	return info.Size() // want `used for Size`
}

// Of other packages.

func find(id int) string {
	u, err := b.Find(id)
	fmt.Println(u.Name) // want `what b.Find returned is used for Name before`
	if err != nil {
		return ""
	}
	return ""
}

func findAgain(id int) string {
	u, _ := b.FindAgain(id)
	return u.Name // want `used for Name`
}

func findWrapped(id int) string {
	u, err := b.FindWrapped(id)
	if err != nil {
		log.Println("no user:", err)
	}
	return u.Upper() // want `used for Upper on the path`
}

func generic(m map[string]*b.User) string {
	u, _ := b.Get(m, "x")
	return u.Name // want `used for Name`
}

func argument(id int) string {
	u, _ := b.Find(id)
	return b.Greet(u) // want `given to Greet, which dereferences it`
}

func throughVariable(id int) string {
	u, err := b.Find(id)
	if err != nil {
		fmt.Println(err)
	}
	v := u
	p := v
	return p.Name // want `used for Name on the path`
}

func stored(id int, into *struct{ u *b.User }) string {
	var err error
	into.u, err = b.Find(id)
	name := into.u.Name // want `used for Name before`
	if err != nil {
		return ""
	}
	return name
}

func noBool(id int) string {
	u, _ := b.Lookup(id)
	return u.Name // want `what b.Lookup returned is used for Name, and nothing asks before`
}

func noOk(users map[int]*b.User, id int) string {
	u, _ := users[id]
	return u.Name // want `what the lookup returned is used for Name`
}

func notOk(users map[int]*b.User, id int) string {
	u, ok := users[id]
	if !ok {
		users[id] = &b.User{} // and u is not assigned
	}
	return u.Name // want `on the path where it is nil`
}

func noAssert(v any) string {
	u, _ := v.(*b.User)
	return u.Name // want `what the assertion returned is used for Name`
}

func inLoop(urls []string) {
	for _, u := range urls {
		resp, err := http.Get(u)
		if err != nil {
			log.Println(err)
		}
		resp.Body.Close() // want `on the path where it is nil`
	}
}

func retries(u string) int {
	var resp *http.Response
	var err error
	for i := 0; i < 3; i++ {
		resp, err = http.Get(u)
		if err == nil {
			break
		}
	}
	return resp.StatusCode // want `on the path where it is nil`
}

func special(p string) int64 {
	info, err := os.Stat(p)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	return info.Size() // want `used for Size`
}

func conditional(u string, strict bool) int {
	resp, err := http.Get(u)
	if err != nil && strict {
		return 0
	}
	return resp.StatusCode // want `on the path where it is nil`
}

type client struct{ store b.Store }

type memory struct{}

func (memory) Load(id int) (*b.User, error) {
	if id == 0 {
		return nil, b.ErrNone
	}
	return &b.User{}, nil
}

func (c *client) name(s interface {
	Load(id int) (*b.User, error)
}) string {
	u, _ := s.Load(1)
	return u.Name // want `used for Name`
}

func named(id int) (name string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("named: %w", err)
		}
	}()
	u, err := b.Find(id)
	name = u.Name // want `used for Name before`
	return name, err
}

func switched(id int) string {
	u, err := b.Find(id)
	switch {
	case err != nil:
		fmt.Println("warning:", err)
	}
	return u.Name // want `on the path where it is nil`
}

type checker struct {
	ask func() (*b.User, error)
}

// What a function value returns beside an error is nil by convention.
func (c *checker) check() string {
	u, err := c.ask()
	if err != nil {
		log.Printf("check: %v", err)
	}
	return u.Name // want `the result of the call is used for Name on the path`
}

// The key comes from outside, and may have any length.
func FromEnvironment() int {
	block, _ := aes.NewCipher([]byte(os.Getenv("KEY")))
	return block.BlockSize() // want `nothing asks before whether its error is nil`
}

func wrongKind(users map[int]*b.User, m *message, id int) string {
	u, ok := users[id]
	if !ok && m.kind != 1 && m.kind != 2 {
		return ""
	}
	switch m.kind {
	case 2:
		return u.Name // want `on the path where it is nil`
	}
	return ""
}
