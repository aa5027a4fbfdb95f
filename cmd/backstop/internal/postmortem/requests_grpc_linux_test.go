package postmortem

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
	"github.com/backstop-go/backstop/internal/crashtest"
)

// A grpcBuild is one way to build testdata/grpcserver.
type grpcBuild struct {
	toolchain, grpc, net string // "" for those of its go.mod
	mode                 string
}

// grpcBuilds lists the releases of grpc-go between which what is read of it
// changed. All but the first need modules that nothing else does, and are built
// with BACKSTOP_EVERY_BUILD=1 only.
var grpcBuilds = []grpcBuild{
	{},
	{"go1.21.13", "v1.50.1", "v0.25.0", ""},
	{"go1.21.13", "v1.56.3", "v0.25.0", "-buildmode=pie"},
	{"go1.22.12", "v1.60.1", "v0.30.0", ""},
	{"go1.23.12", "v1.64.1", "v0.30.0", "-buildmode=pie"},
	{"go1.24.13", "v1.67.3", "v0.34.0", ""},
	{"go1.25.14", "v1.70.0", "v0.51.0", ""},
	{"go1.25.14", "v1.75.1", "v0.51.0", "-buildmode=pie"},
	{"go1.26.8", "v1.83.2", "v0.60.0", "-buildmode=pie"},
	{"go1.27.0", "v1.85.0", "v0.62.0", ""},
}

// grpcServers runs a test with testdata/grpcserver, stripped. Without -trimpath
// most of the first one is compiled for the module contrib/grpc anyway.
func grpcServers(t *testing.T, f func(t *testing.T, exe string, routes bool)) {
	for _, b := range grpcBuilds {
		if b.grpc != "" && os.Getenv("BACKSTOP_EVERY_BUILD") == "" {
			continue
		}
		t.Run(fmt.Sprintf("%s %s", b.toolchain, b.grpc), func(t *testing.T) {
			exe := b.build(t)
			f(t, exe, b.grpc == "" || b.toolchain >= "go1.23")
		})
	}
}

