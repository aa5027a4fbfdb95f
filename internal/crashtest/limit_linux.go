package crashtest

import (
	"os"
	"strconv"
	"syscall"
)

const envLimit = "BACKSTOP_CRASHTEST_AS"

func limitEnv(bytes uint64) string {
	if bytes == 0 {
		bytes = 4 << 30
	}
	return envLimit + "=" + strconv.FormatUint(bytes, 10)
}

// limit applies the limits to this process, and forbids core files. It happens
// after the runtime has started, which needs room of its own.
func limit() {
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) //nolint:errcheck // only tidiness
	n, err := strconv.ParseUint(os.Getenv(envLimit), 10, 64)
	if err != nil || RaceEnabled {
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		panic("crashtest: " + err.Error())
	}
}
