package trace_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/goproc"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/probe"
	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
)

// load loads the programs, until the test ends.
func load(tb testing.TB, o bpf.Options) *bpf.Tracer {
	tb.Helper()
	if os.Geteuid() != 0 {
		crashtest.Skip(tb, "loading programs into the kernel needs root")
	}
	t, err := bpf.Load(o)
	if errors.Is(err, os.ErrPermission) {
		crashtest.Skip(tb, "%v", err)
	}
	if err != nil {
		tb.Fatalf("%+v", err)
	}
	tb.Cleanup(func() {
		if err := t.Close(); err != nil {
			tb.Error(err)
		}
	})
	return t
}

// find does what stands before Attach: the first error of its steps.
func find(path string) (*probe.Sites, error) {
	f, err := gobin.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was read only
	l, err := goproc.LayoutOf(f)
	if err != nil {
		return nil, err
	}
	return probe.Find(f, l)
}

func mustFind(tb testing.TB, path string) *probe.Sites {
	tb.Helper()
	sites, err := find(path)
	if err != nil {
		tb.Fatal(err)
	}
	return sites
}

// breakpoint is the instruction that the kernel puts in the place of the first
// byte of one that is probed (int3).
const breakpoint = 0xcc

// probed counts the sites at which a process has a breakpoint instead of what the
// file has. Anything else there is an error.
func probed(tb testing.TB, pid int, sites *probe.Sites) (n int) {
	tb.Helper()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		tb.Fatal(err)
	}
	defer memory.Close() //nolint:errcheck // it was read only
	for _, s := range sites.Sites {
		b := make([]byte, len(s.Bytes))
		if _, err := memory.ReadAt(b, textAt(tb, pid, s.Offset)); err != nil {
			tb.Fatalf("the code of %s in process %d: %v", s.Func, pid, err)
		}
		switch {
		case bytes.Equal(b, s.Bytes):
		case b[0] == breakpoint && bytes.Equal(b[1:], s.Bytes[1:]):
			n++
		default:
			tb.Errorf("%s is % x in process %d and % x in the file", s.Func, b, pid, s.Bytes)
		}
	}
	return n
}

// textAt is where a process has code that stands at an offset of its executable.
func textAt(tb testing.TB, pid int, offset uint64) int64 {
	tb.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		tb.Fatal(err)
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		var start, end, from uint64
		var rights, rest string
		if _, err := fmt.Sscanf(line, "%x-%x %s %x %s", &start, &end, &rights, &from, &rest); err != nil {
			continue
		}
		if strings.Contains(line, exe) && strings.Contains(rights, "x") && offset >= from && offset < from+end-start {
			return int64(start + offset - from)
		}
	}
	tb.Fatalf("process %d has offset %#x of %s nowhere", pid, offset, exe)
	return 0
}

// A crowd asks a server for pages that panic and for one that does not.
type crowd struct {
	begun, done atomic.Int64 // requests that panic: before they are sent, after the connection was closed
	fine        atomic.Int64
	stop        chan struct{}
	clients     sync.WaitGroup
}

const visitors = 3

