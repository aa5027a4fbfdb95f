package shapes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"log"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

type msg struct {
	Kind string
	Body any
	User *user
	Tags []string
}
type user struct{ Name string }

type server struct {
	conns map[string]*conn
	in    chan []byte
	ticks time.Duration
	h     map[string]func([]byte)
}
type conn struct{ n int }

func (s *server) bad1() {
	go func() { // want `ends the process`
		for b := range s.in {
			var m msg
			if err := json.Unmarshal(b, &m); err != nil {
				continue
			}
			log.Print(m.User.Name)
		}
	}()
}

func (s *server) consume() {
	for b := range s.in {
		s.handle(b)
	}
}

func (s *server) handle(b []byte) {
	f := bytes.SplitN(b, []byte(" "), 3)
	log.Printf("%s", f[2])
}

func (s *server) bad2() {
	go s.consume() // want `ends the process`
}

func (s *server) bad3(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.serve(c) // want `ends the process`
	}
}

func (s *server) serve(c net.Conn) {
	defer c.Close()
	sc := bufio.NewScanner(c)
	for sc.Scan() {
		n, err := strconv.Atoi(sc.Text())
		if err != nil {
			return
		}
		buf := make([]int, 10)
		buf[n]++
	}
}

func (s *server) bad4(d time.Duration) {
	go func() { // want `ends the process`
		if d < time.Second {
			panic("interval too small")
		}
		for range time.Tick(d) {
			log.Print("x")
		}
	}()
}

func worker[T any](jobs <-chan T, f func(T) string) {
	for j := range jobs {
		_ = strings.Split(f(j), ",")[1]
	}
}

func bad5(jobs chan string) {
	for range 4 {
		go worker(jobs, strings.ToLower) // want `ends the process`
	}
}

func bad6(pattern string, lines chan string) {
	go func(p string) { // want `ends the process`
		re := regexp.MustCompile(p)
		for l := range lines {
			log.Print(re.FindStringSubmatch(l)[1])
		}
	}(pattern)
}

func bad7(ctx context.Context, vals chan any) {
	go func() { // want `ends the process`
		for {
			select {
			case <-ctx.Done():
				return
			case v := <-vals:
				log.Print(v.(*msg).Kind)
			}
		}
	}()
}

func load(path string) (*msg, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(msg)
	return m, json.Unmarshal(b, m)
}

func bad8(path string) {
	go func() { // want `ends the process`
		m, _ := load(path)
		log.Print(m.Kind)
	}()
}

func bad9(s *server) {
	reload := func() {
		m, err := load("x")
		if err != nil {
			panic(err)
		}
		log.Print(m)
	}
	go reload() // want `ends the process`
}

func bad10(in chan []byte) {
	// the guard is in another goroutine
	defer func() {
		if r := recover(); r != nil {
			log.Print(r)
		}
	}()
	done := make(chan struct{})
	go func() { // want `ends the process`
		defer close(done)
		for b := range in {
			var v map[string]any
			_ = json.Unmarshal(b, &v)
			log.Print(v["id"].(string))
		}
	}()
	<-done
}

func bad11(counts map[string]int, total chan int) {
	go func() { // want `ends the process`
		n := len(counts)
		for t := range total {
			log.Print(t / n)
		}
	}()
}

func badNil() {
	go func() { // want `it uses list\[5\], which is beyond the end whenever it runs`
		var list []int
		log.Print(list[5])
	}()
}

func badArguments() {
	go func() { log.Print(os.Args[3]) }() // want `it uses os.Args\[3\] without a check`
}
