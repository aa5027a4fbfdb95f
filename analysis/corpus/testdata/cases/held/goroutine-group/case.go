// Package crawl fetches pages in parallel.
//
// Incident #dnscrypt: ameshkov/dnscrypt#28
package crawl

import (
	"errors"
	"fmt"
	"log"
	"runtime/debug"

	"corpus.test/held/goroutine-group/errgroup"
)

// A Page is a page that was fetched.
type Page struct {
	Links []string
	Title *string
}

type parser interface{ parse(body []byte) *Page }

type strict struct{}

func (strict) parse(body []byte) *Page {
	if len(body) == 0 {
		panic(errors.New("crawl: empty body"))
	}
	return &Page{Links: []string{string(body)}}
}

// All fetches all.
func All(urls []string, get func(string) []byte) error {
	var p parser = strict{}
	var g errgroup.Group
	for _, u := range urls {
		g.Go(func() error { // FAULT goroutine-unguarded|callback-unguarded #group dies: empty body
			page := p.parse(get(u))
			fmt.Println(len(page.Links))
			return nil
		})
	}
	return g.Wait()
}

// AllGuarded turns panics into errors.
func AllGuarded(urls []string, get func(string) []byte) error {
	var p parser = strict{}
	var g errgroup.Group
	for _, u := range urls {
		g.Go(func() (err error) { // FINE goroutine-unguarded #groupguarded: guarded in the function
			defer func() {
				if v := recover(); v != nil {
					err = fmt.Errorf("%s: %v\n%s", u, v, debug.Stack())
				}
			}()
			p.parse(get(u))
			return nil
		})
	}
	return g.Wait()
}

type server struct {
	in  chan []byte
	out chan *Page
}

func (s *server) serve() {
	for body := range s.in {
		s.out <- strict{}.parse(body)
	}
}

// Serve starts the listener and its workers.
func Serve(n int) *server {
	s := &server{in: make(chan []byte), out: make(chan *Page)}
	for range n {
		go s.serve() // FAULT goroutine-unguarded #dnscrypt dies: empty body
	}
	return s
}

// ServeOnce serves with a guard around each body.
func ServeOnce() *server {
	s := &server{in: make(chan []byte), out: make(chan *Page)}
	go func() { // FINE goroutine-unguarded #once: each body is guarded
		for body := range s.in {
			func() {
				defer func() {
					if v := recover(); v != nil {
						log.Printf("serve: %v\n%s", v, debug.Stack())
					}
				}()
				s.out <- strict{}.parse(body)
			}()
		}
	}()
	return s
}
