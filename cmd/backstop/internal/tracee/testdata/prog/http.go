package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// The library for servers is most of what has to be compiled: a small program goes
// without this file (see tracee.BuildSmall).
func init() {
	// http starts a server whose handlers panic, and answers its address.
	others["http"] = func([]string) {
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
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			now.Error = err.Error()
			return
		}
		s := &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { fmt.Fprintln(os.Stderr, s.Serve(l)) }()
		now.Text = l.Addr().String()
	}
}
