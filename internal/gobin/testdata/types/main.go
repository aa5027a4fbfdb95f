// Command types says what reflection knows of the types that it can reach.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"unsafe"
)

type field struct {
	Name     string
	Type     uint64
	Offset   uint64
	Embedded bool
}

type said struct {
	Addr     uint64
	Name     string
	Declared string
	PkgPath  string
	Kind     int
	Size     uint64
	Elem     uint64
	Key      uint64
	Len      uint64
	In, Out  []uint64
	Variadic bool
	Fields   []field
	Methods  []string // exported ones, or those of an interface
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[K, V]) Key() K { return p.key }

type namedMap map[string]*pair[string, int]

func (namedMap) Do() {}

type namedFunc func(a int, b ...string) error

func (namedFunc) Do() {}

type namedArray [3]func(chan<- int)

func (*namedArray) Do() {}

type namedChan chan struct{}

func (namedChan) do() {}

type namedSlice []namedChan

func (namedSlice) do() {}

type level int8

func (level) String() string { return "" }

type everything struct {
	*http.Server
	a      namedMap
	b      namedFunc
	c      *namedArray
	d      namedChan
	e      namedSlice
	f      level `tag:"text"`
	g      pair[level, map[string]any]
	h      interface{ private(int) }
	i      error
	j      [0]byte
	k      struct{ x, y complex64 }
	l      *everything
	m      unsafe.Pointer
	n      func(...any) (int, error)
	_      uintptr
	o      any
	local  any
	reader io.ReadWriteCloser
}

func addr(t reflect.Type) uint64 {
	return uint64((*[2]uintptr)(unsafe.Pointer(&t))[1])
}

func main() {
	type local struct{ n int }
	todo := []reflect.Type{reflect.TypeOf(everything{}), reflect.TypeOf(&local{}), reflect.TypeOf(http.DefaultClient)}
	seen := map[reflect.Type]bool{}
	var all []said
	for len(todo) > 0 {
		t := todo[0]
		todo = todo[1:]
		if seen[t] {
			continue
		}
		seen[t] = true
		s := said{Addr: addr(t), Name: t.String(), Declared: t.Name(), PkgPath: t.PkgPath(), Kind: int(t.Kind()), Size: uint64(t.Size())}
		to := func(t reflect.Type) uint64 {
			todo = append(todo, t)
			return addr(t)
		}
		switch t.Kind() {
		case reflect.Map:
			s.Key, s.Elem = to(t.Key()), to(t.Elem())
		case reflect.Array:
			s.Len, s.Elem = uint64(t.Len()), to(t.Elem())
		case reflect.Chan, reflect.Pointer, reflect.Slice:
			s.Elem = to(t.Elem())
		case reflect.Func:
			s.Variadic = t.IsVariadic()
			for i := 0; i < t.NumIn(); i++ {
				s.In = append(s.In, to(t.In(i)))
			}
			for i := 0; i < t.NumOut(); i++ {
				s.Out = append(s.Out, to(t.Out(i)))
			}
		case reflect.Struct:
			for i := 0; i < t.NumField(); i++ {
				f := t.Field(i)
				s.Fields = append(s.Fields, field{f.Name, to(f.Type), uint64(f.Offset), f.Anonymous})
			}
		}
		for i := 0; i < t.NumMethod(); i++ {
			s.Methods = append(s.Methods, t.Method(i).Name)
		}
		all = append(all, s)
	}
	var r io.ReadWriteCloser = new(os.File)
	out := struct {
		Main, Itab, Inter, Concrete uint64
		Types                       []said
	}{uint64(reflect.ValueOf(main).Pointer()), uint64((*[2]uintptr)(unsafe.Pointer(&r))[0]), addr(reflect.TypeOf(&r).Elem()), addr(reflect.TypeOf(r)), all}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}