func (b grpcBuild) build(t *testing.T) string {
	t.Helper()
	dir, exe := filepath.Join("testdata", "grpcserver"), filepath.Join(t.TempDir(), "grpcserver")
	env := append(os.Environ(), "GOWORK=off")
	run := func(words ...string) {
		cmd := exec.Command("go", words...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil && (strings.Contains(string(out), "dial tcp") || strings.Contains(string(out), "GOPROXY=off")) {
			crashtest.Skip(t, "no network: %s", out)
		} else if err != nil {
			t.Fatalf("%v: %v\n%s", words, err, out)
		}
	}
	if b.grpc != "" {
		crashtest.NeedToolchain(t, b.toolchain)
		program, err := os.ReadFile(filepath.Join(dir, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		dir, env = t.TempDir(), append(env, "GOTOOLCHAIN="+b.toolchain, "GOFLAGS=-mod=mod")
		module := fmt.Sprintf("module example.com/grpcserver\n\ngo 1.21\n\nrequire google.golang.org/grpc %s\nrequire golang.org/x/net %s\n", b.grpc, b.net)
		for name, text := range map[string]string{"main.go": string(program), "go.mod": module} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run("mod", "tidy")
	}
	run("build", "-ldflags=-s -w", cmp.Or(b.mode, "-buildmode=exe"), "-o", exe, ".")
	return exe
}

// summary says of requests what differs between those of a test, in order.
func summary(all []Request) string {
	lines := make([]string, len(all))
	for i, r := range all {
		lines[i] = strings.TrimRight(fmt.Sprintf("%s %s %s %s", r.Protocol, r.Method, r.URL, r.Kind), " ")
		if r.StreamClosed {
			lines[i] += ", closed"
		}
		if r.Queued {
			lines[i] += ", queued"
		}
		if r.Route != "" {
			lines[i] += ", " + r.Route
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// awaitSummary takes snapshots until one has these requests and no others, and all
// are being served.
func awaitSummary(t *testing.T, pid int, want ...string) *Snapshot {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	text := strings.Join(want, "\n")
	var s *Snapshot
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s = mustTake(t, pid, Options{Raw: true}); summary(s.Requests) == text && s.served() {
			return s
		}
	}
	t.Fatalf("requests:\n%s\nwant:\n%s\nproblems: %v", summary(s.Requests), text, s.Problems)
	return nil
}

// The calls that an unmodified server of gRPC serves are found, those and no others:
// not the same calls as the client has them, not those of before.
func TestTakeGRPC(t *testing.T) {
	grpcServers(t, func(t *testing.T, exe string, routes bool) {
		takeGRPC(t, exe)
		t.Run("h2c", func(t *testing.T) { takeH2C(t, exe, routes) })
		t.Run("core", func(t *testing.T) { coreGRPC(t, exe) })
		t.Run("many", func(t *testing.T) { takeMany(t, exe) })
		t.Run("damaged", func(t *testing.T) { takeDamagedRequests(t, exe) })
		t.Run("queued", func(t *testing.T) { takeQueued(t, exe, routes) })
	})
}

func takeGRPC(t *testing.T, exe string) {
	t.Helper()
	methods := "/shop.Cart/Quick /shop.Cart/Add /shop.Cart/Watch /shop.Cart/Import /shop.Cart/Chat /shop.Cart/Stay"
	serving := []string{
		"gRPC POST /shop.Cart/Add unary", "gRPC POST /shop.Cart/Watch server stream", "gRPC POST /shop.Cart/Import client stream",
		"gRPC POST /shop.Cart/Chat bidirectional stream", "gRPC POST /shop.Cart/Stay unary",
	}
	for _, how := range []string{"serve", "workers", "http"} {
		t.Run(how, func(t *testing.T) {
			p := tracee.Start(t, exe)
			addr := p.Do(how).Text
			p.Do("load " + addr)
			awaitSummary(t, p.PID) // what is over is not shown
			begun := time.Now()
			p.Do("call " + addr + " within 1h " + methods)
			s := awaitSummary(t, p.PID, serving...)
			for _, r := range s.Requests {
				if r.Via != ViaGRPC || r.Connection == "" || (r.Stream == 0) != (how == "http") || (r.Host == addr) != (how == "http") {
					t.Errorf("%+v", r)
				}
				if left := r.Deadline.Sub(begun); left < 59*time.Minute || left > 61*time.Minute {
					t.Errorf("%s: deadline in %s", r.URL, left)
				}
			}
			// Two without a deadline, that the client takes back: one of them does
			// not notice.
			p.Do("call " + addr + " /shop.Cart/Add /shop.Cart/Stay")
			s = awaitSummary(t, p.PID, append([]string{serving[0], serving[4]}, serving...)...)
			if n := len(slices.DeleteFunc(s.Requests, func(r Request) bool { return !r.Deadline.IsZero() })); n != 2 {
				t.Errorf("%d requests without a deadline", n)
			}
			p.Do("cancel")
			awaitSummary(t, p.PID, append([]string{serving[4] + ", closed"}, serving...)...)
			p.Do("finish")
			awaitSummary(t, p.PID, serving[4]+", closed", serving[4]+", closed")
		})
	}
}

// Connections of HTTP/2 that began as requests of HTTP/1 are no requests; those on
// them are, of golang.org/x/net/http2 too.
func takeH2C(t *testing.T, exe string, routes bool) {
	p := tracee.Start(t, exe, "GODEBUG=httpmuxgo121=0")
	addr := p.Do("http").Text
	p.Do("call " + addr + " /slow /slow /ok /stay")
	slow, stay := "HTTP/2 GET /slow, /slow", "HTTP/2 GET /stay, /stay"
	if !routes {
		slow, stay = "HTTP/2 GET /slow", "HTTP/2 GET /stay"
	}
	upgrade := strings.Replace(slow, "/slow", "/slow?upgraded", 1)
	closed := strings.Replace(stay, "/stay", "/stay, closed", 1)
	awaitSummary(t, p.PID, slow, slow, stay)

	upgraded := dial(t, addr)
	fmt.Fprintf(upgraded, "GET /slow?upgraded HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
	fmt.Fprintf(upgraded, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	s := awaitSummary(t, p.PID, slow, slow, stay, upgrade)
	for _, r := range s.Requests {
		if upgraded := strings.Contains(r.URL, "upgraded"); (r.Host == "shop.example") != upgraded || (r.Stream == 1) != upgraded && upgraded {
			t.Errorf("%+v", r)
		}
	}
	p.Do("cancel")
	awaitSummary(t, p.PID, closed, upgrade)
}

// Requests for which a connection has no goroutine left wait, and it is said.
func takeQueued(t *testing.T, exe string, routes bool) {
	p := tracee.Start(t, exe, "GODEBUG=httpmuxgo121=0")
	addr := p.Do("limited").Text
	p.Do("call " + addr + " /stay /stay")
	stay, closed := "HTTP/2 GET /stay, /stay", "HTTP/2 GET /stay, closed, /stay"
	if !routes {
		stay, closed = "HTTP/2 GET /stay", "HTTP/2 GET /stay, closed"
	}
	awaitSummary(t, p.PID, stay, stay)
	p.Do("cancel")
	awaitSummary(t, p.PID, closed, closed)
	p.Do("call " + addr + " /slow")
	s := awaitSummary(t, p.PID, closed, closed, "HTTP/2 GET /slow, queued")
	if r := s.Requests[slices.IndexFunc(s.Requests, func(r Request) bool { return r.Queued })]; r.Goroutine != 0 || r.Connection != s.Requests[0].Connection {
		t.Errorf("%+v", r)
	}
}

// A panic in the handler of a call ends the process: its core has that call, and
// those beside it.
func coreGRPC(t *testing.T, exe string) {
	t.Helper()
	a := dumpCore(t, exe, "serve;own /shop.Cart/Add /shop.Cart/Chat;await 2;own within 1h /shop.Cart/Die").examine(t, CoreOptions{})
	want := "gRPC POST /shop.Cart/Add unary\ngRPC POST /shop.Cart/Chat bidirectional stream\ngRPC POST /shop.Cart/Die unary"
	if got := summary(a.Details.Requests); got != want {
		t.Errorf("requests:\n%s", got)
	}
	crashed := a.Report.CrashGoroutine()
	if crashed == nil {
		t.Fatal("nobody crashed")
	}
	for _, r := range a.Details.Requests {
		if die := r.URL == "/shop.Cart/Die"; (r.Goroutine == crashed.ID) != die || r.Deadline.IsZero() == die {
			t.Errorf("%+v", r)
		}
	}
}

// Many requests at once are all found.
func takeMany(t *testing.T, exe string) {
	t.Helper()
	p := tracee.Start(t, exe)
	calls, requests := strings.Repeat(" /shop.Cart/Add", 300), strings.Repeat(" /slow", 90)
	p.Do("call " + p.Do("serve").Text + calls)
	p.Do("call " + p.Do("http").Text + requests)
	p.Do("await 390")
	count := make(map[string]int)
	goroutines := make(map[int64]bool)
	for _, r := range mustTake(t, p.PID, Options{}).Requests {
		count[r.Protocol+r.URL]++
		goroutines[r.Goroutine] = true
	}
	if len(goroutines) != 390 || count["gRPC/shop.Cart/Add"] != 300 || count["HTTP/2/slow"] != 90 {
		t.Errorf("%v of %d goroutines", count, len(goroutines))
	}
}

// Memory that is damaged gives no panic, and no request that nobody serves.
func takeDamagedRequests(t *testing.T, exe string) {
	t.Helper()
	p := tracee.Start(t, exe)
	p.Do("call " + p.Do("serve").Text + " within 1h /shop.Cart/Add /shop.Cart/Watch /shop.Cart/Add")
	p.Do("call " + p.Do("http").Text + " /slow /shop.Cart/Chat /slow")
	p.Do("await 6")
	if err := syscall.Kill(p.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitStopped(t, p.PID)
	live, err := open(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	defer live.close()
	whole, found := summary(mustTake(t, p.PID, Options{Raw: true}).Requests), 0
	if strings.Count(whole, "\n") != 5 {
		t.Fatalf("requests:\n%s", whole)
	}
	for seed := range uint64(56) {
		d := &damaged{from: live.Memory, r: rand.New(rand.NewPCG(seed, 2)), often: 1 << (4 + seed%14)}
		taken, err := take(&Image{Program: live.Program, Memory: d, Now: 1 << 62})
		if err != nil {
			continue
		}
		s := taken.build(Options{Raw: true})
		found += len(s.Requests)
		for _, r := range s.Requests {
			if g := s.goroutine(r.Goroutine); g == nil && !r.Queued || r.Protocol == "" || len(r.URL) > maxURL {
				t.Errorf("seed %d: %+v", seed, r)
			}
		}
		// That of HTTP and that of gRPC which came as it may not be known as one.
		if len(s.Requests) > 7 {
			t.Errorf("seed %d: requests:\n%s", seed, summary(s.Requests))
		}
	}
	if found == 0 {
		t.Error("no request was ever found")
	}
	t.Logf("%d requests in 56 damaged memories", found)
}
