// Command values panics with a value of each kind, or holds all of them in
// memory and says where.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

type (
	text       string
	flag       bool
	level      int
	tiny       int8
	wide       uint64
	ratio      float64
	half       float32
	pairing    complex128
	small      complex64
	address    uintptr
	list       []int
	table      map[string]int
	point      struct{ X, Y int }
	single     struct{ p *int }
	triple     [3]int16
	handler    func(int) error
	shout      string
	grade      int
	pipe       chan int
	generic    [1]box[map[string]point]
	box[T any] struct{ content T }
)

func (s shout) String() string { return "shout " + string(s) }
func (g grade) Error() string  { return "grade " + strconv.Itoa(int(g)) }

type account struct {
	Code   int
	Msg    string
	Err    error
	Any    any
	On     bool
	Rate   float64
	Tags   []string
	Counts map[string]int
	Next   *account
	At     point
	raw    []byte
	_      int
	Three  triple
}

func (a *account) Error() string { return fmt.Sprintf("account %d: %s", a.Code, a.Msg) }

type shop interface{ sell(n int) int }

type stall struct{ goods []int }

func (s *stall) sell(n int) int { return s.goods[n] }

type valued struct{ n int }

func (v valued) value() int { return v.n }

type asker interface{ value() int }

//go:noinline
func zero() int { return len(os.Args) / 100 }

var sliced = []int{1, 2, 3}

