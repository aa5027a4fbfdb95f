package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

func init() {
	more = map[string]func(arg string){
		"orphans":       orphans,
		"orphan":        func(string) { spawn("await-orphaned", strconv.Itoa(os.Getpid())) },
		"signal-parent": func(string) { signalParent() },
		"leave-monitor": func(arg string) { leaveMonitor(arg); panic("left a monitor") },
		"monitor":       monitor,
		"spin":          spin,
		"write":         write,
		"threads":       func(string) { threads() },
		"alone":         func(string) { alone() },
		"half-dump":     func(string) { halfDump() },
		"daemonise":     daemonise,
		"daemon":        daemon,
		"processes":     func(string) { processes() },

		"await-orphaned": func(parent string) { awaitOrphaned(number(parent)) },
	}
}

// spawn starts this program again, with pipes of its own as standard streams.
func spawn(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	return cmd
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // 0 where it is not a number
	return n
}

// orphans leaves processes to whoever adopts them, and waits until all of them
// are gone.
func orphans(arg string) {
	for range number(arg) {
		if err := spawn("orphan").Wait(); err != nil {
			log.Fatal(err)
		}
	}
	for start := time.Now(); time.Since(start) < 30*time.Second; time.Sleep(time.Millisecond) {
		if adopted(os.Getppid()) == 1 { // ourselves
			fmt.Println("all gone")
			os.Exit(7)
		}
	}
	fmt.Println("left:", adopted(os.Getppid()))
}

// adopted counts the children of a process, zombies included.
func adopted(parent int) (n int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		stat, _ := os.ReadFile(file) // empty when it is gone
		var state string
		var ppid int
		if _, err := fmt.Sscan(string(stat[bytes.LastIndexByte(stat, ')')+1:]), &state, &ppid); err == nil && ppid == parent {
			n++
		}
	}
	return n
}

// signalParent sends the process that supervises us every signal that it ought
// to pass on, and waits for each.
func signalParent() {
	all := []syscall.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGPWR, syscall.Signal(37), syscall.Signal(64),
	}
	c := make(chan os.Signal, 10)
	for _, s := range all {
		signal.Notify(c, s)
	}
	for _, s := range all {
		if err := syscall.Kill(os.Getppid(), s); err != nil {
			log.Fatal(err)
		}
		fmt.Println(int((<-c).(syscall.Signal)))
	}
	os.Exit(9)
}

// leaveMonitor starts what looks like the SDK's monitor, as the SDK does.
func leaveMonitor(file string) {
	cmd := exec.Command(os.Args[0], "monitor", file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		log.Fatal(err)
	}
	_, _ = io.ReadFull(out, make([]byte, 1)) // it has its name
}

// monitor writes a file once its parent has died, or lives on without a file.
func monitor(file string) {
	if err := os.WriteFile("/proc/self/comm", []byte("backstop-mon"), 0); err != nil {
		log.Fatal(err)
	}
	parent := os.Getppid()
	fmt.Print("\n")
	awaitOrphaned(parent)
	if file == "" {
		time.Sleep(time.Minute)
	}
	time.Sleep(100 * time.Millisecond) // delivering takes longer than dying
	if err := os.WriteFile(file, []byte("delivered"), 0o600); err != nil {
		log.Fatal(err)
	}
}

// spin runs into a limit of processor time: "soft,hard" in seconds.
func spin(arg string) {
	var limit syscall.Rlimit
	if _, err := fmt.Sscanf(arg, "%d,%d", &limit.Cur, &limit.Max); err != nil {
		log.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &limit); err != nil {
		log.Fatal(err)
	}
	forever(func() {})
}

// write runs into a limit of the size of files.
func write(file string) {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(file, make([]byte, 2000), 0o600); err != nil {
		log.Fatal(err)
	}
}

// threads makes threads until there can be no more.
func threads() {
	forever(func() {
		ready := make(chan bool)
		go func() {
			runtime.LockOSThread()
			ready <- true
			select {}
		}()
		<-ready
	})
}

// processes starts processes until there can be no more, and then dies of a
// panic.
func processes() {
	for {
		cmd := exec.Command("/bin/sleep", "60")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			panic(err)
		}
	}
}

// halfDump stops in the middle of a traceback, as a process does that is killed
// while it prints one.
func halfDump() {
	fmt.Fprint(os.Stderr, "panic: cut short\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\n")
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// daemonise leaves a process in the background, as daemons do, and ends.
func daemonise(file string) {
	cmd := exec.Command(os.Args[0], "daemon", file)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
}

// alone dies after its parent.
func alone() {
	parent := os.Getppid()
	fmt.Println(os.Getpid())
	awaitOrphaned(parent)
	panic("nobody hears this")
}

// daemon writes what becomes of its stderr into a file.
func daemon(file string) {
	signal.Ignore(syscall.SIGPIPE)
	var err error
	for err == nil { // until the supervisor has gone as well
		_, err = fmt.Fprintln(os.Stderr, "in the background")
		time.Sleep(time.Millisecond)
	}
	if err := os.WriteFile(file+".tmp", []byte(err.Error()), 0o600); err != nil {
		log.Fatal(err)
	}
	_ = os.Rename(file+".tmp", file)
}
