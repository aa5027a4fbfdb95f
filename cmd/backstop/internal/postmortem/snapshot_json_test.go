package postmortem

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// sample is a snapshot with something in every field.
func sample() *Snapshot {
	serve := &Stack{Frames: []Frame{
		{Func: "runtime.gopark", File: "runtime/proc.go", Line: 402, Hidden: true, Offset: 0xce},
		{Func: "sync.(*Mutex).Lock", File: "sync/mutex.go", Line: 90, Inlined: true},
		{Func: "main.(*Cache).Get", File: "/src/shop/cache.go", Line: 31, Offset: 0x45},
		{Func: "net/http.(*conn).serve", File: "net/http/server.go", Line: 2092},
	}}
	idle := &Stack{Frames: []Frame{{Func: "runtime.gopanic", File: "runtime/panic.go", Line: 7}, {Func: "main.main", File: "/src/shop/main.go", Line: 9}}, Elided: true, Why: "cut"}
	by := &Creator{Func: "net/http.(*Server).Serve", File: "net/http/server.go", Line: 3360}
	thread, processor := int64(3), 1
	s := &Snapshot{
		Version: Version, TakenAt: time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC),
		Process: event.Process{PID: 4711, Start: 12, BootID: "b", Host: "h"}, Executable: "/srv/shop", GoVersion: "go1.26.8",
		Module: "example.com/shop", Revision: "abc", Stripped: true, Stopped: 3 * time.Millisecond, Frozen: true, Dying: "SIGQUIT",
		Requests:     []Request{{Goroutine: 18, Method: "GET", URL: "/cart", Route: "GET /cart", StartedAt: time.Date(2026, 11, 26, 9, 59, 0, 0, time.UTC), Via: ViaHTTP}},
		RequestsMore: 2,
		Memory:       &Memory{Resident: 1 << 20, Stacks: 1 << 13, Collecting: true},
		Scheduler: &Scheduler{
			Threads:    []Thread{{ID: 3, TID: 4713, Goroutine: 1, Processor: &processor}},
			Processors: []Processor{{ID: 1, Status: "running", Thread: &thread, Runnable: 4, Tick: 7}}, Runnable: 5,
		},
		Problems: []string{"no"},
	}
	s.Goroutines = append(s.Goroutines, Goroutine{ID: 1, State: "running", Stack: idle, StackSize: 8192, StackUsed: 512, Thread: 4713, LockedToThread: true, G: 0xc000002380})
	for i := range 3 {
		s.Goroutines = append(s.Goroutines, Goroutine{
			ID: int64(18 + i), State: "sync.Mutex.Lock", Wait: time.Duration(i) * time.Minute, Labels: map[string]string{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"},
			Stack: serve, CreatedBy: by, Parent: 1, StackSize: 8192, StackUsed: 800, WaitsFor: 0xc0000122a8, Holds: []uint64{0xc0000122c4}, Since: int64(i), G: 0xc000100000 + uint64(i),
		})
	}
	s.Goroutines = append(s.Goroutines, Goroutine{ID: 2, State: "force gc (idle)", System: true, Durable: true, Bubble: true, Scan: true, Leaked: true})
	return s
}

func TestJSON(t *testing.T) {
	s := sample()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Error(diff)
	}
	if back.Goroutines[1].Stack != back.Goroutines[2].Stack || back.Goroutines[1].CreatedBy != back.Goroutines[2].CreatedBy {
		t.Error("stacks and creators are not shared any more")
	}
	if n := strings.Count(string(text), "net/http.(*conn).serve"); n != 1 {
		t.Errorf("a shared stack is there %d times", n)
	}
	empty, err := json.Marshal(&Snapshot{Version: Version})
	if err != nil || !strings.Contains(string(empty), `"requests":[]`) || !strings.Contains(string(empty), `"goroutines":[]`) || !strings.Contains(string(empty), `"problems":[]`) {
		t.Errorf("lists of an empty snapshot: %s, %v", empty, err)
	}
}

func TestReadDamaged(t *testing.T) {
	for _, text := range []string{
		"", "{", "[]", `"x"`, "{}", `{"version":1}`, `{"version":1,"stacks":[],"goroutines":{}}`,
		`{"version":1,"stacks":[],"goroutines":[{"id":7,"stack":0}]}`,
		`{"version":1,"stacks":[],"goroutines":[{"id":7,"stack":-2}]}`,
		`{"version":1,"stacks":[],"creators":[],"goroutines":[{"id":7,"stack":-1,"created_by":-1}]}`,
		`{"version":1,"stacks":[],"goroutines":[{"id":7,"stack":-1,"created_by":5}]}`,
		`panic: boom`,
	} {
		if _, err := Read(strings.NewReader(text)); !errors.Is(err, ErrNoSnapshot) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Read(strings.NewReader(`{"version":99,"stacks":[],"goroutines":[]}`)); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	text, err := json.Marshal(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"stacks":[null],"creators":[null],"goroutines":[{"id":7,"stack":0,"created_by":0}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		s.Report()
		if _, err := json.Marshal(s); err != nil {
			t.Error(err)
		}
	})
}

func TestReport(t *testing.T) {
	r := sample().Report()
	if r.Kind != crash.KindFragment || r.Class != "fragment" || r.GoroutineCount != 4 || len(r.Goroutines) != 4 {
		t.Errorf("%s %s, %d goroutines", r.Kind, r.Class, r.GoroutineCount)
	}
	g := r.Goroutines[0]
	if g.Frames[0].Func != "panic" || g.Elided != -1 || g.ElidedAt != 2 || !g.LockedToThread {
		t.Errorf("%+v", g)
	}
	buckets := r.Fold()
	if len(buckets) != 2 || buckets[0].Count != 3 || buckets[0].WaitMinutes != 2 || buckets[0].Frames[0].Func != "sync.(*Mutex).Lock" {
		t.Errorf("%+v", buckets)
	}
	if by := buckets[0].CreatedBy; by == nil || by.Goroutine != 1 || by.Line != 3360 {
		t.Errorf("%+v", by)
	}
}
