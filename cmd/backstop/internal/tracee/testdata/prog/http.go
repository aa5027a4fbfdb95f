package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// The library for servers is most of what has to be compiled: a small program goes
// without this file (see tracee.BuildSmall).
func init() {
	// http starts a server whose handlers panic, and answers its address.
	others["http"] = func([]string) {
		s := &http.Server{Handler: handlers(), ErrorLog: log.New(io.Discard, "", 0)}
		listen(s.Serve)
	}
	// http2 does the same with HTTP/2, for clients that do not look at certificates.
	others["http2"] = func([]string) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			now.Error = err.Error()
			return
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			now.Error = err.Error()
			return
		}
		s := &http.Server{Handler: handlers(), ErrorLog: log.New(io.Discard, "", 0)}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
		listen(func(l net.Listener) error { return s.ServeTLS(l, "", "") })
	}
}

func listen(serve func(net.Listener) error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		now.Error = err.Error()
		return
	}
	go func() { fmt.Fprintln(os.Stderr, serve(l)) }()
	now.Text = l.Addr().String()
}

func handlers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("/nil", func(http.ResponseWriter, *http.Request) { leaf(nil) })
	mux.HandleFunc("/index", func(http.ResponseWriter, *http.Request) { index(nil, 3) })
	mux.HandleFunc("/custom", func(http.ResponseWriter, *http.Request) { panic(&account{Code: 7, Msg: "in a handler"}) })
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) {
		go func() { panic("behind a request") }()
		select {}
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/stay", func(http.ResponseWriter, *http.Request) { select {} })
	// What these have called is deeper than what is copied of a stack, or waits for
	// a lock, or runs, or has panicked.
	mux.HandleFunc("/deep", func(http.ResponseWriter, *http.Request) { large(3000) })
	mux.HandleFunc("/lock", func(http.ResponseWriter, *http.Request) { held.Lock() })
	mux.HandleFunc("/spin", func(_ http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
		}
	})
	mux.HandleFunc("/panicking", func(_ http.ResponseWriter, r *http.Request) {
		defer func() { <-r.Context().Done() }()
		leaf(nil)
	})
	return mux
}

var held = func() *sync.Mutex {
	m := new(sync.Mutex)
	m.Lock()
	return m
}()
