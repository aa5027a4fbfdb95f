// Package users looks up users.
package users

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
)

var errNotFound = errors.New("users: not found")

// A User is a user.
type User struct {
	Name string
	Team *Team
}

// A Team is a team.
type Team struct{ Name string }

// A Store finds users.
type Store struct{ byName map[string]*User }

// Find finds a user.
func (s *Store) Find(name string) (*User, error) {
	u, ok := s.byName[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s", errNotFound, name)
	}
	return u, nil
}

// Host ignores the error.
func Host(raw string) string {
	u, _ := url.Parse(raw)
	return u.Host // FAULT err-deref #host panic: nil pointer dereference
}

// TeamOf ignores the error, too.
func (s *Store) TeamOf(name string) *Team {
	u, _ := s.Find(name)
	return u.Team // FAULT err-deref #team panic: nil pointer dereference
}

// Rename logs and goes on.
func (s *Store) Rename(from, to string) {
	u, err := s.Find(from)
	if err != nil {
		slog.Error("rename", "err", err)
	}
	u.Name = to // FAULT err-deref #rename panic: nil pointer dereference
	s.byName[to] = u
}

// Walk sums sizes; the entry is nil when the root cannot be read.
func Walk(root string) (total int64, err error) {
	err = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		total += info.Size() // FAULT err-deref #walk panic: nil pointer dereference
		return err
	})
	return total, err
}

// Either handles one kind of error and forgets the others.
func (s *Store) Either(name string) string {
	u, err := s.Find(name)
	if errors.Is(err, os.ErrPermission) {
		return "forbidden"
	}
	return u.Name // FAULT err-deref #either panic: nil pointer dereference
}

// Ensure makes the user when there is none.
func (s *Store) Ensure(name string) *User {
	u, err := s.Find(name)
	if err != nil {
		u = &User{Name: name}
		s.byName[name] = u
	}
	u.Team = &Team{} // FINE err-deref #ensure: set on the way of the error
	return u
}

// Greet uses a nil-safe method.
func (s *Store) Greet(name string) string {
	u, _ := s.Find(name)
	return u.Greeting() // FINE err-deref #greet: the method allows nil
}

// Greeting works without a user.
func (u *User) Greeting() string {
	if u == nil {
		return "hello"
	}
	return "hello " + u.Name
}

// Constant parses a constant.
func Constant() string {
	u, _ := url.Parse("https://example.com/a")
	return u.Host // FINE err-deref #constant: a constant that parses
}

// Switch handles both ways.
func (s *Store) Switch(name string) string {
	switch u, err := s.Find(name); {
	case errors.Is(err, errNotFound):
		return ""
	case err != nil:
		return err.Error()
	default:
		return u.Name // FINE err-deref #switch: no error here
	}
}

// Must panics with the error.
func (s *Store) Must(name string) *User {
	u, err := s.Find(name)
	if err != nil {
		panic(err)
	}
	u.Name = name // FINE err-deref: panicked before
	return u
}

// Both returns value and error together.
func (s *Store) Both(name string) (*User, error) {
	u, err := s.Find(name)
	if err == nil && u.Team == nil { // FINE err-deref #both: only without an error
		u.Team = &Team{Name: "none"}
	}
	return u, err
}

// Value is a struct, not a pointer.
func Value(path string) string {
	st, err := load(path)
	if err != nil {
		slog.Error("value", "err", err)
	}
	return st.Name // FINE err-deref #value: a struct, zero with an error
}

func load(path string) (User, error) {
	if path == "" {
		return User{}, errNotFound
	}
	return User{Name: path}, nil
}

// New makes a store.
func New() *Store { return &Store{byName: make(map[string]*User)} }
