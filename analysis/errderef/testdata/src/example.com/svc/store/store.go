package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

type User struct {
	Name string
	Addr *Addr
	Tags map[string]string
}
type Addr struct{ City string }

type Conn struct{ DB *sql.DB }

var ErrNone = errors.New("none")

func wrap(op string, err error) error { return fmt.Errorf("%s: %w", op, err) }

func Find(ctx context.Context, id string) (*User, error) {
	if id == "" {
		return nil, wrap("find", ErrNone)
	}
	return &User{Name: id}, nil
}

// FindVia passes on what Find says.
func FindVia(ctx context.Context, id string) (u *User, err error) {
	defer func() {
		if err != nil {
			err = wrap("via", err)
		}
	}()
	u, err = Find(ctx, id)
	return
}

type Cache struct{ m map[string]*User }

func (c *Cache) Get(k string) (*User, bool) {
	u, ok := c.m[k]
	return u, ok
}

func (c *Cache) Peek(k string) (*User, bool) {
	if u, ok := c.m[k]; ok {
		return u, true
	}
	return nil, false
}

// Partial is valid beside an error.
func Partial(id string) (*User, error) {
	u := &User{Name: id}
	if id == "" {
		return u, ErrNone
	}
	return u, nil
}

func First[T any](xs []*T, ok func(*T) bool) (*T, error) {
	for _, x := range xs {
		if ok(x) {
			return x, nil
		}
	}
	return nil, ErrNone
}

func (u *User) Label() string { return "u:" + u.Name }

func (u *User) SafeLabel() string {
	if u == nil {
		return "none"
	}
	return u.Name
}

type Session struct{ rows []string }

func (s *Session) Close() error { s.rows = nil; return nil }
func (s *Session) Next() bool   { return len(s.rows) > 0 }

func Open(dsn string) (*Session, error) {
	if dsn == "" {
		return nil, errors.New("no dsn")
	}
	return &Session{}, nil
}

type Repo interface {
	Load(id string) (*User, error)
}

type repo struct{ users map[string]*User }

func NewRepo() Repo { return &repo{users: map[string]*User{}} }

func (r *repo) Load(id string) (*User, error) {
	u, ok := r.users[id]
	if !ok {
		return nil, ErrNone
	}
	return u, nil
}

type Tree struct{ left, right *Tree }

// Tags returns nil beside false.
func TagsOf(id string) (map[string]int, error) {
	if id == "" {
		return nil, ErrNone
	}
	return map[string]int{}, nil
}

// NewIndex never makes its map.
type Index struct {
	byID map[string]int
	name string
}

func NewIndex(n string) *Index { return &Index{name: n} }

func (i *Index) Fill(k string) { _ = k }

// PutAll writes to the map it is given.
func PutAll(m map[string]int, ks ...string) {
	for _, k := range ks {
		m[k] = 1
	}
}

func Check(err error) {
	if err != nil {
		panic(err)
	}
}
