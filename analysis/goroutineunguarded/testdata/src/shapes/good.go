package shapes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

func good1(s *server) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Printf("%v %s", r, debug.Stack())
			}
		}()
		s.consume()
	}()
}

func good2(s *server) {
	go func() {
		for b := range s.in {
			s.one(b)
		}
	}()
}

func (s *server) one(b []byte) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("%v %s", r, debug.Stack())
		}
	}()
	s.handle(b)
}

func good3(in chan []byte) {
	go func() {
		for b := range in {
			f := bytes.SplitN(b, []byte(" "), 3)
			if len(f) < 3 {
				continue
			}
			log.Printf("%s", f[2])
		}
	}()
}

func good4(srv *http.Server) {
	go func() {
		if err := srv.ListenAndServe(); err != nil {
			log.Fatal(err)
		}
	}()
}

func good5(ctx context.Context, wg *sync.WaitGroup, d time.Duration, f func(context.Context) error) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		t := time.NewTimer(time.Second)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				log.Print("tick")
				t.Reset(time.Second)
			}
		}
	}()
}

func good6(in chan []byte) {
	go func() {
		for b := range in {
			var m msg
			if json.Unmarshal(b, &m) != nil || m.User == nil || len(m.Tags) == 0 {
				continue
			}
			log.Print(m.User.Name, m.Tags[0])
		}
	}()
}

func good7(l net.Listener, s *server) {
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprintln(c, "hello")
			}()
		}
	}()
}

type state int

const (
	idle state = iota
	busy
)

func (s state) name() string {
	switch s {
	case idle:
		return "idle"
	case busy:
		return "busy"
	}
	panic("unreachable")
}

func good8(c chan state) {
	go func() {
		for s := range c {
			log.Print(s.name())
		}
	}()
}

func safego(f func()) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Printf("%v %s", r, debug.Stack())
			}
		}()
		f()
	}()
}

func good9(s *server) { safego(s.consume) }

func good10(keys chan string) {
	go func() {
		for k := range keys {
			if _, v, ok := strings.Cut(k, "="); ok {
				log.Print(v)
			}
		}
	}()
}

func good11(vals chan any) {
	go func() {
		for v := range vals {
			switch v := v.(type) {
			case *msg:
				log.Print(v.Kind)
			case string:
				log.Print(v)
			}
		}
	}()
}

func goodArguments() {
	go func() {
		if len(os.Args) > 3 {
			fmt.Println(os.Args[3])
		}
	}()
	go func() {
		list := make([]int, 6)
		fmt.Println(list[5])
	}()
}
