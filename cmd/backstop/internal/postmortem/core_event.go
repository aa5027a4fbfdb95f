package postmortem

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/event"
	"github.com/backstop-go/backstop/internal/host"
)

// A Service says in whose name a crash is sent to a collector. What is empty is taken
// from the executable and this host.
type Service struct{ Name, Release, Environment, Instance string }

// Event makes the event that travels to a collector. It is nil when the core does not
// tell of a crash. All copies of one core, compressed or not, give the same event, which
// is counted once.
func (c *Core) Event(a *Autopsy, s Service) (*event.Event, error) {
	if a.Details.Alive || a.Details.CauseMissing {
		return nil, nil
	}
	var text bytes.Buffer
	if err := WriteTraceback(&text, a.Headline, a.Report); err != nil {
		return nil, err
	}
	boot, at := c.saved()
	out := event.New(a.Report, event.Core, at)
	out.ID = c.eventID()
	out.Text, _ = event.CutText(text.Bytes())
	if info, err := c.binary.BuildInfo(); err == nil { // built without: nothing depends on it
		out.Build, out.Release = host.BuildOf(info)
	}
	out.Build.GoVersion, out.Build.OS, out.Build.Arch = c.binary.GoVersion(), "linux", c.binary.Arch()
	out.Process = event.Process{BootID: boot, PID: a.Details.Process.PID, Host: host.Self().Host}
	out.Service = cmp.Or(s.Name, base(c.Executable))
	out.Release = cmp.Or(s.Release, out.Release, "unknown")
	out.Environment = cmp.Or(s.Environment, "production")
	out.Instance = cmp.Or(s.Instance, out.Process.Host)
	out.Exit = &event.Exit{Status: -1}
	if sig := a.Details.Signal; sig != nil {
		out.Exit.Signal = sig.Name
		if sig.Self {
			out.Exit.By = event.BySelf
		}
	}
	if v := a.Details.Value; v != nil {
		const most = 4 << 10
		out.PanicValue = event.Clip(v.Type+": "+v.Text, most)
	}
	out.InFlight, out.InFlightCount = inFlight(a.Details.Requests)
	out.FindRequest()
	return &out, nil
}

// inFlight are requests as events have them.
func inFlight(all []Request) ([]event.InFlight, int) {
	var out []event.InFlight
	for _, r := range all[:min(len(all), event.MaxInFlight)] {
		path, _, _ := strings.Cut(r.URL, "?") // the query stays here
		out = append(out, event.InFlight{GoroutineID: r.Goroutine, StartedAt: r.StartedAt, Request: event.Request{
			Method: r.Method, URL: path, Route: r.Route, TraceID: r.TraceID, RequestID: r.RequestID,
		}})
	}
	return out, len(all)
}

// eventID is made of what no two processes have in common: where their threads were,
// with addresses that the kernel chose at random.
func (c *Core) eventID() string {
	h := sha256.New()
	fmt.Fprintln(h, "core", c.file.Process.PID, c.file.Signal, c.file.Auxv)
	for i := range c.file.Threads {
		fmt.Fprintln(h, c.file.Threads[i])
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// saved says when the core was written, and, if its name is one that systemd gives,
// during which boot: core.NAME.UID.BOOT.PID.TIME, TIME in microseconds
// (systemd-coredump(8); coredump.c, make_filename).
func (c *Core) saved() (boot string, at time.Time) {
	if at = c.written(); at.IsZero() { // it came through a pipe
		at = time.Now()
	}
	parts := strings.Split(filepath.Base(c.Path), ".")
	if len(parts) < 6 || parts[0] != "core" {
		return "", at
	}
	id, micro := parts[3], parts[5]
	n, err := strconv.ParseInt(micro, 10, 64)
	if err != nil || n <= 0 || len(id) != 32 || strings.Trim(id, "0123456789abcdefABCDEF") != "" {
		return "", at
	}
	// As the kernel writes it (/proc/sys/kernel/random/boot_id).
	boot = strings.ToLower(id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:])
	return boot, time.UnixMicro(n)
}