// visit sends a crowd to a server until the test ends.
func visit(tb testing.TB, addr string) *crowd {
	tb.Helper()
	c := &crowd{stop: make(chan struct{})}
	for i := range visitors {
		c.clients.Go(func() {
			for k := i; ; k++ {
				select {
				case <-c.stop:
					return
				default:
				}
				if err := c.ask(addr, []string{"/nil", "/ok", "/index", "/custom", "/abort"}[k%5]); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	tb.Cleanup(c.leave)
	return c
}

// leave waits for the answers to what was asked.
func (c *crowd) leave() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.clients.Wait()
}

func (c *crowd) ask(addr, page string) error {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return fmt.Errorf("the server answers no more: %w", err)
	}
	defer conn.Close() //nolint:errcheck // everything was read
	// No connection waits for late packets, of which there would be thousands.
	_ = conn.(*net.TCPConn).SetLinger(0) //nolint:forcetypeassert // that is what was dialed
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	panics := page != "/ok"
	if panics {
		c.begun.Add(1)
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", page); err != nil {
		return fmt.Errorf("ask for %s: %w", page, err)
	}
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		return fmt.Errorf("answer to %s: %w", page, err)
	}
	if panics {
		c.done.Add(1)
		if len(answer) != 0 {
			return fmt.Errorf("%s was answered %q", page, answer)
		}
		return nil
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 OK\r\n")) || !bytes.HasSuffix(answer, []byte("\r\n\r\nok")) {
		return fmt.Errorf("%s was answered %q", page, answer)
	}
	c.fine.Add(1)
	return nil
}

// A soak is a tracer that attaches and detaches while a server panics.
type soak struct {
	*testing.T
	exe    string
	sites  *probe.Sites
	tracer *bpf.Tracer
	reader sync.WaitGroup
	read   atomic.Int64 // records

	cycles, panics uint64
}

// open starts another tracer.
func (s *soak) open(o bpf.Options) {
	s.Helper()
	t, err := bpf.Load(o)
	if err != nil {
		s.Fatalf("%+v", err)
	}
	s.tracer = t
	s.reader.Go(func() {
		for {
			r, err := t.Read(context.Background())
			if errors.Is(err, os.ErrClosed) {
				return
			}
			if err != nil {
				s.Error(err)
				return
			}
			if r.Kind == bpf.Panic && (r.Goid == 0 || r.Regs.PC-r.Bias != s.sites.Sites[0].Addr) {
				s.Errorf("a panic that is none: %+v", r)
			}
			s.read.Add(1)
		}
	})
}

func (s *soak) close() {
	s.Helper()
	if err := s.tracer.Close(); err != nil {
		s.Error(err)
	}
	s.reader.Wait()
}

// seen is how often each kind happened while the executable had that number.
func (s *soak) seen(id uint32) map[bpf.Kind]int64 {
	s.Helper()
	all, err := s.tracer.Counts()
	if err != nil {
		s.Fatal(err)
	}
	sum := make(map[bpf.Kind]int64)
	for _, c := range all {
		if c.Exe == id {
			sum[c.Kind] += int64(c.Seen)
		}
	}
	return sum
}

// cycle attaches, lets the server panic, and detaches. The counts must lie between
// those of what was over before and what had begun after.
func (s *soak) cycle(p *tracee.Process, c *crowd) {
	s.Helper()
	target := s.sites.Target(s.exe)
	target.NoStacks = s.cycles%4 == 3
	if s.cycles%3 == 2 {
		target.Path, target.PID = fmt.Sprintf("/proc/%d/exe", p.PID), p.PID
	}
	before := c.done.Load()
	id, err := s.tracer.Attach(target)
	if err != nil {
		s.Fatal(err)
	}
	least := c.begun.Load()
	stormed := int64(p.Do(fmt.Sprintf("storm %d %d", 50+s.cycles%7*20, s.cycles%90)).Count)
	stormed += int64(p.Do("grow 64").Count)
	waited := c.done.Load()
	crashtest.Eventually(s, "the server panics", func() bool { return c.done.Load() > waited+8 || s.Failed() })
	if n := probed(s, p.PID, s.sites); n != len(s.sites.Sites) {
		s.Errorf("%d of %d probes in the process while it is attached to", n, len(s.sites.Sites))
	}
	enough := c.done.Load()
	if err := s.tracer.Detach(id); err != nil {
		s.Fatal(err)
	}
	after := c.begun.Load()
	if n := probed(s, p.PID, s.sites); n != 0 {
		s.Errorf("%d probes left after Detach", n)
	}
	sum := s.seen(id)
	if n := sum[bpf.Panic] - stormed; n < enough-least || n > after-before {
		s.Errorf("cycle %d: %d panics of the server counted; it had at least %d, at most %d", s.cycles, n, enough-least, after-before)
	}
	if d := sum[bpf.Recover] - sum[bpf.Panic]; d > visitors || d < -visitors {
		s.Errorf("cycle %d: %d recoveries of %d panics, of which %d at once", s.cycles, sum[bpf.Recover], sum[bpf.Panic], visitors)
	}
	for _, kind := range []bpf.Kind{bpf.Fatal, bpf.Uncaught, bpf.SignalDeath, bpf.OSExit, bpf.Goexit} {
		if sum[kind] != 0 {
			s.Errorf("cycle %d: %d records of kind %d", s.cycles, sum[kind], kind)
		}
	}
	l, err := s.tracer.Losses()
	if err != nil || l.Busy+l.Places+l.Nested+l.Unreadable != 0 {
		s.Errorf("cycle %d: lost %+v, %v", s.cycles, l, err)
	}
	s.cycles++
	s.panics += uint64(sum[bpf.Panic])
}

// run traces the server with everything that the command has, for a moment.
func (s *soak) run(p *tracee.Process, c *crowd) {
	s.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	before, stormed := c.done.Load(), int64(0)
	events, notices := 0, 0
	sum, err := trace.Run(ctx, trace.LiveOptions{
		Host:    host.Options{Selection: host.Selection{PIDs: []int{p.PID}}},
		OnEvent: func(*trace.Event) { events++ },
		OnTarget: func(trace.Attachment) {
			stormed = int64(p.Do("storm 200 20").Count)
			stop()
		},
		OnNotice: func(text string) { notices++; s.Log(text) },
		OnTick:   func(trace.Status, []*trace.Site) {},
	})
	if err != nil {
		s.Fatal(err)
	}
	after := c.begun.Load()
	if n := int64(sum.Panics); n < stormed || n > stormed+after-before {
		s.Errorf("%d panics told; there were at least %d, at most %d", n, stormed, stormed+after-before)
	}
	if events == 0 || notices > 0 || sum.Damaged > 0 {
		s.Errorf("%d events, %d notices: %+v", events, notices, sum)
	}
	if n := probed(s, p.PID, s.sites); n != 0 {
		s.Errorf("%d probes left after Run", n)
	}
}

// A holding is what this process holds.
type holding struct {
	files, rings, goroutines int // files without the clients' connections
	heap                     uint64
}

func holds(tb testing.TB) (h holding) {
	tb.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		tb.Fatal(err)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what has a finalizer
	runtime.ReadMemStats(&m)
	open := 0
	for _, f := range files {
		to, err := os.Readlink("/proc/self/fd/" + f.Name())
		switch {
		case err != nil: // closed meanwhile: the directory itself, or a client's connection
		case strings.HasPrefix(to, "socket:"): // clients connect again after a page that aborts
		default:
			open++
		}
	}
	return holding{open, strings.Count(string(maps), "bpf-map"), runtime.NumGoroutine(), m.HeapAlloc}
}

// Probes come and go while a server is busy and panics: counts agree with those of
// its clients, answers stay right, nothing is left in its code, and the tracer
// grows by nothing. BACKSTOP_SOAK=1h soaks longer.
func TestSoak(t *testing.T) {
	period := 8 * time.Second
	if text := os.Getenv("BACKSTOP_SOAK"); text != "" {
		var err error
		if period, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	load(t, bpf.Options{}) // or skip
	var first, last holding
	end := time.Now().Add(period)
	for round := 0; round == 0 || time.Now().Before(end); round++ {
		toolchain, mode := tracee.Toolchains[(round+5)%len(tracee.Toolchains)], tracee.Modes[(round+3)%len(tracee.Modes)]
		t.Run(fmt.Sprintf("%s/%s", toolchain, mode), func(t *testing.T) {
			exe := tracee.Private(t, tracee.Build(t, toolchain, mode))
			first, last = soakOne(t, exe, time.Now().Add(min(time.Until(end), time.Minute)), round == 0, first)
		})
	}
	if last.files > first.files || last.rings > first.rings || last.goroutines > first.goroutines {
		t.Errorf("the tracer held %+v at first and %+v at last", first, last)
	}
	if last.heap > first.heap+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", first.heap, last.heap)
	}
}

// soakOne soaks one server until then. It returns what this process held after the
// first tracer, if that was the first of all, and after the last.
func soakOne(t *testing.T, exe string, until time.Time, begin bool, first holding) (earliest, last holding) {
	t.Helper()
	p := tracee.Start(t, exe)
	c := visit(t, p.Do("http").Text)
	s := &soak{T: t, exe: exe, sites: mustFind(t, exe)}
	for tracer := 0; tracer < 2 || time.Now().Before(until); tracer++ {
		// Now and then as on kernels before 6.6, with an unlimited rate, and with a
		// ring that overflows.
		o := bpf.Options{Single: tracer%3 == 2}
		if tracer%2 == 1 {
			o.Rate, o.Ring = -1, 1<<(16+tracer%5)
		}
		s.open(o)
		for range 8 {
			if !s.Failed() {
				s.cycle(p, c)
			}
		}
		s.close()
		if !s.Failed() {
			s.run(p, c)
		}
		last = holds(t)
		if begin && tracer == 0 {
			first = last
		}
		if t.Failed() {
			break
		}
	}
	c.leave()
	if a := p.Do("string"); len(a.Panics) != 1 || a.Panics[0].Text != "a text" {
		t.Errorf("afterwards the program says %+v", a)
	}
	t.Logf("%d cycles, %d panics counted, %d records read, %d requests of another kind answered, held %+v", s.cycles, s.panics, s.read.Load(), c.fine.Load(), last)
	return first, last
}
