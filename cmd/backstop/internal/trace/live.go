package trace

import (
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// LiveOptions say what [Run] traces. The callbacks are called from one goroutine;
// what takes long in them delays records, which the kernel keeps for a while.
type LiveOptions struct {
	Host     host.Options
	Rate     int    // full records of one site a second; 0: 20, negative: all
	Raw      bool   // leave texts as they are
	NoStacks bool   // neither copy nor tell stacks
	Freeze   string // directory for the state of processes that die; "" freezes none
	By       Way    // Auto: by ptrace where there can be no probes

	OnEvent  func(*Event)
	OnTarget func(Attachment)
	OnNotice func(string)
	OnTick   func(Status, []*Site) // every second, and at the end
}

// How often Run looks at what waits, and at the kernel's counts.
const (
	beat      = 100 * time.Millisecond
	countBeat = time.Second
	// drain is how long records are read after the end: what was in the ring then.
	drain = 300 * time.Millisecond
	// lastSnapshot is how long the end waits for processes that are frozen.
	lastSnapshot = 30 * time.Second
	// keep is how long probes stay on an executable that nobody runs.
	keep = 10 * time.Minute
)
