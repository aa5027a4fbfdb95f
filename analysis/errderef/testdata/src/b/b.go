// Package b returns values and errors to package a.
package b

import (
	"errors"
	"io"
	"log"
)

type User struct {
	Name string
	Next *User
}

// Upper dereferences its receiver.
func (u *User) Upper() string { return u.Name }

// Label accepts a nil receiver.
func (u *User) Label() string {
	if u == nil {
		return "nobody"
	}
	return u.Name
}

// Label2 leaves the nil check to a method that has it.
func (u *User) Label2() string { return u.Label() }

var ErrNone = errors.New("none")

// Find returns nil with each error.
func Find(id int) (*User, error) {
	if id < 0 {
		return nil, ErrNone
	}
	return &User{}, nil
}

// FindAgain hands on what Find returns.
func FindAgain(id int) (*User, error) { return Find(id) }

// FindWrapped returns its own nil.
func FindWrapped(id int) (u *User, err error) {
	u, err = Find(id)
	if err != nil {
		return nil, errors.Join(errors.New("find"), err)
	}
	return u, nil
}

// Partial returns what it has read beside the error.
func Partial(r io.Reader) (*User, error) {
	u := &User{}
	if _, err := r.Read(nil); err != nil {
		return u, err
	}
	return u, nil
}

// Lookup returns nil and false.
func Lookup(id int) (*User, bool) {
	if id < 0 {
		return nil, false
	}
	return &User{}, true
}

// Get is generic: its zero value is nil for pointers.
func Get[T any](m map[string]T, k string) (T, error) {
	v, ok := m[k]
	if !ok {
		var zero T
		return zero, ErrNone
	}
	return v, nil
}

// Check does not return with an error.
func Check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Try panics with an error.
func Try(err error, what string) {
	if err == nil {
		return
	}
	panic(what + err.Error())
}

// Failed says whether there is an error.
func Failed(err error) bool { return err != nil }

// Must is a helper for results that must be there.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Greet dereferences what it is given.
func Greet(u *User) string { return "hello " + u.Name }

// Store is implemented here by one type, whose Load returns nil with an error.
type Store interface {
	Load(id int) (*User, error)
}
