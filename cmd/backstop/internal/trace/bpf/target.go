package bpf

import "io"

// A Range is of addresses in a file, end excluded.
type Range struct{ Start, End uint64 }

// A Site is an instruction to put a probe on. Package probe finds them.
type Site struct {
	Kind   Kind
	Addr   uint64 // in the file's address space
	Offset uint64 // in the file
}

// A Layout says where structures of the runtime have their fields, in bytes.
type Layout struct {
	StackHi    uint16 // g.stack.hi
	Panic      uint16 // g._panic
	M          uint16 // g.m
	SchedSP    uint16 // g.sched.sp
	SchedPC    uint16
	SchedBP    uint16
	Goid       uint16
	ParentGoid uint16
	GoPC       uint16
	Labels     uint16
	SigCode0   uint16 // g.sigcode0; what recovery resumes at before Go 1.22
	SigCode1   uint16

	CurG uint16 // m.curg

	PanicArg       uint16 // _panic.arg
	PanicLink      uint16
	PanicSP        uint16
	PanicRetPC     uint16
	PanicRecovered uint16

	// SigCode says that recovery finds the frame to go on with in g.sigcode0 and
	// g.sigcode1, as before Go 1.22.
	SigCode bool
	// LabelMap says that the labels of a goroutine are a map, as before Go 1.24.
	LabelMap bool
}

// A Target is an executable to attach to.
type Target struct {
	// Path is of the executable; /proc/PID/exe will do.
	Path string
	// PID limits the probes to one process; 0 is all that run the file.
	PID    int
	Sites  []Site
	Layout Layout
	// RecoverFlag is what the zero flag is, at the site of gorecover, when recover
	// works; RecoverFrame is how far the return address is above the stack pointer.
	RecoverFlag  bool
	RecoverFrame uint64
	// Ignore is code whose ineffective recovers are no news.
	Ignore []Range
	// Freeze stops the process when it dies of a panic, a fatal error or a signal,
	// before it prints.
	Freeze bool
	// NoStacks leaves stacks out of records.
	NoStacks bool
	// Verify compares the sites with the file; nil does not.
	Verify func(io.ReaderAt) error
}
