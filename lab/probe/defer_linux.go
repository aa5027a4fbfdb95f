package main

import (
	"debug/dwarf"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

func init() {
	register("defer-lost", deferLost)
	register("forged-defer", forgedDefer)
	register("forge-sp", forgeSP)
	register("forge-sp-panic", forgeSPPanic)
	register("forge-record", forgeRecord)
	register("defer-runtime", deferRuntime)
}

// deferLost registers deferred calls while signals arrive and stacks grow, and
// counts those that did not run.
func deferLost() {
	var registered, ran, signals atomic.Int64
	var stop atomic.Bool
	storm := make(chan bool)
	go func() {
		defer close(storm)
		for !stop.Load() {
			if syscall.Kill(os.Getpid(), syscall.SIGURG) == nil {
				signals.Add(1)
			}
		}
	}()
	for end := time.Now().Add(700 * time.Millisecond); time.Now().Before(end); {
		done := make(chan bool)
		go func() {
			defer close(done)
			registers(200, &registered, &ran)
		}()
		<-done
	}
	stop.Store(true)
	<-storm
	say("enough_signals", signals.Load() > 1000)
	say("enough_calls", registered.Load() > 10000)
	say("lost", registered.Load()-ran.Load())
	say("percent_run", fmt.Sprintf("%.1f", 100*float64(ran.Load())/float64(registered.Load())))
}

// registers defers in each of many frames: on the heap, in the frame, open-coded.
func registers(depth int, registered, ran *atomic.Int64) {
	if depth == 0 {
		return
	}
	var frame [300]byte
	for i := 0; i < 2; i++ {
		registered.Add(1)
		defer ran.Add(1)
	}
	registered.Add(1)
	defer func() { ran.Add(1 + int64(frame[depth])) }()
	registers(depth-1, registered, ran)
}

// opened is the debug information of the running program, which has the layout of
// the runtime's own records.
type opened struct {
	g, record map[string]int64
	size      int64
}

func openRuntime() opened {
	info, err := self().DWARF()
	if err != nil {
		fail(err)
	}
	o := opened{g: structFields(info, "runtime.g"), record: structFields(info, "runtime._defer"), size: structSize(info, "runtime._defer")}
	for _, f := range []struct {
		in   map[string]int64
		name string
	}{{o.g, "_defer"}, {o.g, "goid"}, {o.record, "sp"}, {o.record, "fn"}, {o.record, "link"}, {o.record, "heap"}} {
		if _, ok := f.in[f.name]; !ok {
			fail(fmt.Errorf("no field %s", f.name))
		}
	}
	return o
}

func structSize(info *dwarf.Data, name string) int64 {
	for r := info.Reader(); ; {
		e, err := r.Next()
		if err != nil || e == nil {
			return 0
		}
		if e.Tag == dwarf.TagStructType && e.Val(dwarf.AttrName) == name {
			n, _ := e.Val(dwarf.AttrByteSize).(int64)
			return n
		}
	}
}

// head returns where the running goroutine keeps the first of its _defer records.
func (o opened) head() *unsafe.Pointer {
	symbols, err := self().Symbols()
	if err != nil {
		fail(err)
	}
	id := goroutineID()
	for _, s := range symbols {
		if s.Name != "runtime.allgs" {
			continue
		}
		address := uintptr(s.Value)
		for _, g := range **(**[]unsafe.Pointer)(unsafe.Pointer(&address)) {
			if fmt.Sprint(*(*uint64)(unsafe.Add(g, o.g["goid"]))) == id {
				return (*unsafe.Pointer)(unsafe.Add(g, o.g["_defer"]))
			}
		}
	}
	fail(fmt.Errorf("the goroutine was not found"))
	return nil
}

// forgeSP changes the stack pointer in the record of a deferred call.
func forgeSP() {
	debug.SetGCPercent(-1)
	o := openRuntime()
	head := o.head()
	before := *head
	ran := "skipped"
	func() {
		for i := 0; i < 1; i++ {
			defer func() { ran = "run" }()
		}
		if *head == before {
			fail(fmt.Errorf("defer made no record"))
		}
		*(*uintptr)(unsafe.Add(*head, o.record["sp"])) += 8
	}()
	*head = before
	say("deferred_call", ran)
}

// forgeSPPanic does it in a function that panics.
func forgeSPPanic() {
	debug.SetGCPercent(-1)
	o := openRuntime()
	head := o.head()
	func() {
		for i := 0; i < 1; i++ {
			defer func() { say("recover", recover()) }()
		}
		*(*uintptr)(unsafe.Add(*head, o.record["sp"])) += 8
		panic("stop")
	}()
}

// forgeRecord puts a record made by hand before a real one, and panics.
func forgeRecord() {
	debug.SetGCPercent(-1)
	o := openRuntime()
	head := o.head()
	func() {
		for i := 0; i < 1; i++ {
			defer func() { say("second_recover", recover()) }()
		}
		f := func() { say("recover", recover()) }
		forged := make([]uintptr, (o.size+7)/8)
		record := unsafe.Pointer(&forged[0])
		copy(unsafe.Slice((*byte)(record), o.size), unsafe.Slice((*byte)(*head), o.size))
		*(*bool)(unsafe.Add(record, o.record["heap"])) = false
		*(*func())(unsafe.Add(record, o.record["fn"])) = f
		*(*unsafe.Pointer)(unsafe.Add(record, o.record["link"])) = *head
		*head = record
		panic("stop")
	}()
	say("went_on", true)
}

// forgedDefer tries the three in processes of their own.
func forgedDefer() {
	out, text, status := again("forge-sp")
	if status != 0 {
		fail(fmt.Errorf("forge-sp: %s", text))
	}
	say("return_with_other_sp", value(out, "deferred_call"))
	out, text, status = again("forge-sp-panic")
	recovered := value(out, "recover")
	if recovered == "" {
		recovered = "not called"
	}
	say("recover_with_other_sp", recovered)
	say("end_with_other_sp", strings.Split(text+"\n", "\n")[0])
	say("status_with_other_sp", status)
	out, _, status = again("forge-record")
	say("recover_in_forged_record", value(out, "recover"))
	say("status_in_forged_record", status)
}

func value(out, key string) string {
	for _, l := range strings.Split(out, "\n") {
		if rest := strings.TrimPrefix(l, key+"="); rest != l {
			return rest
		}
	}
	return ""
}

// deferRuntime asks the running program where its runtime's functions come from,
// and reads their first instruction.
func deferRuntime() {
	symbols, err := self().Symbols()
	if err != nil {
		fail(err)
	}
	for _, s := range symbols {
		switch s.Name {
		case "runtime.deferreturn":
			file, _ := runtime.FuncForPC(uintptr(s.Value)).FileLine(uintptr(s.Value))
			say("deferreturn_file", file[strings.LastIndexByte(file, '/')+1:])
		case "runtime.deferproc":
			say("deferproc_begins", begins(uintptr(s.Value), s.Size))
		}
	}
	for _, section := range []string{".eh_frame", ".gopclntab"} {
		say("section"+section, self().Section(section) != nil)
	}
}

// begins names the comparison in the first 32 bytes of a function on amd64.
func begins(address uintptr, size uint64) string {
	code := *(**[32]byte)(unsafe.Pointer(&address))
	text := string(code[:])
	if size < 32 {
		return "too short"
	}
	switch {
	case strings.Contains(text, "\x48\x39\xec"), strings.Contains(text, "\x48\x3b\xe5"), strings.Contains(text, "\x48\x39\xe5"), strings.Contains(text, "\x48\x3b\xec"):
		return "compares SP with BP"
	case strings.HasPrefix(text, "\x49\x3b\x66\x10"):
		return "compares SP with the end of the stack"
	}
	return "no comparison"
}
