// Command prog says what its own runtime knows of its addresses, for the tests
// of package gobin to compare. It is built by every supported toolchain, so it
// uses little.
package main

import (
	"bufio"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"unsafe"
)

var literal = "all that is left of a message is its address and length"

var out = bufio.NewWriter(os.Stdout)

// main prints the address of itself, the stacks of all cases, and, when given
// a range relative to main.main and a stride, the innermost call at each of
// these addresses. When told so, it prints a traceback only.
func main() {
	defer out.Flush()
	if len(os.Args) == 2 && os.Args[1] == "traceback" {
		traceback()
		return
	}
	base := reflect.ValueOf(main).Pointer()
	line("base", hex(base))
	header := (*reflect.StringHeader)(unsafe.Pointer(&literal))
	line("literal", hex(header.Data), hex(uintptr(header.Len)))
	for _, c := range cases {
		c()
	}
	if len(os.Args) < 4 {
		return
	}
	for pc := base + arg(1); pc < base+arg(2); pc += arg(3) {
		frame, _ := runtime.CallersFrames([]uintptr{pc + 1}).Next()
		printFrame("pc", pc, frame)
	}
}

func arg(i int) uintptr {
	n, err := strconv.ParseInt(os.Args[i], 10, 64)
	if err != nil {
		panic(err)
	}
	return uintptr(n)
}

func hex(n uintptr) string { return strconv.FormatUint(uint64(n), 16) }

func line(words ...string) {
	for i, w := range words {
		if i > 0 {
			out.WriteByte('\t')
		}
		out.WriteString(w)
	}
	out.WriteByte('\n')
}

func printFrame(kind string, pc uintptr, f runtime.Frame) {
	start := int64(0)
	if v := reflect.ValueOf(f).FieldByName("startLine"); v.IsValid() { // Go 1.20
		start = v.Int()
	}
	line(kind, hex(pc), f.Function, f.File, strconv.Itoa(f.Line), strconv.FormatInt(start, 10), hex(f.Entry))
}

// record prints the stack of its caller: return addresses as runtime.Callers
// gives them, and the calls they stand for.
//
//go:noinline
func record(name string) {
	pcs := make([]uintptr, 64)
	pcs = pcs[:runtime.Callers(2, pcs)]
	line("stack", name)
	for _, pc := range pcs {
		line("return", hex(pc))
	}
	for frames := runtime.CallersFrames(pcs); ; {
		frame, more := frames.Next()
		printFrame("frame", frame.PC, frame)
		if !more {
			return
		}
	}
}

var cases = []func(){plain, inlined, closures, func() { record("literal") }, methods, deferred}

func plain() { record("plain") }

// Three calls in one, the innermost from another file.
func inlined() {
	outer(3)
}

func outer(n int) int { return middle(n) + 1 }

func middle(n int) int { return inner(n, "inlined") * 2 }

func closures() {
	f := func() { record("first closure") }
	g := func() { record("second closure") }
	f()
	g()
	func() {
		func() { record("nested closure") }()
	}()
}

type thing struct{ n int }

func (t thing) value()    { record("value method") }
func (t *thing) pointer() { record("pointer method") }

type holder struct{ *thing }

func methods() {
	t := thing{1}
	t.value()
	t.pointer()
	var v interface{ pointer() } = holder{&t}
	v.pointer() // through a wrapper that is not among the calls
	f := t.value
	f()
}

func deferred() {
	defer record("deferred")
	defer func() {
		recover()
		record("recovering")
	}()
	var t *thing
	t.n++ // the address of a fault is no return address
}

func traceback() {
	defer func() {
		recover()
		buf := make([]byte, 1<<16)
		out.Write(buf[:runtime.Stack(buf, false)])
	}()
	run(func(n int) {
		first(nil, n)
	})
}

// run is a generic function where there are any.
var run = func(f func(int)) { f(1) }

func first(t *thing, n int) { second(t, n) }

func second(t *thing, n int) { t.n += n }