var cases = map[string]func(){
	"string":         func() { panic("a text") },
	"empty":          func() { panic("") },
	"lines":          func() { panic("first\nsecond\n\tthird\n") },
	"long":           func() { panic(strings.Repeat("long ", 3000)) },
	"bytes":          func() { panic("\x00\xff\u00e9\x1b[31m") },
	"text":           func() { panic(text("named")) },
	"text-lines":     func() { panic(text("a\nb")) },
	"true":           func() { panic(true) },
	"flag":           func() { panic(flag(false)) },
	"int":            func() { panic(-7) },
	"min":            func() { panic(int64(math.MinInt64)) },
	"int8":           func() { panic(int8(-8)) },
	"int16":          func() { panic(int16(-1600)) },
	"int32":          func() { panic('x') },
	"uint":           func() { panic(uint(7)) },
	"uint8":          func() { panic(byte(200)) },
	"uint16":         func() { panic(uint16(65535)) },
	"uint32":         func() { panic(uint32(1) << 31) },
	"uint64":         func() { panic(uint64(math.MaxUint64)) },
	"uintptr":        func() { panic(uintptr(4096)) },
	"level":          func() { panic(level(3)) },
	"tiny":           func() { panic(tiny(-3)) },
	"wide":           func() { panic(wide(1 << 63)) },
	"address":        func() { panic(address(16)) },
	"float64":        func() { panic(2.5) },
	"third":          func() { panic(1.0 / 3) },
	"large":          func() { panic(1.7976931348623157e308) },
	"small":          func() { panic(5e-324) },
	"nines":          func() { panic(9.9999999) },
	"zero":           func() { panic(0.0) },
	"negative-zero":  func() { panic(math.Copysign(0, -1)) },
	"nan":            func() { panic(math.NaN()) },
	"inf":            func() { panic(math.Inf(1)) },
	"-inf":           func() { panic(math.Inf(-1)) },
	"million":        func() { panic(1e6 + 0.25) },
	"1e21":           func() { panic(1e21) },
	"float32":        func() { panic(float32(0.1)) },
	"ratio":          func() { panic(ratio(-0.25)) },
	"half":           func() { panic(half(0.3)) },
	"complex128":     func() { panic(complex(1.5, -2)) },
	"complex64":      func() { panic(complex64(complex(0.1, 3))) },
	"pairing":        func() { panic(pairing(complex(1, 2))) },
	"small-pairing":  func() { panic(small(complex(math.Inf(-1), math.NaN()))) },
	"struct":         func() { panic(point{1, 2}) },
	"struct-pointer": func() { panic(&point{1, 2}) },
	"nil-pointer":    func() { panic((*point)(nil)) },
	"single":         func() { n := 1; panic(single{&n}) },
	"int-pointer":    func() { panic(new(int)) },
	"slice":          func() { panic([]int{1, 2}) },
	"list":           func() { panic(list{1}) },
	"nil-slice":      func() { panic([]string(nil)) },
	"map":            func() { panic(map[string]int{"a": 1}) },
	"table":          func() { panic(table(nil)) },
	"array":          func() { panic(triple{1, 2, 3}) },
	"chan":           func() { panic(make(chan int)) },
	"pipe":           func() { panic(make(pipe)) },
	"func":           func() { panic(func() {}) },
	"handler":        func() { panic(handler(nil)) },
	"generic":        func() { panic(generic{}) },
	"box":            func() { panic(box[*box[int]]{}) },
	"empty-struct":   func() { panic(struct{}{}) },
	"unnamed-struct": func() { panic(struct{ A, b string }{"x", "y"}) },
	"unsafe":         func() { panic(unsafe.Pointer(&sliced[0])) },
	"nil":            func() { panic(nil) },

	"error":         func() { panic(errors.New("an error")) },
	"error-lines":   func() { panic(errors.New("an error\nof two lines")) },
	"errorf":        func() { panic(fmt.Errorf("plain %d", 1)) },
	"wrapped":       func() { panic(fmt.Errorf("wrapped: %w", errors.New("inner"))) },
	"wrapped-twice": func() { panic(fmt.Errorf("%w and %w", io.EOF, fs.ErrNotExist)) },
	"joined":        func() { panic(errors.Join(io.EOF, fmt.Errorf("second: %w", io.ErrUnexpectedEOF))) },
	"path-error":    func() { panic(&fs.PathError{Op: "open", Path: "/no/such", Err: fs.ErrNotExist}) },
	"opened":        func() { _, err := os.Open("/no/such/file"); panic(err) },
	"syscall":       func() { panic(os.NewSyscallError("bind", syscall.EADDRINUSE)) },
	"errno":         func() { panic(syscall.EPERM) },
	"errno-unknown": func() { panic(syscall.Errno(999)) },
	"number":        func() { _, err := strconv.Atoi("12\"x"); panic(err) },
	"url":           func() { _, err := url.Parse("http://[::1"); panic(err) },
	"exec":          func() { panic(&exec.Error{Name: "no such", Err: exec.ErrNotFound}) },
	"deadline":      func() { panic(context.DeadlineExceeded) },
	"timeout":       func() { panic(os.ErrDeadlineExceeded) },
	"canceled":      func() { panic(context.Canceled) },
	"duration":      func() { panic(1500 * time.Millisecond) },

	"index":              func() { _ = sliced[zero()+5] },
	"index-negative":     func() { _ = sliced[zero()-1] },
	"index-uint":         func() { _ = sliced[uint64(zero())-1] },
	"index-string":       func() { _ = "abc"[zero()+3] },
	"index-array":        func() { var a [4]int; _ = a[zero()+4] },
	"slice-length":       func() { _ = "abc"[:zero()+9] },
	"slice-capacity":     func() { _ = sliced[:zero()+9] },
	"slice-order":        func() { _ = sliced[zero()+2 : zero()+1] },
	"slice-negative":     func() { _ = sliced[zero()-2:] },
	"slice-end-negative": func() { _ = sliced[:zero()-2] },
	"slice3-capacity":    func() { _ = sliced[0 : 1 : zero()+7] },
	"slice3-length":      func() { a := [3]int{}; _ = a[0 : 1 : zero()+7] },
	"slice3-middle":      func() { _ = sliced[0 : zero()+3 : zero()+2] },
	"slice3-begin":       func() { _ = sliced[zero()+2 : zero()+1 : 3] },
	"slice3-negative":    func() { _ = sliced[: 1 : zero()-1] },
	"convert":            func() { _ = [4]int(sliced[zero():]) },
	"convert-pointer":    func() { _ = (*[5]int)(sliced[zero():]) },
	"divide":             func() { _ = 1 / zero() },
	"nil-deref":          func() { var p *point; p.X++ },
	"nil-map":            func() { var m map[string]int; m["a"] = 1 },
	"closed":             func() { c := make(chan int); close(c); close(c) },
	"nil-chan":           func() { var c chan int; close(c) },
	"make":               func() { _ = make([]int, zero()-1) },
	"make-chan":          func() { _ = make(chan int, zero()-1) },
	"hash":               func() { m := map[any]int{}; m[[]int{}] = 1 },
	"compare":            func() { var a, b any = []int{}, []int{}; _ = a == b },
	"compare-inner":      func() { var a, b any = [1]any{list{}}, [1]any{list{}}; _ = a == b },
	"assert":             func() { var v any = "text"; _ = v.(int) },
	"assert-nil":         func() { var v any; _ = v.(int) },
	"assert-nil-named":   func() { var v shop; _ = v.(*stall) },
	"assert-missing":     func() { var v any = 1; _ = v.(shop) },
	"assert-interface":   func() { var v shop = &stall{}; _ = v.(io.Reader) },
	"assert-concrete":    func() { var v error = io.EOF; _ = v.(*account) },
	"assert-scope": func() {
		type point struct{ X, Y int }
		var v any = point{}
		_ = v.(interface{}).(func() any)
	},
	"assert-same":  func() { sameName(namesake()) },
	"wrap":         func() { askIt((*valued)(nil)) },
	"reflect":      func() { reflect.ValueOf(1).Len() },
	"reflect-zero": func() { reflect.Value{}.Type() },
	"repeat":       func() { strings.Repeat("x", zero()-1) },
	"library":      func() { reflect.ValueOf(point{}).Field(7) },

	"custom": func() {
		panic(&account{Code: 7, Msg: "custom msg", Err: io.EOF, Any: level(3), On: true, Rate: 1.5, Tags: []string{"a", "b"}, At: point{3, 4}, raw: []byte("raw"), Three: triple{1, 2, 3}})
	},
	"custom-deep":  func() { panic(deepAccount(9)) },
	"custom-value": func() { panic(grade(3)) },
	"stringer":     func() { panic(shout("loud")) },
}

