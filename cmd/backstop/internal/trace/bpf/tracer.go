package bpf

import (
	"bytes"
	_ "embed" // of the object
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/rights"
)

//go:generate make -C ../../../../.. bpf

//go:embed probes_bpfel.o
var probesObject []byte

// Options say how much the tracer keeps. The zero value will do.
type Options struct {
	// Rate limits the full records of one place, a second: 20 when it is 0, no
	// limit when it is negative. Counts are exact all the same.
	Rate int
	// Burst is how many may come at once; Rate when it is 0.
	Burst int
	// Ring is the size in bytes of the buffer that records wait in: 8 MiB when it
	// is 0; made a power of two.
	Ring int
	// Places is how many are counted: 16,384 when it is 0.
	Places int
	// Open is how many goroutines may be panicking at once before the oldest are
	// forgotten: 8,192 when it is 0.
	Open int
	// Single uses one perf event for each probe, as on kernels before 6.6. It needs
	// CAP_SYS_ADMIN.
	Single bool
}

// A Tracer is the programs in the kernel. It is safe for concurrent use, but that
// one goroutine reads.
type Tracer struct {
	spec   *ebpf.CollectionSpec
	maps   *ebpf.Collection
	reader *ringbuf.Reader
	took   time.Duration

	mu     sync.Mutex
	single *ebpf.Program // the program for perf events, once it is needed
	only   bool          // perf events only
	last   uint32
	exes   map[uint32]*attachment
	slots  map[uint32]bool // places of executables that are taken
	closed bool

	polls bool // of the reader: records may wait that nobody was woken for
}

// denied says why programs could not be loaded. For want of rights that is said
// alone: which map was the first, and that it may be for a limit of memory, which
// the library adds to every such error, leads nowhere.
func denied(attempt string, err error) error {
	if errors.Is(err, fs.ErrPermission) && len(rights.Missing(rights.BPF, rights.Perfmon)) > 0 {
		err = syscall.EPERM
	}
	return rights.Explain(fmt.Errorf("%s: %w", attempt, err), rights.BPF, rights.Perfmon)
}

// Load loads the programs; [Tracer.Attach] puts them to use. It needs CAP_BPF and
// CAP_PERFMON, and Linux 5.15 (attach cookies of uprobes); the executable must be
// readable. Process ids are those of the initial pid namespace.
func Load(o Options) (*Tracer, error) {
	began := time.Now()
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(probesObject))
	if err != nil {
		return nil, fmt.Errorf("read programs for probes: %w", err)
	}
	if err := o.configure(spec); err != nil {
		return nil, err
	}
	// Before Linux 5.11 maps count as locked memory.
	_ = rlimit.RemoveMemlock() // where that is needed and refused, loading says so
	t := &Tracer{spec: spec, only: o.Single, exes: map[uint32]*attachment{}, slots: map[uint32]bool{}}
	if !o.Single {
		spec.Programs[programName].AttachType = ebpf.AttachTraceUprobeMulti
	}
	t.maps, err = ebpf.NewCollection(spec)
	if !t.only && errors.Is(err, ebpf.ErrNotSupported) { // before Linux 6.6
		t.only, spec.Programs[programName].AttachType = true, ebpf.AttachNone
		t.maps, err = ebpf.NewCollection(spec)
	}
	if err != nil {
		return nil, denied("load programs for probes", err)
	}
	if err := t.maps.Maps["counts"].Put(countKey{}, countValue{}); err != nil {
		t.maps.Close()
		return nil, fmt.Errorf("note the place for those without one: %w", err)
	}
	if t.reader, err = ringbuf.NewReader(t.maps.Maps["ring"]); err != nil {
		t.maps.Close()
		return nil, fmt.Errorf("map the ring buffer of probes: %w", err)
	}
	t.took = time.Since(began)
	return t, nil
}

const (
	programName = "probe"
	minSlots    = 16 // of 22 KB, for probes that were interrupted
)

