package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// parkedShop is a program to take snapshots of: it serves a request that waits,
// with others, for a lock; then it writes its number into the file that it is
// given.
func parkedShop() {
	mu := new(sync.Mutex)
	mu.Lock()
	http.HandleFunc("/cart", func(http.ResponseWriter, *http.Request) { mu.Lock() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = http.Serve(l, nil) }()
	go func() { _, _ = http.Get("http://" + l.Addr().String() + "/cart?token=secret") }() //nolint:bodyclose // there is no answer
	for range 10 {
		go waitForCart(mu)
	}
	go func() {
		for n := 0; ; n++ { // loops
			if n < 0 {
				return
			}
		}
	}()
	time.Sleep(300 * time.Millisecond)
	writePID(os.Args[1])
	mu.Lock()
}

func waitForCart(mu *sync.Mutex) { mu.Lock() }

func writePID(file string) {
	if err := os.WriteFile(file+".tmp", []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		panic(err)
	}
}

// backstopPID is the command, with the number in FILE for each argument @FILE,
// once that is there.
func backstopPID() {
	for i, arg := range os.Args {
		file, ok := strings.CutPrefix(arg, "@")
		if !ok {
			continue
		}
		var text []byte
		err := error(os.ErrNotExist)
		for deadline := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			text, err = os.ReadFile(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(99)
		}
		os.Args[i] = string(text)
	}
	main()
}
