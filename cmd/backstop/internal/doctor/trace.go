package doctor

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

const groupTrace = "from outside"

// fromOutside is what looking at processes from outside depends on. What it lacks
// is info and no defect: crashes are captured without it.
type fromOutside struct {
	probes    error // why no panic of a process can be seen, nil if one was
	slow      bool  // one probe at a time, as before Linux 6.6
	processes error // why the kernel does not tell of processes
	ptrace    error // why not even a child can be stopped
	memory    error // why that of the process that is examined may not be read
	foreign   bool  // processes of other users can be looked at
	inside    bool  // a pid namespace of our own
	hidden    string
	layout    error // why the executable cannot be traced, and not be read
	sites     error // why it cannot be traced
	cores     []string
}

var errOnlyLinux = errors.New("on Linux on amd64 only")

// outside tries what trace, snapshot and core need.
func (x *examiner) outside(ctx context.Context) {
	if runtime.GOOS != "linux" {
		x.found.outside = fromOutside{probes: errOnlyLinux, processes: errOnlyLinux, ptrace: errOnlyLinux}
		return
	}
	x.capabilities()
	x.probes(ctx)
	x.processes(ctx)
	x.kernelSettings()
	x.namespace()
	x.hidepid()
	x.ptrace(ctx)
	x.coresWritten()
	x.sites()
}

// wanted are the rights that looking from outside uses.
var wanted = []rights.Capability{rights.BPF, rights.Perfmon, rights.SysPtrace, rights.Kill, rights.DACReadSearch}

func (x *examiner) capabilities() {
	const name = "capabilities"
	have, err := rights.Effective()
	if err != nil {
		x.add(groupTrace, name, Info, "unknown: "+reason(err), "mount /proc")
		return
	}
	var there, missing, uses []string
	for _, c := range wanted {
		if have.Has(c) {
			there = append(there, c.String())
			continue
		}
		missing = append(missing, c.String())
		uses = append(uses, c.String()+" "+c.Use())
	}
	x.found.outside.foreign = have.Has(rights.SysPtrace)
	switch {
	case len(missing) == 0:
		x.add(groupTrace, name, OK, strings.Join(there, ", "), "")
	case len(there) == 0:
		x.add(groupTrace, name, Info, "missing: "+strings.Join(missing, ", "), strings.Join(uses, "; "))
	default:
		x.add(groupTrace, name, Info, strings.Join(there, ", ")+"; missing: "+strings.Join(missing, ", "), strings.Join(uses, "; "))
	}
}

// hintOf is what an error suggests, or else.
func hintOf(err error, otherwise string) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return otherwise
}

// short leaves out of an error for want of rights what was attempted.
func short(err error) string {
	var missing *rights.Error
	if errors.As(err, &missing) {
		return (&rights.Error{Err: fs.ErrPermission, Missing: missing.Missing}).Error()
	}
	return err.Error()
}

func (x *examiner) probes(ctx context.Context) {
	const name = "probes"
	o := &x.found.outside
	took, err := tryProbes(ctx, false)
	if err == nil {
		x.add(groupTrace, name, OK, "a panic of this process was seen by the kernel, attached in "+took.String()+" (uprobe_multi, ring buffer)", "")
		return
	}
	// Before Linux 6.6 each probe is a perf event.
	if _, single := tryProbes(ctx, true); single == nil {
		o.slow = true
		x.add(groupTrace, name, OK, "a panic of this process was seen by the kernel, by probes one at a time; not all at once: "+short(err), "Linux 6.6 attaches all at once, and without CAP_SYS_ADMIN")
		return
	}
	o.probes = err
	x.add(groupTrace, name, Info, "none: "+short(err), hintOf(err, "they need Linux 5.15 on amd64 with CONFIG_UPROBES and CONFIG_BPF_EVENTS, 6.6 without CAP_SYS_ADMIN"))
}

func (x *examiner) processes(ctx context.Context) {
	const name = "process events"
	err := tryProcesses(ctx)
	x.found.outside.processes = err
	if err == nil {
		x.add(groupTrace, name, OK, "start, kill and end of a child were seen by the kernel (raw tracepoints, BTF)", "")
		return
	}
	hint := "without: processes are looked for once a second, and who kills them is not known"
	if !x.exists("/sys/kernel/btf/vmlinux") {
		hint = "the kernel was built without its types (CONFIG_DEBUG_INFO_BTF); " + hint
	}
	x.add(groupTrace, name, Info, "none: "+short(err), hintOf(err, hint))
}