// configure sets the sizes of maps and the constants of the programs.
func (o Options) configure(spec *ebpf.CollectionSpec) error {
	processors, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("count processors: %w", err)
	}
	slots := uint32(max(processors*2, minSlots)) // SLOTS_PER_CPU of wire.h
	for name, size := range map[string]uint32{
		"ring":   powerOfTwo(or(o.Ring, 8<<20)),
		"counts": uint32(or(o.Places, 16384)),
		"opens":  uint32(or(o.Open, 8192)),
		"slots":  slots,
	} {
		spec.Maps[name].MaxEntries = size
	}
	var interval, burst uint64
	if o.Rate >= 0 {
		rate := or(o.Rate, 20)
		interval = uint64(time.Second) / uint64(min(rate, 1_000_000))
		burst = interval * uint64(or(o.Burst, rate))
	}
	for name, value := range map[string]any{"interval_ns": interval, "burst_ns": burst, "slots_count": slots} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s in programs for probes: %w", name, err)
		}
	}
	return nil
}

func or(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// powerOfTwo is n or the next power of two, at least a page and at most 1 GiB.
func powerOfTwo(n int) uint32 {
	p := uint32(4096)
	for int64(p) < int64(n) && p < 1<<30 {
		p *= 2
	}
	return p
}

// Took is how long it took to load and verify the programs.
func (t *Tracer) Took() time.Duration { return t.took }

// Stopped is the map of processes that were stopped when they died, for who must
// let them go on.
func (t *Tracer) Stopped() *Stopped { return NewStopped(t.maps.Maps["stopped"]) }

// A Count is how often something happened at one place. The addresses that make
// the place are those of the file, so that it is the same place in all processes
// and runs. What happened at places beyond Options.Places has Exe and Kind 0.
type Count struct {
	Exe  uint32
	Kind Kind
	// Site is that of the records; for Recover that of the panic, 0 when its
	// beginning was not seen.
	Site uint64
	// Recoverer is, for Recover and Ineffective, the first of Record.Recoverer as
	// an address of the file.
	Recoverer uint64
	Seen      uint64 // exact
	Sent      uint64 // as records
	Lost      uint64 // records that found no room
}

// countKey and countValue are struct count_key and struct count of wire.h.
type countKey struct {
	Exe, Kind       uint32
	Site, Recoverer uint64
}

type countValue struct{ Seen, Sent, Lost, FullAt uint64 }

// Counts returns what happened, by place.
func (t *Tracer) Counts() ([]Count, error) {
	var (
		key   countKey
		value countValue
		all   []Count
	)
	entries := t.maps.Maps["counts"].Iterate()
	for entries.Next(&key, &value) {
		if value.Seen == 0 {
			continue
		}
		all = append(all, Count{key.Exe, Kind(key.Kind), key.Site, key.Recoverer, value.Seen, value.Sent, value.Lost})
	}
	if err := entries.Err(); err != nil {
		return all, fmt.Errorf("read counts: %w", err)
	}
	return all, nil
}

// Losses are what the tracer missed since it was loaded.
type Losses struct {
	Ring       uint64 `json:"ring"`       // records that found no room; they are counted
	Busy       uint64 `json:"busy"`       // events that found no buffer: not counted
	Places     uint64 `json:"places"`     // events at places beyond Options.Places, which are counted together
	Nested     uint64 `json:"nested"`     // panics nested deeper than is kept
	Unreadable uint64 `json:"unreadable"` // events whose goroutine could not be read: not counted
}

// Losses returns what was missed.
func (t *Tracer) Losses() (Losses, error) {
	var l Losses
	for i, to := range []*uint64{&l.Ring, &l.Busy, &l.Places, &l.Nested, &l.Unreadable} {
		if err := t.maps.Maps["losses"].Lookup(uint32(i), to); err != nil {
			return l, fmt.Errorf("read losses: %w", err)
		}
	}
	return l, nil
}

// Close detaches everything and unloads the programs. A Read that waits returns
// an error that is os.ErrClosed.
func (t *Tracer) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	var errs []error
	for id, a := range t.exes {
		errs = append(errs, t.end(id, a))
	}
	errs = append(errs, t.reader.Close())
	if t.single != nil { // never that of maps
		errs = append(errs, t.single.Close())
	}
	t.maps.Close()
	return errors.Join(errs...)
}
