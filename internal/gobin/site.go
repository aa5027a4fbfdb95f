package gobin

// A FuncID names a function that unwinding treats apart, or a kind of them. The
// numbers are ours: those of the runtime change with the release.
type FuncID uint8

// Functions that matter for unwinding (internal/abi/symtab.go).
const (
	FuncOther FuncID = iota
	// FuncWrapper was made by the compiler, often to call another function.
	FuncWrapper
	// FuncCgoCallback goes from C to the stack of a goroutine; what it does to
	// the stack pointer can be unwound through.
	FuncCgoCallback
	// FuncMorestack grows a stack; it runs newstack on that of the thread.
	FuncMorestack
	// FuncSystemstack runs a function on the stack of the thread.
	FuncSystemstack
	FuncGopanic
	FuncPanicwrap
	// FuncSigpanic and the next two were not called: a signal made it look so.
	FuncSigpanic
	FuncAsyncPreempt
	FuncDebugCall
	FuncGoexit
	FuncRuntimeMain
)

// funcIDs are the numbers that the runtime gives to them, from the release they
// came with (internal/abi/symtab.go). Before 1.21 nobody asked.
var funcIDs = []struct {
	since int
	ids   map[uint8]FuncID
}{
	{25, map[uint8]FuncID{3: FuncAsyncPreempt, 4: FuncCgoCallback, 6: FuncDebugCall, 8: FuncGoexit, 10: FuncGopanic, 13: FuncMorestack, 15: FuncPanicwrap, 17: FuncRuntimeMain, 20: FuncSigpanic, 21: FuncSystemstack, 23: FuncWrapper}},
	{22, map[uint8]FuncID{3: FuncAsyncPreempt, 4: FuncCgoCallback, 6: FuncDebugCall, 8: FuncGoexit, 10: FuncGopanic, 13: FuncMorestack, 15: FuncPanicwrap, 18: FuncRuntimeMain, 19: FuncSigpanic, 20: FuncSystemstack, 22: FuncWrapper}},
	{21, map[uint8]FuncID{3: FuncAsyncPreempt, 4: FuncCgoCallback, 5: FuncDebugCall, 7: FuncGoexit, 9: FuncGopanic, 12: FuncMorestack, 14: FuncPanicwrap, 17: FuncRuntimeMain, 18: FuncSigpanic, 19: FuncSystemstack, 21: FuncWrapper}},
}

// Flags of runtime._func (internal/abi/symtab.go, FuncFlag), the same in all
// releases from 1.21 on.
const (
	flagTopFrame = 1 << iota
	flagSPWrite
	flagAsm
)

// A Site is what unwinding needs to know of a program counter.
type Site struct {
	Entry, End uint64 // of the function whose code it is
	ID         FuncID
	TopFrame   bool // a stack ends with it
	SPWrite    bool // it sets the stack pointer in ways that the tables do not tell
	Asm        bool // written in assembly
	// Frame says that the size of the frame is known. It is not for what was
	// linked in from elsewhere, such as the race detector.
	Frame bool
	// SPDelta is how far below the return address the stack pointer stands, in
	// bytes, at that program counter. It is negative where a function has popped
	// its return address into a register (syscall.rawVforkSyscall).
	SPDelta int
	// Args is the size of arguments on the stack, in bytes; negative when the
	// function takes any number.
	Args int
}

// Site returns what unwinding needs to know of pc, which is that of the frame
// and not one less, also where it is a return address (runtime/traceback.go,
// unwinder.resolveInternal). The error is [ErrNotFound] outside Go code, and an
// [UnknownReleaseError] for releases before 1.21 or not known here.
func (f *File) Site(pc uint64) (Site, error) {
	ids, err := f.funcIDs()
	if err != nil {
		return Site{}, err
	}
	r := f.t.reader()
	i, err := f.t.search(&r.ftab, pc)
	if err != nil {
		return Site{}, err
	}
	rec, err := r.record(i)
	if err != nil {
		return Site{}, err
	}
	s := Site{
		Entry: rec.entry, End: rec.end, ID: ids[rec.id], Args: int(rec.args), Frame: rec.pcsp != 0,
		TopFrame: rec.flags&flagTopFrame != 0, SPWrite: rec.flags&flagSPWrite != 0, Asm: rec.flags&flagAsm != 0,
	}
	if !s.Frame {
		return s, nil
	}
	delta, err := r.value(&rec, rec.pcsp, pc)
	if err == nil && (delta < -int32(f.t.ptr) || delta%int32(f.t.ptr) != 0) {
		// runtime/symtab.go, funcspdelta
		err = corrupt("pc table", "stack pointer moved by %d at %#x", delta, pc)
	}
	s.SPDelta = int(delta)
	return s, err
}

// funcIDs returns the numbers of the release.
func (f *File) funcIDs() (map[uint8]FuncID, error) {
	if f.t.release <= layouts[0].until {
		for _, of := range funcIDs {
			if f.t.release >= of.since {
				return of.ids, nil
			}
		}
	}
	return nil, &UnknownReleaseError{f.version, "how its stacks are unwound"}
}
