// Package layout knows where the structures of the Go runtime have their fields,
// for each release of Go from 1.21 on. The tables are extracted from what the
// toolchains write (DWARF and their sources), never by hand; a release without a
// table is refused.
//
//	l, err := layout.For(file.GoVersion())
//	...
//	goid := g + uint64(l.G.Goid)
//
// Structures depend on the release, the architecture and the experiments
// (GOEXPERIMENT) of the toolchain, not on how a program was built. They are those
// of Linux: m and what it contains differ between operating systems.
//
// To add a field: declare it here and run go generate. To add a release: name it
// in gen/main.go and run go generate.
package layout

//go:generate go run ./gen -out table.txt

// An Offset is where a field stands, in bytes from the start of its structure,
// or [Absent].
type Offset int32

// Absent is the offset of a field that a release does not have.
const Absent Offset = -1

// Has says whether the release has the field.
func (o Offset) Has() bool { return o >= 0 }

// A Layout is the structures of one release. It must not be changed.
//
// In the tags, the name of a field in the runtime comes before its size in bytes;
// where releases call it differently, the names are separated by |.
type Layout struct {
	Release string // whose structures these are: "go1.26.8"
	Arch    string // as GOARCH: "amd64", "arm64"
	// Exact says that they are those of the release and the experiments that were
	// asked for: extracted from them, or from a patch release before and one after
	// that agree. Otherwise they are those of another patch release of
	// the same minor one; see [Layout.Verify].
	Exact bool

	G      G      `layout:"runtime.g"`
	M      M      `layout:"runtime.m"`
	P      P      `layout:"runtime.p"`
	Sched  Sched  `layout:"runtime.schedt"`
	Panic  Panic  `layout:"runtime._panic"`
	Defer  Defer  `layout:"runtime._defer"`
	Sudog  Sudog  `layout:"runtime.sudog"`
	Hchan  Hchan  `layout:"runtime.hchan"`
	Mutex  Mutex  `layout:"runtime.mutex"`
	Module Module `layout:"runtime.moduledata"`

	Type        Type        `layout:"internal/abi.Type"`
	StructType  StructType  `layout:"internal/abi.StructType"`
	StructField StructField `layout:"internal/abi.StructField"`
	Itab        Itab        `layout:"internal/abi.ITab|runtime.itab"`

	// Labels is what g.labels points to.
	Labels LabelForm
	// Hmap and Bucket are the map of labels, of releases with [LabelMap]:
	// its slots hold strings, keys apart from values.
	Hmap   Hmap   `layout:"runtime.hmap"`
	Bucket Bucket `layout:"bucket<string,string>"`

	Status  Status
	PStatus PStatus
	Throw   Throw
	Lock    Lock

	// WaitReasons are the texts of g.waitreason, by number. Numbers without a
	// text have "".
	WaitReasons []string
}

// A LabelForm is what the labels of a goroutine are kept in.
type LabelForm uint8

// The forms of labels (runtime/pprof/label.go).
const (
	_         LabelForm = iota
	LabelMap            // a map[string]string: g.labels points to the pointer to the hmap
	LabelList           // g.labels points to a slice of pairs of strings, sorted by key
)

// G is runtime.g, a goroutine.
type G struct {
	Size        Offset `layout:"sizeof"`
	StackLo     Offset `layout:"stack.lo,8"`
	StackHi     Offset `layout:"stack.hi,8"`
	StackGuard0 Offset `layout:"stackguard0,8"`
	Panic       Offset `layout:"_panic,8"` // innermost panic in flight
	Defer       Offset `layout:"_defer,8"`
	M           Offset `layout:"m,8"` // that runs it; 0 while nobody does
	SchedSP     Offset `layout:"sched.sp,8"`
	SchedPC     Offset `layout:"sched.pc,8"`
	SchedG      Offset `layout:"sched.g,8"`    // always points to the g itself
	SchedCtxt   Offset `layout:"sched.ctxt,8"` // the closure that a goroutine begins with, until it has begun
	SchedLR     Offset `layout:"sched.lr,8"`
	SchedBP     Offset `layout:"sched.bp,8"`

	SyscallSP Offset `layout:"syscallsp,8"` // not 0 from entersyscall to exitsyscall
	SyscallPC Offset `layout:"syscallpc,8"`
	SyscallBP Offset `layout:"syscallbp,8"`
	StkTopSP  Offset `layout:"stktopsp,8"`

	Param        Offset `layout:"param,8"`
	AtomicStatus Offset `layout:"atomicstatus,4"` // see Status
	Goid         Offset `layout:"goid,8"`
	SchedLink    Offset `layout:"schedlink,8"`
	WaitSince    Offset `layout:"waitsince,8"`  // nanoseconds of the monotonic clock; approximate, set by the GC
	WaitReason   Offset `layout:"waitreason,1"` // see WaitReasons

	Preempt        Offset `layout:"preempt,1"`
	PreemptStop    Offset `layout:"preemptStop,1"`
	AsyncSafePoint Offset `layout:"asyncSafePoint,1"`
	PanicOnFault   Offset `layout:"paniconfault,1"`
	ThrowSplit     Offset `layout:"throwsplit,1"`
	ParkingOnChan  Offset `layout:"parkingOnChan,1"`

	RunningCleanups Offset `layout:"runningCleanups,1"` // the goroutine that runs cleanups is in one of the user's
	LockedM         Offset `layout:"lockedm,8"`
	Sig             Offset `layout:"sig,4"`
	SigCode0        Offset `layout:"sigcode0,8"` // 1.21: stack pointer of the frame that a recovery resumes
	SigCode1        Offset `layout:"sigcode1,8"` // 1.21: program counter there
	SigPC           Offset `layout:"sigpc,8"`
	ParentGoid      Offset `layout:"parentGoid,8"`
	GoPC            Offset `layout:"gopc,8"` // of the go statement that created it
	StartPC         Offset `layout:"startpc,8"`
	Waiting         Offset `layout:"waiting,8"` // sudogs it waits on
	Labels          Offset `layout:"labels,8"`
	SelectDone      Offset `layout:"selectDone,4"`
	Bubble          Offset `layout:"bubble|syncGroup,8"` // of testing/synctest
	CoroArg         Offset `layout:"coroarg,8"`
}

