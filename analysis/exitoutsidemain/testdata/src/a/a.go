package a

import (
	"log"
	"os"
	"syscall"
)

type store struct{ log *log.Logger }

func open(path string) *os.File {
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err) // want `Fatal ends the process of whoever imports package a: return an error`
	}
	return f
}

func (s *store) check(err error) {
	if err != nil {
		s.log.Fatalf("check: %v", err) // want `Fatalf ends`
	}
	defer os.Exit(1) // want `Exit ends`
	go func() {
		syscall.Exit(2) // want `Exit ends`
	}()
}

func init() {
	if os.Getenv("HOME") == "" {
		os.Exit(3) // want `Exit ends`
	}
}

// No faults.

// Their names say it.
func Exit(code int) { os.Exit(code) }

func fatalf(format string, args ...any) { log.Fatalf(format, args...) }

// RunMain is what main calls.
func RunMain() { os.Exit(0) }

// The call of one's own function is reported there.
func helper() { Exit(1) }

func returns(path string) error {
	_, err := os.Open(path)
	return err
}

func panics() { log.Panic("x") }
