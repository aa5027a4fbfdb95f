// Package main watches files and keeps a lock file.
//
// Incident #lock: martingallagher/gawp#9
// Incident #flush: golang/go#15402
// Incident #pid: cilium/tetragon#5659
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
)

var config = flag.String("config", "", "file")

func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return func() {
		f.Close()
		os.Remove(path)
	}, nil
}

func load(path string) error {
	if path == "" {
		return errors.New("no configuration")
	}
	return nil
}

func watch(path string) error {
	unlock, err := lock(path)
	if err != nil {
		return err
	}
	defer unlock()
	if err := load(*config); err != nil {
		log.Fatal(err) // FAULT exit-skips-defer #lock exit 1
	}
	return nil
}

func fatalf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1) // FINE exit-skips-defer, exit-outside-main: no defer here, and a helper of package main
}

func record(path string, lines []string) {
	f, err := os.Create(path)
	if err != nil {
		fatalf("record: %v", err) // FINE exit-skips-defer: nothing is deferred yet
	}
	w := bufio.NewWriter(f)
	defer f.Close()
	defer w.Flush()
	for _, l := range lines {
		if l == "" {
			fatalf("record: empty line") // FAULT exit-skips-defer #flush exit 1
		}
		fmt.Fprintln(w, l)
	}
}

type daemon struct{ pid string }

func (d *daemon) run(prog func() int) {
	os.WriteFile(d.pid, []byte("1"), 0o600)
	defer os.Remove(d.pid)
	if code := prog(); code != 0 {
		os.Exit(code) // FAULT exit-skips-defer #pid exit 3
	}
}

func main() {
	flag.Parse()
	os.Exit(run()) // FINE exit-skips-defer: all defers are in run
}

func run() int {
	unlock, err := lock(os.TempDir() + "/watch.lock")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer unlock()
	if err := watch(os.TempDir() + "/watch.inner"); err != nil {
		log.Print(err)
		return 1
	}
	return 0
}

func ordered(code int) {
	defer func() {
		os.Exit(code) // FINE exit-skips-defer: the last deferred function to run, all others ran
	}()
	defer log.Print("closed")
}

func branches(fail bool) {
	if fail {
		log.Fatal("branches") // FINE exit-skips-defer: nothing is deferred on this path
	}
	defer log.Print("branches done")
}
