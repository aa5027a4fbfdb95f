// Package rights knows which capabilities of Linux (capabilities(7)) this process
// has, what each is for here, and how to be rid of the others. Start with [Keep];
// [Explain] says of an error which one it comes from.
package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// A Capability is a number of linux/capability.h.
type Capability uint

// What a tracer may need.
const (
	DACOverride   Capability = 1  // write into directories of others
	DACReadSearch Capability = 2  // read executables that their owner alone may read
	Kill          Capability = 5  // let stopped processes of other users go on
	SysPtrace     Capability = 19 // look into processes of other users
	SysAdmin      Capability = 21 // has all of the other rights, before Linux 5.8 the only way
	Perfmon       Capability = 38 // probes, and reading memory from them
	BPF           Capability = 39 // load programs into the kernel
)

var names = map[Capability]struct{ name, use string }{
	DACOverride:   {"CAP_DAC_OVERRIDE", "to write into directories of other users"},
	DACReadSearch: {"CAP_DAC_READ_SEARCH", "to read executables that only their owner may read"},
	Kill:          {"CAP_KILL", "to let stopped processes of other users go on"},
	SysPtrace:     {"CAP_SYS_PTRACE", "to look into processes of other users"},
	SysAdmin:      {"CAP_SYS_ADMIN", "for everything, before Linux 5.8"},
	Perfmon:       {"CAP_PERFMON", "to attach probes"},
	BPF:           {"CAP_BPF", "to load programs into the kernel"},
}

// String is the name as capabilities(7) has it.
func (c Capability) String() string {
	if n, ok := names[c]; ok {
		return n.name
	}
	return "capability " + strconv.Itoa(int(c))
}

// Use says what it is for, as in "CAP_BPF to load programs into the kernel".
func (c Capability) Use() string { return names[c].use }

// A Set is capabilities, a bit for each.
type Set uint64

// Of makes a set.
func Of(list ...Capability) (s Set) {
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in the set. CAP_SYS_ADMIN stands for CAP_BPF and
// CAP_PERFMON, as it does in the kernel (bpf_capable, perfmon_capable).
func (s Set) Has(c Capability) bool {
	return s&(1<<c) != 0 || (c == BPF || c == Perfmon) && s&(1<<SysAdmin) != 0
}

// Effective are the rights of this process: those of the thread that asks, which
// are those of all unless somebody plays with threads.
func Effective() (Set, error) {
	text, err := os.ReadFile("/proc/thread-self/status")
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile("/proc/self/status")
	}
	if err != nil {
		return 0, fmt.Errorf("read own rights: %w", err)
	}
	return field(string(text), "CapEff")
}

// field reads a set off the text of /proc/PID/status (proc_pid_status(5)).
func field(status, name string) (Set, error) {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("read own rights: %s: %w", name, err)
			}
			return Set(n), nil
		}
	}
	return 0, fmt.Errorf("read own rights: no %s in /proc", name)
}

// Missing are those of the list that this process lacks, nil when that is
// unknown.
func Missing(list ...Capability) (missing []Capability) {
	s, err := Effective()
	if err != nil {
		return nil
	}
	for _, c := range list {
		if !s.Has(c) {
			missing = append(missing, c)
		}
	}
	return missing
}

// An Error is an error for want of rights.
type Error struct {
	Err     error
	Missing []Capability // at least one
}

func (e *Error) Error() string {
	var list []string
	for _, c := range e.Missing {
		list = append(list, c.String())
	}
	are := " is missing"
	if len(list) > 1 {
		are = " are missing"
	}
	return e.Err.Error() + ": " + strings.Join(list, " and ") + are
}

func (e *Error) Unwrap() error { return e.Err }

// Hint says what a person can do about it.
func (e *Error) Hint() string {
	var adds, uses, files []string
	for _, c := range e.Missing {
		adds = append(adds, "--cap-add "+strings.TrimPrefix(c.String(), "CAP_"))
		files = append(files, strings.ToLower(c.String()))
		uses = append(uses, c.String()+" is needed "+c.Use())
	}
	return fmt.Sprintf("%s; run it as root, or: setcap %s+ep backstop; in a container: %s",
		strings.Join(uses, ", "), strings.Join(files, ","), strings.Join(adds, " "))
}

// Explain adds to an error that says "not permitted" which of the rights in the
// list are missing, if any is. An error that says so already stays as it is.
func Explain(err error, list ...Capability) error {
	var explained *Error
	if err == nil || !errors.Is(err, fs.ErrPermission) || errors.As(err, &explained) {
		return err
	}
	missing := Missing(list...)
	if len(missing) == 0 {
		return err
	}
	return &Error{err, missing}
}
