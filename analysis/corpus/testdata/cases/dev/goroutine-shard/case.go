// Package shard keeps shards in the background.
//
// Incident #weave: weaveworks/scope#1117
// Incident #zk: samuel/go-zookeeper#132
package shard

import (
	"encoding/json"
	"fmt"
	"log"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

type response struct{ Outdated bool }

type shard struct {
	mu    sync.Mutex
	rules map[string]string
	ping  time.Duration
	stop  chan struct{}
}

// Check asks for news at once and tells the callback.
func Check(ask func() (*response, error), tell func(bool)) {
	go func() { // FAULT goroutine-unguarded #weave dies: nil pointer dereference
		r, err := ask()
		if err != nil {
			log.Printf("check: %v", err)
		}
		tell(r.Outdated) // ALSO err-deref: logs the error and goes on
	}()
}

func (s *shard) loop() {
	t := time.NewTicker(s.ping)
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
			s.compile()
		}
	}
}

func (s *shard) compile() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, r := range s.rules {
		log.Print(name, regexp.MustCompile(r).NumSubexp()) // ALSO must-runtime: rules that come from users
	}
}

// Open opens a shard.
func Open(raw []byte) (*shard, error) {
	s := &shard{stop: make(chan struct{})}
	var conf struct {
		Ping  time.Duration
		Rules map[string]string
	}
	if err := json.Unmarshal(raw, &conf); err != nil {
		return nil, fmt.Errorf("shard: %w", err)
	}
	s.ping, s.rules = conf.Ping, conf.Rules
	go s.loop() // FAULT goroutine-unguarded #zk dies: non-positive interval
	return s, nil
}

func mustSplit(s string) (string, string) {
	a, b, ok := strings.Cut(s, ":")
	if !ok {
		panic("shard: no colon in " + s)
	}
	return a, b
}

// Load loads lines in parallel.
func Load(lines []string, add func(string, string)) {
	var wg sync.WaitGroup
	for _, l := range lines {
		wg.Add(1)
		go func(line string) { // FAULT goroutine-unguarded #load dies: no colon
			defer wg.Done()
			add(mustSplit(line))
		}(l)
	}
	wg.Wait()
}

// LoadGuarded has a guard in a helper.
func LoadGuarded(lines []string, add func(string, string)) {
	var wg sync.WaitGroup
	for _, l := range lines {
		wg.Add(1)
		go func() { // FINE goroutine-unguarded #loadguarded: guarded by a helper that is deferred
			defer wg.Done()
			defer trap("load")
			add(mustSplit(l))
		}()
	}
	wg.Wait()
}

func trap(what string) {
	if v := recover(); v != nil {
		log.Printf("%s: %v\n%s", what, v, debug.Stack())
	}
}

// Fan counts in parallel, with a lock.
func Fan(parts [][]string) int {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
		n  int
	)
	for _, p := range parts {
		wg.Add(1)
		go func() { // FINE goroutine-unguarded #fan: nothing in it can panic
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			n += len(p)
		}()
	}
	wg.Wait()
	return n
}

// Close ends the shard.
func (s *shard) Close() {
	go func() { s.stop <- struct{}{} }() // FINE goroutine-unguarded: nobody closes the channel
}
