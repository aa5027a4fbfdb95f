// Command full is a service that uses what most services use. Built with and
// without the tag sdk, it shows what the SDK adds.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"
)

type item struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Count int       `json:"count"`
}

func main() {
	start()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get("http://127.0.0.1:1/")
		if err != nil {
			log.Error("get", "error", err)
		} else {
			resp.Body.Close()
		}
		var i item
		if err := json.NewDecoder(r.Body).Decode(&i); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := exec.CommandContext(r.Context(), "true").Output()
		log.Info("ran", "out", string(out), "error", err)
		pprof.Do(r.Context(), pprof.Labels("item", i.Name), func(context.Context) {})
		json.NewEncoder(w).Encode(i)
	})
	srv := &http.Server{Addr: "127.0.0.1:0", Handler: wrap(mux)}
	go srv.ListenAndServe()
	<-ctx.Done()
	srv.Shutdown(context.Background())
}
