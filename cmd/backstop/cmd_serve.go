package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/backstop-go/backstop/cmd/backstop/internal/server"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

func serveCommand() command {
	return command{
		name:    "serve",
		summary: "collect events, group them into issues, and show them",
		config:  true,
		help: `
  backstop serve                                   # http://127.0.0.1:7070, data in your state directory
  backstop serve -data /var/lib/backstop -listen :7070

Events are sent to POST /api/v1/events and answered 200 once they are durable.
Before there is a project, programs on this machine may send without a key;
"backstop project create NAME" makes one, and from then on every sender needs it.
Pages and the read API ask for no key: listen on an address that only the people
who may read crashes can reach.

SIGINT and SIGTERM stop it; what was acknowledged is never lost.`,
		setup: func(fs *flag.FlagSet) runFunc {
			data := fs.String("data", "", "keep everything in this `directory` (default: backstop in the state directory of the user)")
			listen := fs.String("listen", "127.0.0.1:7070", "listen on this TCP `address`; port 0 takes a free one")
			verbose := fs.Bool("verbose", false, "log every issue that appears or changes its status")
			return func(ctx context.Context, std stdio, args []string) error {
				if len(args) > 0 {
					return withHint(usageError("serve takes no arguments"), "did you mean -data %s?", args[0])
				}
				return serve(ctx, std, *data, *listen, *verbose)
			}
		},
	}
}

func serve(ctx context.Context, std stdio, data, listen string, verbose bool) error {
	dir, err := dataDir(data)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelInfo
	}
	app, err := server.New(server.Options{
		DataDir: dir,
		Listen:  listen,
		Logger:  slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return explainStart(err, dir)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.Start()
	fmt.Fprintf(std.err, "backstop: listening on %s, data in %s\n", app.URL(), dir)
	if !app.Loopback() {
		fmt.Fprintf(std.err, "backstop: whoever reaches this address can read crashes; there is no login\n")
	}
	if err := app.Run(ctx); err != nil {
		return err
	}
	fmt.Fprintln(std.err, "backstop: stopped")
	return nil
}

// explainStart adds what to do about it to the errors of a start.
func explainStart(err error, dir string) error {
	var listen *server.ListenError
	var broken *store.BrokenError
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.As(err, &listen) && errors.Is(err, syscall.EADDRINUSE):
		return withHint(fmt.Errorf("%s is in use by another program", listen.Addr), "is a collector running already? choose another address with -listen, such as -listen 127.0.0.1:0 for a free port")
	case errors.As(err, &listen) && errors.Is(err, syscall.EACCES):
		return withHint(err, "ports below 1024 are for root; choose another with -listen")
	case errors.As(err, &listen) && (errors.As(err, &dns) || errors.As(err, &addr)):
		return withHint(err, "-listen takes HOST:PORT, such as 127.0.0.1:7070")
	case errors.As(err, &listen):
		return withHint(err, "choose another address with -listen")
	case errors.As(err, &broken):
		return withHint(err, "nothing was changed; restore the file from a backup, or move it and its -wal and -shm away (mv %[1]s %[1]s.broken) and start with an empty one", broken.Path)
	}
	return explainData(err, dir)
}

// explainData does the same for everything that opens a data directory.
func explainData(err error, dir string) error {
	var broken *store.BrokenError
	switch {
	case errors.As(err, &broken):
		return withHint(err, "`backstop serve` says what to do about it")
	case errors.Is(err, store.ErrLocked):
		return withHint(fmt.Errorf("%w: %s", store.ErrLocked, dir), "stop the other collector, or choose another directory with -data")
	case errors.Is(err, store.ErrNewer):
		return withHint(err, "upgrade backstop, or choose another directory with -data")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.EROFS):
		return withHint(err, "choose a directory that you can write with -data")
	}
	return err
}

// dataDir is where a collector keeps its data unless it is told otherwise.
func dataDir(flagged string) (string, error) {
	if flagged != "" {
		return filepath.Abs(flagged)
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "backstop"), nil
	}
	noHome := func(err error) (string, error) {
		return "", withHint(fmt.Errorf("find a directory for the data: %w", err), "name one with -data DIR")
	}
	switch runtime.GOOS {
	case "windows", "darwin":
		dir, err := os.UserConfigDir()
		if err != nil {
			return noHome(err)
		}
		return filepath.Join(dir, "backstop"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return noHome(err)
	}
	return filepath.Join(home, ".local", "state", "backstop"), nil
}
