package rights

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// envKept says that this process was started by Keep. It keeps a kernel that
// gives rights back from having us start ourselves for ever.
const envKept = "BACKSTOP_RIGHTS_KEPT"

// Keep gives up all rights but those in the list, and the possibility to gain any
// (no_new_privs, an empty rest of the bounding set). It is to be called before
// anything else happens, by the process that is to be restricted: unless nothing
// is to be given up, it starts the same executable again in its place, with the
// same arguments, and does not return.
//
// Rights belong to threads. Changing those of all threads at once
// (syscall.AllThreadsSyscall) is refused to programs that are linked with cgo,
// as this one is wherever there is a C compiler. A thread that starts a program
// leaves no other behind, and the new one never had the rights, not even while
// it loads what goes into the kernel.
func Keep(list ...Capability) error {
	keep := Of(list...)
	kept := os.Getenv(envKept) != ""
	_ = os.Unsetenv(envKept) // children start afresh; it fails for bad names only
	state, err := current()
	if err != nil {
		return err
	}
	if state.permitted&^keep == 0 && state.noNew {
		return nil
	}
	if kept {
		return fmt.Errorf("give up rights: %#x remain", uint64(state.permitted&^keep))
	}
	// Before Linux 5.11 what is loaded into the kernel counts as locked memory.
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
	runtime.LockOSThread() // for ever: should we not succeed, this thread is used for nothing else
	if err := restrict(state.permitted & keep); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	err = unix.Exec(self(), os.Args, append(os.Environ(), envKept+"=1"))
	return fmt.Errorf("start again with fewer rights: %w", err)
}

// self is a path of this executable, by its name where that is still the same
// file: a process is listed under it.
func self() string {
	const link = "/proc/self/exe"
	path, err := os.Executable()
	if err != nil {
		return link
	}
	a, err := os.Stat(path)
	if err != nil {
		return link
	}
	if b, err := os.Stat(link); err == nil && os.SameFile(a, b) {
		return path
	}
	return link
}

type state struct {
	permitted Set
	noNew     bool
}

func current() (state, error) {
	_, data, err := get()
	if err != nil {
		return state{}, fmt.Errorf("read own rights: %w", err)
	}
	noNew, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil {
		return state{}, fmt.Errorf("read own rights: %w", err)
	}
	return state{Set(data[0].Permitted) | Set(data[1].Permitted)<<32, noNew == 1}, nil
}

func get() (*unix.CapUserHeader, *[2]unix.CapUserData, error) {
	header := &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := new([2]unix.CapUserData)
	return header, data, unix.Capget(header, &data[0])
}

// restrict changes the rights of the calling thread, so that a program that it
// starts has those of the set and can gain no other.
func restrict(keep Set) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	for c := Capability(0); c < 64; c++ {
		if keep&(1<<c) != 0 {
			continue
		}
		// Refused without CAP_SETPCAP, and then no_new_privs has to do.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); errors.Is(err, unix.EINVAL) {
			break // the kernel has no more
		}
	}
	header, data, err := get()
	if err != nil {
		return fmt.Errorf("capget: %w", err)
	}
	for i := range data {
		part := uint32(keep >> (32 * i))
		// Inheritable, because the ambient ones, which survive the start of a
		// program by another user than root, have to be.
		data[i] = unix.CapUserData{Effective: part, Permitted: part, Inheritable: part}
	}
	if err := unix.Capset(header, &data[0]); err != nil {
		return fmt.Errorf("capset: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_CAP_AMBIENT): %w", err)
	}
	for c := Capability(0); c < 64; c++ {
		if keep&(1<<c) == 0 {
			continue
		}
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, uintptr(c), 0, 0); err != nil {
			return fmt.Errorf("prctl(PR_CAP_AMBIENT_RAISE, %s): %w", c, err)
		}
	}
	return nil
}
