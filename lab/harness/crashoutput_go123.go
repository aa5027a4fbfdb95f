//go:build go1.23

package harness

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
)

// setCrashOutput duplicates what the runtime prints at death, as a monitor has
// it. Before Go 1.23 there is no such function.
func setCrashOutput() (set bool, err error) {
	text := os.Getenv(EnvCrashOutput)
	if text == "" {
		return false, nil
	}
	fd, err := strconv.Atoi(text)
	if err != nil {
		return false, fmt.Errorf("%s: %w", EnvCrashOutput, err)
	}
	f := os.NewFile(uintptr(fd), "crash output")
	if err := debug.SetCrashOutput(f, debug.CrashOptions{}); err != nil {
		return false, err
	}
	return true, f.Close()
}