//go:noinline
func askIt(v asker) int { return v.value() }

func namesake() any {
	type point struct{ X, Y int }
	return point{1, 2}
}

func sameName(v any) {
	type point struct{ X, Y int }
	_ = v.(point)
}

func deepAccount(n int) *account {
	a := &account{Code: n}
	if n > 0 {
		a.Next = deepAccount(n - 1)
		a.Err = a.Next
	}
	return a
}

// A said is where a value is in memory.
type said struct {
	Name, T, Said string
	Type, Data    uint64
}

func main() {
	if len(os.Args) > 1 {
		cases[os.Args[1]]()
		return
	}
	fmt.Println(reflect.ValueOf(main).Pointer())
	var all []said
	for name, f := range cases {
		kept = append(kept, caught(f))
		v := kept[len(kept)-1]
		s := said{Name: name, T: fmt.Sprintf("%T", v)}
		if e, ok := v.(error); ok {
			s.Said = e.Error()
		} else if e, ok := v.(fmt.Stringer); ok {
			s.Said = e.String()
		}
		words := *(*[2]uintptr)(unsafe.Pointer(&kept[len(kept)-1]))
		s.Type, s.Data = uint64(words[0]), uint64(words[1])
		all = append(all, s)
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		panic(err)
	}
	_, _ = io.ReadAll(os.Stdin)
}

var kept []any

func caught(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
