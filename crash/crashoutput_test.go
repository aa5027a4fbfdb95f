//go:build go1.23

package crash

import (
	"os"
	"runtime/debug"
)

const canSetCrashOutput = true

func setCrashOutput(path string) {
	f, err := os.Create(path)
	if err == nil {
		err = debug.SetCrashOutput(f, debug.CrashOptions{})
	}
	if err != nil {
		panic(err)
	}
}