// kernelSettings looks at what an administrator may have forbidden.
func (x *examiner) kernelSettings() {
	if p := x.read("/proc/sys/kernel/perf_event_paranoid"); p != "" {
		x.add(groupTrace, "perf_event_paranoid", OK, p+": of no weight with CAP_PERFMON", "")
	}
	text := x.read("/sys/kernel/security/lockdown") // "none [integrity] confidentiality"
	_, mode, _ := strings.Cut(text, "[")
	mode, _, _ = strings.Cut(mode, "]")
	switch mode {
	case "":
		x.add(groupTrace, "lockdown", OK, "not there", "")
	case "confidentiality":
		x.add(groupTrace, "lockdown", Info, mode+": programs in the kernel may not read its memory: no process events", "boot with lockdown=integrity")
	default:
		x.add(groupTrace, "lockdown", OK, mode, "")
	}
}

// hostNamespace is what the kernel calls its first pid namespace
// (PROC_PID_INIT_INO in linux/proc_ns.h).
const hostNamespace = "pid:[4026531836]"

// namespace finds out whether numbers of processes mean the same here and in the
// kernel.
func (x *examiner) namespace() {
	const name = "pid namespace"
	switch ns := readlink(x.path("/proc/self/ns/pid")); ns {
	case hostNamespace:
		x.add(groupTrace, name, OK, "that of the host", "")
	case "":
		x.add(groupTrace, name, Info, "unknown: /proc cannot be read", "")
	default:
		x.found.outside.inside = true
		x.add(groupTrace, name, Info, "one of a container: the kernel numbers processes otherwise", "docker run --pid=host, or hostPID: true; or trace on the host. By ptrace, processes of the container are watched as it is")
	}
}

// hidepid looks at how /proc is mounted (proc(5)): processes of others may be
// hidden from those without CAP_SYS_PTRACE.
func (x *examiner) hidepid() {
	const name = "hidepid"
	for line := range strings.Lines(x.read("/proc/self/mountinfo")) {
		before, after, _ := strings.Cut(strings.TrimSpace(line), " - ")
		f, options := strings.Fields(before), strings.Fields(after)
		if len(f) < 5 || f[4] != "/proc" || len(options) < 3 || options[0] != "proc" {
			continue
		}
		for _, o := range strings.Split(options[2], ",") {
			value, ok := strings.CutPrefix(o, "hidepid=")
			if !ok || value == "0" || value == "off" {
				continue
			}
			x.found.outside.hidden = value
			if x.found.outside.foreign {
				x.add(groupTrace, name, OK, value+": of no weight with CAP_SYS_PTRACE", "")
				return
			}
			x.add(groupTrace, name, Info, value+": processes of other users cannot be seen", "CAP_SYS_PTRACE, or the group of the mount option gid=")
			return
		}
	}
	x.found.outside.hidden = ""
	x.add(groupTrace, name, OK, "off: all processes can be seen", "")
}

// ptrace stops a child and lets it go on. For a process that is examined, it asks
// whether its memory may be read, which needs the same rights and does nothing to
// it.
func (x *examiner) ptrace(ctx context.Context) {
	const name = "snapshot of a child"
	o := &x.found.outside
	o.ptrace = tryPtrace(ctx)
	if o.ptrace == nil {
		x.add(groupTrace, name, OK, "it was stopped and went on (ptrace)", "")
	} else {
		x.add(groupTrace, name, Info, "refused: "+short(o.ptrace), hintOf(o.ptrace, "allow ptrace in the seccomp profile; kernel.yama.ptrace_scope below 3"))
	}
	if x.options.PID == 0 {
		return
	}
	o.memory = rights.Explain(tryMemory(x.path("/proc/"+strconv.Itoa(x.pid)+"/mem")), rights.SysPtrace)
	if o.memory == nil {
		x.add(groupTrace, "memory", OK, "that of the process may be read", "")
		return
	}
	x.add(groupTrace, "memory", Info, "that of the process may not be read: "+short(o.memory), hintOf(o.memory, "run doctor as the user of the process; kernel.yama.ptrace_scope=0"))
}

// scope is what Yama allows (Documentation/admin-guide/LSM/Yama.rst).
func (x *examiner) scope() string { return x.read("/proc/sys/kernel/yama/ptrace_scope") }

