package crash

import "testing"

func TestHeadlineAddr(t *testing.T) {
	thrown := func(fn, args string) *Report {
		return &Report{Kind: KindFatal, Crash: 0, Goroutines: []Goroutine{{Frames: []Frame{
			{Func: fn, Args: args}, {Func: "runtime.f"}, {Func: "main.f"},
		}}}}
	}
	for _, test := range []struct {
		fn, args string
		addr, n  uint64
		ok       bool
	}{
		{"runtime.throw", "{0x755985?, 0x4c9fcc?}", 0x755985, 0, true},
		{"runtime.throw", "{0x4b1234, 0x15}", 0x4b1234, 0x15, true},
		{"runtime.throw", "{0x4b1234?, 0x15}", 0x4b1234, 0x15, true},
		{"runtime.throw", "0x7c1ce0, 0x3e", 0x7c1ce0, 0x3e, true},
		{"runtime.throw", "0x8b9e65", 0x8b9e65, 0, true}, // until Go 1.4: a C string
		{"runtime.throw", "{0x80e3b1c, 0x5}", 0x80e3b1c, 5, true},
		{"runtime.throw", "{0xffffffffffffffff, 0xffffffffffffffff}", 1<<64 - 1, 0, true},
		{"runtime.fatal", "{0x7699d6, 0x36}", 0x7699d6, 0x36, true},
		{"sync.fatal", "{0x710e10?, 0x6cc1e0?}", 0x710e10, 0, true},
		{"sync.throw", "0x710e10, 0x1e", 0x710e10, 0x1e, true},
		{"internal/sync.fatal", "{0x6d9dc8?, 0xf69b338d80?}", 0x6d9dc8, 0, true},
		{"internal/runtime/maps.fatal", "{0x6d53e7?, 0x0?}", 0x6d53e7, 0, true},
		{"runtime.throw", "...", 0, 0, false},
		{"runtime.throw", "", 0, 0, false},
		{"runtime.throw", "{0x0, 0x0}", 0, 0, false},
		{"runtime.throw", "{0x1ffffffffffffffff, 0x5}", 0, 0, false},
		{"runtime.throw", "{_, _}", 0, 0, false},
		{"runtime.fatalthrow", "0x1", 0, 0, false}, // its argument is no text
		{"runtime.dopanic", "0x755985", 0, 0, false},
		{"main.throw", "{0x4b1234, 0x15}", 0, 0, false}, // of the application
	} {
		r := thrown(test.fn, test.args)
		addr, n, ok := r.HeadlineAddr()
		if addr != test.addr || n != test.n || ok != test.ok {
			t.Errorf("%s(%s): %#x, %#x, %v, want %#x, %#x, %v", test.fn, test.args, addr, n, ok, test.addr, test.n, test.ok)
		}
		if by := r.ThrownBy(); ok && by != "runtime.f" {
			t.Errorf("%s(%s) was thrown by %q", test.fn, test.args, by)
		}
	}
	if _, _, ok := (&Report{Kind: KindPanic, Crash: -1, Loose: thrown("runtime.throw", "{0x4b1234, 0x15}").Goroutines[0].Frames}).HeadlineAddr(); ok {
		t.Error("a panic has no headline of a throw")
	}
}

// Every real text without a headline whose throw is visible has an address in
// one of the two places: the executable or, put together, the heap.
func TestHeadlineAddrOfRecordings(t *testing.T) {
	found := 0
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		r, err := parseGolden(file, text)
		if err != nil || r.Kind != KindFatal {
			continue
		}
		_, _, ok := r.HeadlineAddr()
		if ok {
			found++
		}
		if visible := r.ThrownBy() != ""; ok != visible {
			t.Errorf("%s: address %v, but thrown by %q", file, ok, r.ThrownBy())
		}
	}
	if found < 40 {
		t.Errorf("only %d addresses found", found)
	}
}

func TestSetHeadline(t *testing.T) {
	r := &Report{Kind: KindFatal, Crash: 0, Goroutines: []Goroutine{{State: "running", Frames: []Frame{{Func: "main.f", File: "f.go", Line: 1}}}}}
	r.Class = Classify(r)
	r.Fingerprints = Fingerprint(r)
	if r.Class != "fatal.unknown" {
		t.Fatalf("class %s without the headline", r.Class)
	}
	before := r.Fingerprints
	r.SetHeadline("sync: unlock of unlocked mutex")
	if r.Class != "fatal.sync_unlock" || r.Message != "sync: unlock of unlocked mutex" || !r.HasMessage {
		t.Errorf("%s %q %v", r.Class, r.Message, r.HasMessage)
	}
	if r.Fingerprints != Fingerprint(r) {
		t.Errorf("the fingerprints are not those of the report: %+v, before %+v", r.Fingerprints, before)
	}
	p := &Report{Kind: KindPanic, Crash: -1}
	p.SetHeadline("fault")
	if p.HasMessage || p.Class != "" {
		t.Errorf("a panic became %+v", p)
	}
}
