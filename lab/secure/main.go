// Program secure is owned by root, set-user-ID, and started by somebody else. The
// runtime notices (AT_SECURE) and tells them nothing of its memory.
package main

import (
	"errors"
	"sync"

	"github.com/backstop-go/backstop/lab/harness"
)

func main() {
	harness.Main(map[string]func(){
		"secure-panic": corrupt,
		"secure-fatal": unlock,
	})
}

// corrupt panics: the message is printed, the stack is not.
func corrupt() { panic(errors.New("stock ledger is corrupt")) }

// unlock raises a fatal error.
func unlock() { new(sync.Mutex).Unlock() }
