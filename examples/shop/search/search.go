// Package search finds products by their name.
package search

import (
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/backstop-go/backstop/examples/shop/catalog"
)

// A Searcher looks into the catalog itself, and for long queries asks the
// ranking service.
type Searcher struct {
	Catalog *catalog.Catalog
	Ranking string // address of the ranking service

	once sync.Once
	conn net.Conn
}

// Find returns the products whose names contain a query.
func (s *Searcher) Find(query string) []catalog.Product {
	if strings.Contains(query, " ") {
		s.once.Do(s.connect)
	}
	found := []catalog.Product{}
	for _, p := range s.Catalog.Page(1, 1000) {
		if strings.Contains(strings.ToLower(p.Name), strings.ToLower(query)) {
			found = append(found, p)
		}
	}
	return found
}

// connect dials the ranking service on first use. A library that calls
// log.Fatal decides for the whole process.
func (s *Searcher) connect() {
	conn, err := net.DialTimeout("tcp", s.Ranking, time.Second)
	if err != nil {
		log.Fatalf("search: ranking service: %v", err)
	}
	s.conn = conn
}
