package doctor

import (
	"fmt"
	"runtime"
	"strings"
)

// paths draws the conclusions.
func (x *examiner) paths() {
	x.pathGuard()
	x.pathMonitor()
	x.pathSupervisor()
	x.pathTable()
	x.pathLabels()
	x.pathHeadline()
	x.pathExit()
	x.pathOOM()
	x.pathTrace()
	x.pathPtrace()
	x.pathSnapshot()
	x.pathCore()
}

// conclude adds a path: no when something without which it cannot work is
// missing, partly when it works with less.
func (x *examiner) conclude(name string, no, partly []string, yes string) {
	switch {
	case len(no) > 0:
		x.report.Paths = append(x.report.Paths, Path{name, No, strings.Join(no, "; ")})
	case len(partly) > 0:
		x.report.Paths = append(x.report.Paths, Path{name, Partly, strings.Join(partly, "; ")})
	default:
		x.report.Paths = append(x.report.Paths, Path{name, Yes, yes})
	}
}

// reasons collects the texts whose condition holds.
type reasons []string

func (r *reasons) when(condition bool, text string) {
	if condition {
		*r = append(*r, text)
	}
}

// unlinked is why the SDK does nothing in the program, "" where it does.
func (x *examiner) unlinked() string {
	p := x.program
	switch {
	case p == nil, p.hidden:
		return ""
	case p.sdk == "" && p.minor() >= 0 && p.minor() < 22:
		return p.info.GoVersion + " is too old for the SDK"
	case p.sdk == "":
		return "the SDK is not linked"
	}
	return ""
}

func (x *examiner) hidden() bool { return x.program != nil && x.program.hidden }

func (x *examiner) sdkReasons() (no reasons) {
	if why := x.unlinked(); why != "" {
		no = append(no, why)
	}
	return no
}

func (x *examiner) pathGuard() {
	no := x.sdkReasons()
	var partly reasons
	partly.when(x.hidden(), "if the SDK is linked")
	partly.when(!x.found.spool, "panics are only counted: no spool")
	x.conclude("guard", no, partly, "panics in guarded goroutines and handlers")
}

// monitorReasons are why a monitor cannot work, and why it works with less.
func (x *examiner) monitorReasons() (no, partly reasons) {
	no = x.sdkReasons()
	if p := x.program; p != nil {
		no.when(p.minor() >= 0 && p.minor() < 23 && len(no) == 0, p.info.GoVersion+" has no crash output (Go 1.23)")
	}
	no.when(x.options.PID != 0 && !x.found.monitored && len(no) == 0, "the process has no monitor")
	no.when(!x.found.reexec, "no second process can be started")
	no.when(x.found.reexec && !x.found.crashOutput, "no crash output comes through a pipe")
	partly.when(x.hidden(), "if the SDK is linked")
	partly.when(x.found.pidOne, "PID 1 is the program: its monitor dies with it")
	partly.when(x.found.oomGroup, "an OOM kill takes it along")
	level := x.env["GOTRACEBACK"]
	partly.when(level == "none" || level == "0", "GOTRACEBACK="+level+" leaves no stacks")
	return no, partly
}

func (x *examiner) pathMonitor() {
	no, partly := x.monitorReasons()
	x.conclude("monitor", no, partly, "fatal errors and panics that nobody guards")
}

func (x *examiner) pathSupervisor() {
	var no, partly reasons
	no.when(x.options.PID != 0 && !x.found.supervised, "the process was not started by backstop run")
	no.when(x.options.PID == 0 && !x.found.reexec, "no process can be started")
	partly.when(x.found.oomGroup, "an OOM kill takes it along")
	x.conclude("supervisor", no, partly, "every death, by backstop run, also if unmodified")
}

func (x *examiner) pathTable() {
	no := x.sdkReasons()
	no.when(!x.found.memory, "no memory that outlives the process")
	var partly reasons
	partly.when(x.hidden(), "if the SDK is linked")
	if f := x.program; f != nil && f.file != nil {
		arch := f.file.Arch()
		partly.when(arch != "amd64" && arch != "arm64", "on "+arch+" requests are found by their context only")
	} else {
		partly.when(!x.found.goid, "requests are found by their context only")
	}
	x.conclude("in-flight table", no, partly, "which requests a death belongs to, or cut off")
}

func (x *examiner) pathLabels() {
	no := x.sdkReasons()
	version := runtime.Version()
	minor := 99
	if x.program != nil {
		version, minor = x.program.info.GoVersion, x.program.minor()
	}
	no.when(minor >= 0 && minor < 26, version+" prints no labels (Go 1.26)")
	no.when(x.godebug("tracebacklabels") == "0" && strings.Contains(x.env["GODEBUG"], "tracebacklabels=0"), "GODEBUG has tracebacklabels=0")
	yes := "requests in tracebacks, with Options.Labels"
	if x.program == nil {
		yes = "requests in tracebacks, from Go 1.26 on"
	}
	x.conclude("labels", no, nil, yes)
}

func (x *examiner) pathHeadline() {
	no, partly := x.monitorReasons()
	if x.found.supervised || len(no) > 0 && x.parentSees() {
		x.conclude("headline", nil, nil, "backstop run reads it off stderr")
		return
	}
	level := x.env["GOTRACEBACK"]
	partly.when(level == "single" || level == "1" || level == "all", fmt.Sprintf("GOTRACEBACK=%s hides the frames of the runtime: the class is known, the text not always", level))
	x.conclude("headline", no, partly, "of fatal errors, from the executable's own data")
}

// parentSees reports whether it is backstop run that sees how the program ends:
// it does so now, or would be the only one to.
func (x *examiner) parentSees() bool {
	if x.options.PID != 0 {
		return x.found.supervised
	}
	return x.unlinked() != "" || x.hidden() || x.program != nil && x.program.minor() >= 0 && x.program.minor() < 23
}

func (x *examiner) pathExit() {
	no, partly := x.monitorReasons()
	if x.parentSees() {
		x.conclude("exit reason", nil, nil, "by backstop run, the parent")
		return
	}
	partly.when(!x.found.exitStatus && x.found.pidfd, "unknown to the monitor where the parent reaps at once")
	partly.when(!x.found.pidfd && !x.found.exitStatus, "unknown to the monitor: no pidfd")
	x.conclude("exit reason", no, partly, "status and signal, by the monitor or backstop run")
}

func (x *examiner) pathOOM() {
	no, partly := x.monitorReasons()
	if x.parentSees() {
		no, partly = nil, nil
		partly.when(x.found.oomGroup, "the OOM killer takes backstop run along")
	}
	no.when(runtime.GOOS != "linux", "on Linux only")
	partly.when(!x.found.oomCounter, "guessed from the counter of the whole host")
	x.conclude("OOM reason", no, partly, "by the counter of the cgroup")
}