// M is runtime.m, a thread.
type M struct {
	Size       Offset `layout:"sizeof"`
	G0         Offset `layout:"g0,8"`
	ProcID     Offset `layout:"procid,8"` // thread id of the system
	GSignal    Offset `layout:"gsignal,8"`
	CurG       Offset `layout:"curg,8"`
	P          Offset `layout:"p,8"`
	NextP      Offset `layout:"nextp,8"`
	OldP       Offset `layout:"oldp,8"`
	ID         Offset `layout:"id,8"`
	Mallocing  Offset `layout:"mallocing,4"`
	Throwing   Offset `layout:"throwing,4"`    // see Throw
	PreemptOff Offset `layout:"preemptoff,16"` // a string: why it must not be preempted
	Locks      Offset `layout:"locks,4"`
	Dying      Offset `layout:"dying,4"`
	Spinning   Offset `layout:"spinning,1"`
	Blocked    Offset `layout:"blocked,1"`
	InCgo      Offset `layout:"incgo,1"`
	IsExtra    Offset `layout:"isextra,1"`
	IsExtraInC Offset `layout:"isExtraInC,1"`
	NCgoCall   Offset `layout:"ncgocall,8"`
	NCgo       Offset `layout:"ncgo,4"`

	AllLink     Offset `layout:"alllink,8"`
	SchedLink   Offset `layout:"schedlink,8"`
	LockedG     Offset `layout:"lockedg,8"`
	LockedExt   Offset `layout:"lockedExt,4"`
	LockedInt   Offset `layout:"lockedInt,4"`
	WaitLock    Offset `layout:"waitlock,8"`
	WaitUnlockF Offset `layout:"waitunlockf,8"`

	LockProfilePending Offset `layout:"mLockProfile.pending,8"` // runtime lock whose contention is being recorded
	WaitListNext       Offset `layout:"mWaitList.next|nextwaitm,8"`
	LibcallPC          Offset `layout:"libcallpc,8"`
	LibcallSP          Offset `layout:"libcallsp,8"`
	LibcallG           Offset `layout:"libcallg,8"`
	VDSOSP             Offset `layout:"vdsoSP,8"` // not 0 while it is in the vDSO
	VDSOPC             Offset `layout:"vdsoPC,8"`
	PreemptGen         Offset `layout:"preemptGen,4"`
	SignalPending      Offset `layout:"signalPending,4"`
}

// P is runtime.p, the right to run Go code. What stands behind its work buffers
// depends on the garbage collector, which is an experiment at times.
type P struct {
	ID           Offset `layout:"id,4"`
	Status       Offset `layout:"status,4"` // see PStatus
	Link         Offset `layout:"link,8"`
	SchedTick    Offset `layout:"schedtick,4"`
	SyscallTick  Offset `layout:"syscalltick,4"`
	M            Offset `layout:"m,8"`
	RunqHead     Offset `layout:"runqhead,4"`
	RunqTail     Offset `layout:"runqtail,4"`
	Runq         Offset `layout:"runq,2048"` // 256 g, from RunqHead to RunqTail modulo 256
	RunNext      Offset `layout:"runnext,8"`
	GFreeN       Offset `layout:"gFree.gList.size|gFree.size|gFree.n,4"`
	GCWorkerMode Offset `layout:"gcMarkWorkerMode,8"`
}

