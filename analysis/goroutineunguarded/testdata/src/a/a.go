package a

import (
	"bytes"
	"b"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"regexp"
	"strconv"
	"strings"
)

type job struct {
	ID      int
	Payload any
	Fn      func() error
}

type service struct {
	jobs    chan job
	handler func(job) error
	hooks   []func(string)
}

func closure(jobs chan job) {
	go func() { // want `a panic of this goroutine ends the process, for nothing in it recovers: it asserts j.Payload.\(string\) without ok`
		for j := range jobs {
			fmt.Println(j.Payload.(string))
		}
	}()
}

func (s *service) Start() {
	go s.loop() // want `process, which it calls, panics with "no id"`
}

func (s *service) loop() {
	for j := range s.jobs {
		s.process(j)
	}
}

func (s *service) process(j job) {
	if j.ID == 0 {
		panic("no id")
	}
}

func parse(line string) string {
	return strings.Split(line, ":")[1]
}

func named(line string) {
	go parse(line) // want `it reads strings.Split\[1\] without a check of its length`
}

func otherPackage(s string) {
	go b.Explode(s) // want `it panics with "empty"`
	go func() {     // want `Explode, which it calls, panics with "empty" \(b.go:9\)`
		b.Explode(s)
	}()
}

func generic[T any](v any) T { return v.(T) }

func startsGeneric(v any) {
	go func() { // want `generic, which it calls, asserts`
		_ = generic[int](v)
	}()
	go generic[string](v) // want `it asserts v`
}

func variable(line string) {
	f := func() { parse(line) }
	go f() // want `parse, which it calls`
}

func inLoop(lines []string) {
	for _, l := range lines {
		go func() { // want `parse, which it calls`
			parse(l)
		}()
	}
}

func conditional(on bool, text string) {
	if on {
		go func() { // want `MustCompile`
			regexp.MustCompile(text).MatchString("x")
		}()
	}
}

// The callers' function is theirs.
func GoAll(f func()) {
	go f()      // want `it calls f, which comes from outside`
	go func() { // want `it calls f, which comes from outside`
		defer println("done")
		f()
	}()
}

func (s *service) work() {
	go func() { // want `it calls j.Fn, which comes from outside`
		for j := range s.jobs {
			if err := j.Fn(); err != nil {
				log.Print(err)
			}
		}
	}()
	go func() { // want `it calls s.handler, which comes from outside`
		s.handler(<-s.jobs)
	}()
	go func() { // want `it calls s.hooks\[i\], which comes from outside`
		for _, h := range s.hooks {
			h("x")
		}
	}()
}

// What is deferred here recovers nothing.
func disarmed(line string) {
	go func() { // want `parse, which it calls`
		defer recover()
		parse(line)
	}()
}

// The guard of the function around it does not reach the goroutine.
func guardOutside(line string) {
	defer b.Recover()
	go parse(line) // want `it reads strings.Split\[1\]`
}

func lateGuard(line string) {
	go func() { // want `parse, which it calls`
		parse(line)
		defer b.Recover()
	}()
}

func decode(data []byte) {
	go func() { // want `it uses m.Next, which is nil when the input leaves it out`
		var m struct {
			Next *job
		}
		if err := json.Unmarshal(data, &m); err != nil {
			return
		}
		fmt.Println(m.Next.ID)
	}()
}

func onError(path string) {
	go func() { // want `it panics with`
		f, err := os.Open(path)
		if err != nil {
			panic(err)
		}
		f.Close()
	}()
}

var counts map[string]int

func nilMap() {
	go func() { // want `it writes to the map counts, which is never made`
		counts["a"] = 1
	}()
}

type runner interface{ Run(string) }

type impl struct{}

func (impl) Run(s string) { parse(s) }

func dynamic(r runner) {
	go r.Run("x") // want `parse, which it calls`
}

var table = []string{"a", "b"}

func serve(text string) {
	i, _ := strconv.Atoi(text)
	log.Print(table[i])
}

func accept(lines chan string) {
	for l := range lines {
		go serve(l) // want `it indexes table with`
	}
}

// Callers of the helper hand it functions, one of which panics.
func spawn(f func()) {
	go f() // want `parse, which it calls`
}

func spawns(line string) {
	spawn(func() { parse(line) })
	spawn(func() { println("fine") })
}

var wheel = []string{"|", "/"}

// Nothing of this panics: what is not found is -1, and 1 more is 0; a list that is
// only set where it is declared has something in it.
func neverPanics(buf []byte, n int) {
	go func() {
		buf = buf[bytes.IndexByte(buf, '\n')+1:]
		println(wheel[n%len(wheel)])
	}()
}
