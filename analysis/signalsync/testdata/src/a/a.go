package a

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func unbuffered() {
	c := make(chan os.Signal)
	signal.Notify(c, os.Interrupt) // want `signal-sync: signal.Notify does not wait for a receiver`
	<-c
}

func zero() {
	c := make(chan os.Signal, 0)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM) // want `unbuffered channel loses signals`
	go func() { <-c }()
}

type server struct {
	stop  chan os.Signal
	ready chan os.Signal
}

func newServer() *server {
	return &server{stop: make(chan os.Signal), ready: make(chan os.Signal, 1)}
}

func (s *server) watch() {
	signal.Notify(s.stop, os.Interrupt)    // want `unbuffered channel loses signals`
	signal.Notify(s.ready, syscall.SIGHUP) // buffered where it is made
}

var (
	global = make(chan os.Signal)
	roomy  = make(chan os.Signal, 4)
)

func watchGlobal() {
	signal.Notify(global, os.Interrupt) // want `unbuffered channel loses signals`
	signal.Notify(roomy, os.Interrupt)  // buffered
}

func channel() chan os.Signal { return make(chan os.Signal) }

func viaHelper() {
	c := channel()
	signal.Notify(c, os.Interrupt) // want `unbuffered channel loses signals`
}

func register(c chan<- os.Signal) {
	signal.Notify(c, os.Interrupt) // want `unbuffered channel loses signals`
}

func viaParameter() { register(make(chan os.Signal)) }

func inClosure() {
	c := make(chan os.Signal)
	go func() {
		signal.Notify(c, os.Interrupt) // want `unbuffered channel loses signals`
		<-c
	}()
}

func null() {
	signal.Notify(nil, os.Interrupt) // want `panics because the channel is nil`
}

func kill() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, os.Kill)                    // want `SIGKILL cannot be caught`
	signal.Notify(c, syscall.SIGKILL, syscall.SIGSTOP)         // want `SIGKILL and SIGSTOP cannot be caught`
	signal.Ignore(syscall.SIGSTOP)                             // want `SIGSTOP cannot be ignored`
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGKILL) // want `the context will not be done for it`
	defer stop()
	<-ctx.Done()
}

var wanted = []os.Signal{syscall.SIGINT, syscall.SIGKILL}

func list() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, wanted...) // want `SIGKILL cannot be caught`
	more := []os.Signal{syscall.SIGTERM}
	more = append(more, syscall.SIGSEGV)
	signal.Notify(c, more...) // want `does not arrive as SIGSEGV`
}

// guard wants to turn faults into an orderly end: nothing arrives.
func guard() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGSEGV, syscall.SIGBUS) // want `does not arrive as SIGSEGV and SIGBUS on the channel`
	go func() {
		<-c
		os.Exit(1)
	}()
}

func variable() {
	sig := syscall.SIGFPE
	c := make(chan os.Signal, 1)
	signal.Notify(c, sig) // want `does not arrive as SIGFPE`
}

func ignore() {
	signal.Ignore(syscall.SIGSEGV) // want `ignoring SIGSEGV does not keep a fault`
}

// What follows is right.

func stop() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	<-c
}

// SIGQUIT arrives; this program prints more than the runtime would.
func quit() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGQUIT, syscall.SIGABRT)
}

// All signals: whoever asks for all does not believe in one.
func all() {
	c := make(chan os.Signal, 8)
	signal.Notify(c)
}

// The size comes from elsewhere.
func sized(n int) {
	c := make(chan os.Signal, n)
	signal.Notify(c, os.Interrupt)
}

// Exported: its callers in other packages are not known.
func Watch(c chan os.Signal) {
	signal.Notify(c, os.Interrupt)
}

// Ignoring these is common and works.
func quiet() {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	signal.Reset(syscall.SIGSEGV)
}

func withContext() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}

// A channel that has nothing to do with package signal.
func other() {
	c := make(chan os.Signal)
	go func() { c <- syscall.SIGSEGV }()
	<-c
}

type notifier struct{}

func (notifier) Notify(c chan os.Signal, s ...os.Signal) {}

func otherNotify() {
	notifier{}.Notify(make(chan os.Signal), syscall.SIGKILL)
}