// coresWritten notes why no core file would be there.
func (x *examiner) coresWritten() {
	o := &x.found.outside
	pattern := x.read("/proc/sys/kernel/core_pattern")
	switch limit := x.limitOf("Max core file size"); {
	case pattern == "":
		o.cores = append(o.cores, "core_pattern is empty")
	case limit == "0" && !strings.HasPrefix(pattern, "|"):
		o.cores = append(o.cores, "the limit for core files is 0 (ulimit -c unlimited)")
	}
	if level := x.env["GOTRACEBACK"]; level != "crash" && x.env != nil {
		o.cores = append(o.cores, "Go leaves one only with GOTRACEBACK=crash")
	}
}

// sites looks for the probe sites of the executable, and whether its release is
// known.
func (x *examiner) sites() {
	const name = "probe sites"
	p := x.program
	if p == nil {
		return
	}
	o := &x.found.outside
	if p.file == nil {
		o.layout = p.why
	} else if l, err := goproc.LayoutOf(p.file); err != nil {
		o.layout = err
	} else {
		var found *probe.Sites
		if found, o.sites = probe.Find(p.file, l); o.sites == nil {
			x.add(groupTrace, name, OK, strconv.Itoa(len(found.Sites))+" in "+filepath.Base(x.name())+", all that there are; structures of "+p.file.GoVersion()+" are known, and its code agrees", "")
			return
		}
	}
	err := o.layout
	if err == nil {
		err = o.sites
	}
	x.add(groupTrace, name, Info, "none: "+err.Error(), hintOf(err, "trace, snapshot and core know executables that gc of Go 1.21 to 1.27 makes for Linux on amd64"))
}

// name is the executable's, as people know it.
func (x *examiner) name() string {
	if x.report.Path != "" {
		return x.report.Path
	}
	return x.options.Executable
}

func (x *examiner) pathTrace() {
	o := &x.found.outside
	var no, partly reasons
	no.when(o.layout != nil || o.sites != nil, "no probe sites in this executable")
	no.when(o.probes != nil, "no probes"+because(o.probes))
	no.when(o.inside && o.probes == nil, "not in a pid namespace of its own")
	if len(no) > 0 {
		no = append(no, "instead: "+x.instead())
	}
	partly.when(o.processes != nil, "not who kills, nor how processes end"+because(o.processes))
	partly.when(!o.foreign, "processes of this user only")
	partly.when(o.hidden != "" && !o.foreign, "hidepid="+o.hidden)
	x.conclude("trace", no, partly, "every panic, recovery, fatal error and kill")
}

// instead says what works where trace does not.
func (x *examiner) instead() string {
	o := &x.found.outside
	switch {
	case o.layout != nil:
		return "backstop run"
	case o.ptrace == nil && o.memory == nil:
		return "by ptrace, backstop snapshot, core files"
	}
	return "core files"
}

// because names the rights that an error is about, in few words.
func because(err error) string {
	var missing *rights.Error
	switch {
	case errors.As(err, &missing):
		var list []string
		for _, c := range missing.Missing {
			list = append(list, c.String())
		}
		return " (" + strings.Join(list, ", ") + " missing)"
	case errors.Is(err, fs.ErrPermission):
		return " (not permitted)"
	}
	return ""
}

// pathPtrace is what trace does where there are no probes. It needs what a snapshot
// does.
func (x *examiner) pathPtrace() {
	no, partly := x.byPtrace()
	x.conclude("trace by ptrace", no, partly, "ends of processes that are named: cause, stack, who sent the signal; nothing that is recovered")
}

func (x *examiner) pathSnapshot() {
	no, partly := x.byPtrace()
	x.conclude("snapshot", no, partly, "all goroutines of a running process, by ptrace")
}

// byPtrace says what speaks against looking at processes by ptrace.
func (x *examiner) byPtrace() (no, partly reasons) {
	o := &x.found.outside
	no.when(o.layout != nil, "the structures of this executable's release are not known")
	no.when(o.ptrace != nil, "no process can be stopped"+because(o.ptrace))
	no.when(o.memory != nil, "not of this process"+because(o.memory))
	if len(no) > 0 {
		no = append(no, "instead: core files")
	}
	if x.options.PID == 0 {
		scope := x.scope()
		partly.when(!o.foreign && (scope == "1" || scope == "2"), "ptrace_scope is "+scope+": needs CAP_SYS_PTRACE")
		partly.when(!o.foreign && scope != "1" && scope != "2", "processes of this user only")
	}
	return no, partly
}

func (x *examiner) pathCore() {
	o := &x.found.outside
	var no reasons
	no.when(o.layout != nil, "the structures of this executable's release are not known")
	no.when(runtime.GOOS != "linux", "core files of Linux only")
	x.conclude("core", no, o.cores, "backstop core reads what crashes leave")
}
