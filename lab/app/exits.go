package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"syscall"
)

func init() {
	register("exec-replace", execReplace)
	register("flag-exit2", flagExit2)
	register("log-fatal", logFatal)
	register("log-panic", logThenPanic)
	register("os-exit-0", osExit0)
	register("os-exit-2", osExit2)
	register("os-exit-3", osExit3)
	register("syscall-exit-group", syscallExitGroup)
}

// execReplace becomes another program, as entry points of containers do. The
// process goes on, with its number and its standard streams; all that was deferred
// is gone, and the status is that of the other program.
func execReplace() {
	defer fmt.Println("never printed")
	syscall.Exec("/bin/sh", []string{"sh", "-c", "exit 7"}, os.Environ())
}

// flagExit2 is given a flag that does not exist. Status 2 is also that of a panic.
func flagExit2() {
	flags := flag.NewFlagSet("shop", flag.ExitOnError)
	flags.String("listen", ":8080", "address to serve on")
	flags.Parse([]string{"-lisen", ":80"})
}

// logFatal ends the process from wherever it is called.
func logFatal() {
	defer fmt.Println("never printed")
	log.Fatal("open stock.db: no such file")
}

// logThenPanic calls log.Panic, which logs and panics with the same text: two lines for one event.
func logThenPanic() {
	log.Panic("stock.db is locked")
}

// osExit0 ends the process from a helper, in the middle of the work, and nobody
// can tell: the status says that all is well.
func osExit0() {
	defer fmt.Println("never printed")
	printVersion()
	fmt.Println("never printed, too")
}

func printVersion() {
	fmt.Println("shop 1.4")
	os.Exit(0)
}

// osExit2 exits with the status that the runtime uses for panics.
func osExit2() { os.Exit(2) }

// osExit3 exits while a deferred call is pending, which does not run.
func osExit3() {
	defer fmt.Println("never printed")
	os.Exit(3)
}