// Sched is runtime.schedt, the scheduler.
type Sched struct {
	Size         Offset `layout:"sizeof"`
	GoidGen      Offset `layout:"goidgen,8"` // the next id, less what each P took in advance
	LastPoll     Offset `layout:"lastpoll,8"`
	PollUntil    Offset `layout:"pollUntil,8"`
	Lock         Offset `layout:"lock,8"`
	NMidle       Offset `layout:"nmidle,4"`
	NMidleLocked Offset `layout:"nmidlelocked,4"`
	MNext        Offset `layout:"mnext,8"` // how many m were ever created
	MaxMCount    Offset `layout:"maxmcount,4"`
	NMsys        Offset `layout:"nmsys,4"`
	NMfreed      Offset `layout:"nmfreed,8"`
	NGsys        Offset `layout:"ngsys,4"`
	PIdle        Offset `layout:"pidle,8"`
	NPIdle       Offset `layout:"npidle,4"`
	NMSpinning   Offset `layout:"nmspinning,4"`
	NeedSpinning Offset `layout:"needspinning,4"`
	RunqHead     Offset `layout:"runq.head,8"`
	RunqTail     Offset `layout:"runq.tail,8"`
	RunqSize     Offset `layout:"runq.size|runqsize,4"`
	DisableUser  Offset `layout:"disable.user,1"`
	GCWaiting    Offset `layout:"gcwaiting,1"`
	StopWait     Offset `layout:"stopwait,4"`
	SysmonWait   Offset `layout:"sysmonwait,1"`
	FreeM        Offset `layout:"freem,8"`

	ProcResizeTime Offset `layout:"procresizetime,8"`
}

// Panic is runtime._panic, a panic in flight.
type Panic struct {
	Size        Offset `layout:"sizeof"`
	Argp        Offset `layout:"argp,8"`
	Arg         Offset `layout:"arg,16"` // an interface value
	Link        Offset `layout:"link,8"` // the panic before it
	StartPC     Offset `layout:"startPC,8"`
	StartSP     Offset `layout:"startSP,8"`
	PC          Offset `layout:"pc,8"` // 1.21: where to continue past it; 1.27: in place of lr
	LR          Offset `layout:"lr,8"`
	SP          Offset `layout:"sp,8"` // of the frame whose deferred calls run; 1.21: of the frame to continue in
	FP          Offset `layout:"fp,8"`
	RetPC       Offset `layout:"retpc,8"` // where a recovery resumes
	Recovered   Offset `layout:"recovered,1"`
	Repanicked  Offset `layout:"repanicked,1"`
	Goexit      Offset `layout:"goexit,1"`
	Aborted     Offset `layout:"aborted,1"`
	DeferReturn Offset `layout:"deferreturn,1"`
	GopanicFP   Offset `layout:"gopanicFP,8"`
}

// Defer is runtime._defer, a deferred call.
type Defer struct {
	Size      Offset `layout:"sizeof"`
	Heap      Offset `layout:"heap,1"`
	RangeFunc Offset `layout:"rangefunc,1"`
	SP        Offset `layout:"sp,8"`
	PC        Offset `layout:"pc,8"`
	Fn        Offset `layout:"fn,8"`
	Link      Offset `layout:"link,8"`
}

// Sudog is runtime.sudog, a goroutine in a queue.
type Sudog struct {
	Size     Offset `layout:"sizeof"`
	G        Offset `layout:"g,8"`
	Next     Offset `layout:"next,8"`
	Elem     Offset `layout:"elem.vu|elem,8"`
	WaitLink Offset `layout:"waitlink,8"`
	IsSelect Offset `layout:"isSelect,1"`
	C        Offset `layout:"c.maybeTraceablePtr.vu|c,8"` // the channel
}

// Hchan is runtime.hchan, a channel.
type Hchan struct {
	Size     Offset `layout:"sizeof"`
	QCount   Offset `layout:"qcount,8"`
	DataqSiz Offset `layout:"dataqsiz,8"`
	Closed   Offset `layout:"closed,4"`
	Elemtype Offset `layout:"elemtype,8"`
	Recvq    Offset `layout:"recvq.first,8"`
	Sendq    Offset `layout:"sendq.first,8"`
	Lock     Offset `layout:"lock,8"`
}

// Mutex is runtime.mutex, a lock of the runtime itself.
type Mutex struct {
	Size Offset `layout:"sizeof"`
	Key  Offset `layout:"key,8"` // see Lock
}

