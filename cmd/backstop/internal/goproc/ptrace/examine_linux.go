//go:build amd64

package ptrace

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
)

// capSysPtrace is the number of the capability (capability.h).
const capSysPtrace = 19

// Examine finds what speaks against stopping a process, without touching it. The
// error is a [*Refusal]; rights are asked for by [Stop] alone.
func Examine(pid int) error {
	if pid <= 0 {
		return &Refusal{PID: pid, Reason: "not the number of a process"}
	}
	if pid == os.Getpid() {
		return &Refusal{PID: pid, Reason: "that is this process: who is stopped cannot look"}
	}
	status, err := statusOf(strconv.Itoa(pid))
	if errors.Is(err, fs.ErrNotExist) {
		return gone(pid)
	}
	if err != nil {
		return Refused(pid, err)
	}
	if group := status["Tgid"]; group != strconv.Itoa(pid) {
		return &Refusal{PID: pid, Reason: "that is a thread of process " + group, Hint: "give the number of the process: " + group}
	}
	if strings.HasPrefix(status["State"], "Z") || strings.HasPrefix(status["State"], "X") {
		return &Refusal{
			PID: pid, Gone: true, Reason: "it has ended already (a zombie): there is nothing left to look at",
			Hint: "its parent, process " + status["PPid"] + ", has not collected its exit status yet",
		}
	}
	if status["Kthread"] == "1" || status["VmSize"] == "" {
		return &Refusal{PID: pid, Reason: "it has no memory of its own: a thread of the kernel, or a process that is ending"}
	}
	if r := traced(pid, status); r != nil {
		return r
	}
	return architecture(pid)
}

// architecture refuses what is not an executable of amd64: registers and stacks
// mean other things there.
func architecture(pid int) error {
	exe, err := os.Open(fmt.Sprintf("/proc/%d/exe", pid))
	if errors.Is(err, fs.ErrNotExist) {
		return gone(pid)
	}
	if err != nil {
		return Refused(pid, err)
	}
	defer exe.Close()
	f, err := elf.NewFile(exe)
	if err != nil {
		return &Refusal{PID: pid, Reason: "its executable cannot be read", Err: err}
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 {
		return &Refusal{PID: pid, Reason: fmt.Sprintf("its executable is for %v (%v); amd64 is what can be read", f.Machine, f.Class)}
	}
	return nil
}

func gone(pid int) error {
	return &Refusal{PID: pid, Gone: true, Reason: "there is no such process", Hint: "pgrep NAME prints the numbers of processes"}
}

// Refused says what is missing when the system refuses.
func Refused(pid int, err error) error {
	r := &Refusal{PID: pid, Reason: "no right to look at it", Err: err}
	if !errors.Is(err, fs.ErrPermission) {
		r.Reason = "the system refused"
		return r
	}
	own, ownErr := statusOf("self")
	target, targetErr := statusOf(strconv.Itoa(pid))
	if ownErr != nil || targetErr != nil {
		return r
	}
	if r := traced(pid, target); r != nil { // since Examine looked
		return r
	}
	scope, _ := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope") // kernels without have none
	r.Reason, r.Hint = rights(strings.TrimSpace(string(scope)), own, target)
	return r
}

// rights explains EPERM (ptrace(2), "Ptrace access mode checking") by what /proc
// says of both processes and by the scope of the Yama security module, "" where
// there is none.
func rights(scope string, own, target map[string]string) (reason, hint string) {
	const give = "run it with sudo, or give it the capability: setcap cap_sys_ptrace+ep $(command -v backstop); in a container: --cap-add SYS_PTRACE"
	caps, err := strconv.ParseUint(own["CapEff"], 16, 64)
	capable := err == nil && caps>>capSysPtrace&1 == 1
	owner := effective(target["Uid"])
	switch {
	case scope == "3":
		return "no process may be traced on this host (kernel.yama.ptrace_scope is 3)", "only a reboot with another value changes that"
	case capable && own["Seccomp"] != "0" && own["Seccomp"] != "":
		return "the system calls of this process are filtered (seccomp), ptrace probably among them", "run it outside the container, or with another seccomp profile"
	case capable:
		return "CAP_SYS_PTRACE does not reach it: it is in another user namespace, or a security module denies it", "run it on the host, outside of any container"
	case effective(own["Uid"]) != owner:
		return "it belongs to user " + userName(owner) + ", and CAP_SYS_PTRACE is missing", "run it as that user; or " + give
	case scope == "2":
		return "only CAP_SYS_PTRACE may trace on this host (kernel.yama.ptrace_scope is 2)", give
	case scope == "1":
		return "on this host only parents may trace their children (kernel.yama.ptrace_scope is 1), and CAP_SYS_PTRACE is missing", give
	}
	return "it is protected (it has capabilities, or was started by changing its user), and CAP_SYS_PTRACE is missing", give
}

// effective is the second of the four numbers in Uid.
func effective(ids string) string {
	f := strings.Fields(ids)
	if len(f) < 2 {
		return ""
	}
	return f[1]
}

func userName(id string) string {
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// statusOf reads /proc/PID/status.
func statusOf(pid string) (map[string]string, error) {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			fields[key] = strings.TrimSpace(value)
		}
	}
	return fields, nil
}

// traced names the tracer of a process that has one. TracerPid is a thread, the
// one that traces.
func traced(pid int, status map[string]string) *Refusal {
	tracer := status["TracerPid"]
	if tracer == "0" || tracer == "" {
		return nil
	}
	if its, err := statusOf(tracer); err == nil && its["Tgid"] != "" {
		tracer = its["Tgid"]
	}
	return &Refusal{
		PID: pid, Reason: "it is being traced by process " + tracer + commOf(tracer),
		Hint: "a process has one tracer at a time: end that debugger, or let it detach",
	}
}

// commOf is the name of a process in parentheses, for people.
func commOf(pid string) string {
	comm, err := os.ReadFile("/proc/" + pid + "/comm")
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (%q)", strings.TrimSpace(string(comm)))
}

// ended reports whether a thread has ended or is about to.
func ended(pid, id int) bool {
	state := StateOf(pid, id)
	return state == 0 || state == 'Z' || state == 'X'
}

// StateOf is the state of a thread as a letter, 0 for one that is no more.
func StateOf(pid, id int) byte {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", pid, id))
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	if !ok || rest == "" {
		return 0
	}
	return rest[0]
}

// TracerOf is the thread that traces a thread of a process, 0 when nobody does.
func TracerOf(pid, id int) int {
	status, err := statusOf(fmt.Sprintf("%d/task/%d", pid, id))
	if err != nil {
		return 0
	}
	tracer, _ := strconv.Atoi(status["TracerPid"]) // 0 of what is no number
	return tracer
}

// ParentOf is the parent of a process, 0 when there is none to be seen.
func ParentOf(pid int) int {
	status, err := statusOf(strconv.Itoa(pid))
	if err != nil {
		return 0
	}
	parent, _ := strconv.Atoi(status["PPid"]) // 0 of what is no number
	return parent
}

// Count is how many threads a process has, 0 when there is none to be seen.
func Count(pid int) int {
	status, err := statusOf(strconv.Itoa(pid))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(status["Threads"]) // 0 of what is no number
	return n
}
