package supervise

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	cpuLimitSignal  = unix.SIGXCPU
	fileLimitSignal = unix.SIGXFSZ
)

// examine asks about a process that has ended and was not waited for. A program
// may have set its limits itself, so they are read at its end.
func examine(pid int) (left remains) {
	var limit unix.Rlimit
	if unix.Prlimit(pid, unix.RLIMIT_CPU, nil, &limit) == nil {
		left.soft, left.hard = seconds(limit.Cur), seconds(limit.Max)
	}
	if unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &limit) == nil && limit.Cur != unix.RLIM_INFINITY {
		left.fileSize = limit.Cur
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return left
	}
	if _, fields, ok := statFields(stat); ok { // fields 14 and 15: utime and stime
		user, _ := strconv.ParseInt(fields[11], 10, 64) // the kernel prints numbers
		system, _ := strconv.ParseInt(fields[12], 10, 64)
		left.cpu = time.Duration(user+system) * time.Second / userHertz
	}
	return left
}

// userHertz are the clock ticks of /proc in a second; it is 100 wherever Go runs
// (include/asm-generic/param.h).
const userHertz = 100

// seconds turns a limit of processor time into a duration, 0 for none.
func seconds(limit uint64) time.Duration {
	const years = 100 * 365 * 24 * 3600
	if limit > years {
		return 0
	}
	return time.Duration(limit) * time.Second
}