// Module is runtime.moduledata.
type Module struct {
	Size       Offset `layout:"sizeof"`
	PCHeader   Offset `layout:"pcHeader,8"`
	Text       Offset `layout:"text,8"`
	Etext      Offset `layout:"etext,8"`
	NoptrData  Offset `layout:"noptrdata,8"`
	EnoptrData Offset `layout:"enoptrdata,8"`
	Data       Offset `layout:"data,8"`
	Edata      Offset `layout:"edata,8"`
	BSS        Offset `layout:"bss,8"`
	Ebss       Offset `layout:"ebss,8"`
	NoptrBSS   Offset `layout:"noptrbss,8"`
	EnoptrBSS  Offset `layout:"enoptrbss,8"`
	End        Offset `layout:"end,8"`
	Types      Offset `layout:"types,8"`
	Etypes     Offset `layout:"etypes,8"`
	ROData     Offset `layout:"rodata,8"`
	GoFunc     Offset `layout:"gofunc,8"`
	Next       Offset `layout:"next,8"`
}

// Type is internal/abi.Type, which every type descriptor begins with.
type Type struct {
	Size      Offset `layout:"sizeof"`
	SizeOf    Offset `layout:"Size_,8"` // how large values are
	PtrBytes  Offset `layout:"PtrBytes,8"`
	Hash      Offset `layout:"Hash,4"`
	TFlag     Offset `layout:"TFlag,1"`
	Align     Offset `layout:"Align_,1"`
	Kind      Offset `layout:"Kind_,1"`
	Str       Offset `layout:"Str,4"`
	PtrToThis Offset `layout:"PtrToThis,4"`
}

// StructType is internal/abi.StructType.
type StructType struct {
	Size    Offset `layout:"sizeof"`
	PkgPath Offset `layout:"PkgPath,8"`
	Fields  Offset `layout:"Fields,24"`
}

// StructField is internal/abi.StructField.
type StructField struct {
	Size   Offset `layout:"sizeof"`
	Name   Offset `layout:"Name,8"`
	Typ    Offset `layout:"Typ,8"`
	Offset Offset `layout:"Offset,8"`
}

// Itab is internal/abi.ITab, the first word of an interface value with methods.
type Itab struct {
	Size  Offset `layout:"sizeof"`
	Inter Offset `layout:"Inter|inter,8"`
	Type  Offset `layout:"Type|_type,8"`
	Fun   Offset `layout:"Fun|fun,8"`
}

// Hmap is runtime.hmap, a map before Go 1.24.
type Hmap struct {
	Size       Offset `layout:"sizeof"`
	Count      Offset `layout:"count,8"`
	Flags      Offset `layout:"flags,1"`
	B          Offset `layout:"B,1"` // there are 1<<B buckets
	Buckets    Offset `layout:"buckets,8"`
	OldBuckets Offset `layout:"oldbuckets,8"`
}

// Bucket is a bucket of a map[string]string before Go 1.24, of 8 slots.
type Bucket struct {
	Size     Offset `layout:"sizeof"`
	TopHash  Offset `layout:"tophash,8"` // a byte for each slot, 0 to 4 where it is empty
	Keys     Offset `layout:"keys,128"`
	Values   Offset `layout:"values,128"`
	Overflow Offset `layout:"overflow,8"`
}

// Status is the values of g.atomicstatus; Scan is a bit beside them. A release
// without one of them has [NoStatus].
type Status struct {
	Idle      uint32 `const:"_Gidle"`
	Runnable  uint32 `const:"_Grunnable"`
	Running   uint32 `const:"_Grunning"`
	Syscall   uint32 `const:"_Gsyscall"`
	Waiting   uint32 `const:"_Gwaiting"`
	Dead      uint32 `const:"_Gdead"`
	CopyStack uint32 `const:"_Gcopystack"`
	Preempted uint32 `const:"_Gpreempted"`
	Leaked    uint32 `const:"_Gleaked"`
	DeadExtra uint32 `const:"_Gdeadextra"` // belongs to a thread that C code may lend
	Scan      uint32 `const:"_Gscan"`
}

// NoStatus is a constant that the release does not have.
const NoStatus = ^uint32(0)

// PStatus is the values of p.status.
type PStatus struct {
	Idle    uint32 `const:"_Pidle"`
	Running uint32 `const:"_Prunning"`
	Syscall uint32 `const:"_Psyscall"`
	GCStop  uint32 `const:"_Pgcstop"`
	Dead    uint32 `const:"_Pdead"`
}

// Throw is the values of m.throwing.
type Throw struct {
	None    uint32 `const:"throwTypeNone"`
	User    uint32 `const:"throwTypeUser"`    // fatal: the program is to blame
	Runtime uint32 `const:"throwTypeRuntime"` // throw: tracebacks show all
}

// Lock is the states of a runtime mutex. Older ones have Locked and
// LockedSleeping and no bits; newer ones keep the bit Held beside others.
type Lock struct {
	Locked         uint32 `const:"mutex_locked"`
	LockedSleeping uint32 `const:"mutex_sleeping"`
	Held           uint32 `const:"mutexLocked"`
}
