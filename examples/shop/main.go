// Command shop is a small web shop with the bugs that real teams ship: the
// sample service of `backstop demo`. README.md lists them.
//
// The shop is a user of the SDK like any other: see main for the two lines it
// takes, and sell.go for a guarded goroutine next to a bare one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/backstop-go/backstop"
)

func main() {
	// First, before anything is opened: the monitor is this program again.
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	if err := backstop.Start(backstop.Options{Service: "shop", Logger: log}); err != nil {
		log.Warn("crashes will not be reported", "err", err)
	}

	listen := flag.String("listen", "127.0.0.1:8080", "serve on this `address`")
	ranking := flag.String("ranking", "127.0.0.1:1", "`address` of the ranking service, asked for searches of several words")
	ready := flag.String("ready-file", "", "once listening, write pid and address to this `file`")
	leash := flag.Bool("until-eof", false, "stop at the end of standard input, so that the shop cannot outlive who started it")
	flag.Parse()

	// A real service leaves the limit at 1 GB. The shop has a recursion without
	// end on purpose: at 64 MB it ends the same way, sooner, and needs no
	// gigabyte of the host.
	debug.SetMaxStack(64 << 20)

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if *leash {
		backstop.Go(ctx, func(context.Context) {
			_, _ = io.Copy(io.Discard, os.Stdin) // an error is an end, too
			cancel()
		})
	}
	if err := run(ctx, log, *listen, *ranking, *ready); err != nil {
		log.Error("shop", "err", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger, listen, ranking, ready string) error {
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{
		Handler:           backstop.Handler(newShop(ranking, log).routes(), backstop.HandlerOptions{OnPanic: backstop.Answer500}),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if ready != "" {
		if err := writeReady(ready, ln.Addr().String()); err != nil {
			return err
		}
	}
	log.Info("listening", "address", ln.Addr().String(), "pid", os.Getpid())
	stopped := make(chan error, 1)
	backstop.Go(ctx, func(ctx context.Context) {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(grace)
	})
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return backstop.Stop(grace)
}

// writeReady tells whoever started the shop where it listens. The file appears
// whole or not at all.
func writeReady(path, address string) error {
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".ready-%d", os.Getpid()))
	if err := os.WriteFile(temp, []byte(fmt.Sprintf("%d %s\n", os.Getpid(), address)), 0o600); err != nil {
		return fmt.Errorf("write ready file: %w", err)
	}
	return os.Rename(temp, path)
}
