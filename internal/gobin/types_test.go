package gobin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// A saidType is a type as testdata/types has it from reflection.
type saidType struct {
	Addr              uint64
	Name              string
	Declared, PkgPath string
	Kind              reflect.Kind
	Size              uint64
	Elem, Key, Len    uint64
	In, Out           []uint64
	Variadic          bool
	Fields            []gobin.StructField
	Methods           []string
}

// TestTypes compares all types that a program can reach with what its own
// reflection says of them.
func TestTypes(t *testing.T) {
	for _, toolchain := range toolchains {
		if minor(toolchain) < 21 {
			continue
		}
		t.Run(toolchain, func(t *testing.T) {
			need(t, toolchain)
			for _, m := range []mode{static, stripped, pieStripped} {
				compareTypes(t, buildProgram(t, "types", toolchain, m))
			}
		})
	}
	for _, m := range []mode{external, externalPIE, linux386} {
		t.Run(m.name, func(t *testing.T) {
			needMode(t, m)
			compareTypes(t, buildProgram(t, "types", current(), m))
		})
	}
}

func compareTypes(t *testing.T, exe string) {
	t.Helper()
	var all struct {
		Main, Itab, Inter, Concrete uint64
		Types                       []saidType
	}
	if err := json.Unmarshal([]byte(command(t, ".", nil, exe)), &all); err != nil {
		t.Fatal(err)
	}
	f := open(t, exe)
	mains, err := f.Lookup("main.main")
	if err != nil {
		t.Fatal(err)
	}
	slide := all.Main - mains[0].Entry
	if len(all.Types) < 200 {
		t.Fatalf("the program said %d types", len(all.Types))
	}
	for _, want := range all.Types {
		want.slide(slide)
		compareType(t, f, want)
	}
	inter, concrete, err := f.Itab(all.Itab - slide)
	if err != nil || inter != all.Inter-slide || concrete != all.Concrete-slide {
		t.Errorf("%s: interface table of %#x, %#x: %v; the program says %#x, %#x", exe, inter, concrete, err, all.Inter-slide, all.Concrete-slide)
	}
	start, end := f.Types()
	for _, addr := range []uint64{0, start - 8, start + 1, end - 8, end, ^uint64(7)} {
		if typ, err := f.TypeAt(addr); err == nil || !refused(err) {
			t.Errorf("%#x: %+v, %v", addr, typ, err)
		}
	}
	for _, name := range []string{"", "*", "main.nothing", "net/http.nothing", "http.conn", "**net/http.conn"} {
		if typ, err := f.TypeNamed(name); !errors.Is(err, gobin.ErrNoType) {
			t.Errorf("%q: %+v, %v", name, typ, err)
		}
	}
	for _, name := range []string{"net/http.conn", "*net/http.conn", "net/http.response", "*main.everything"} {
		if typ, err := f.TypeNamed(name); err != nil {
			t.Errorf("%q: %+v, %v", name, typ, err)
		}
	}
}

// slide moves addresses of the process to those of the file.
func (s *saidType) slide(by uint64) {
	s.Addr -= by
	for _, p := range []*uint64{&s.Elem, &s.Key} {
		if *p != 0 {
			*p -= by
		}
	}
	for i := range s.In {
		s.In[i] -= by
	}
	for i := range s.Out {
		s.Out[i] -= by
	}
	for i := range s.Fields {
		s.Fields[i].Type -= by
	}
}

func compareType(t *testing.T, f *gobin.File, want saidType) {
	t.Helper()
	got, err := f.TypeAt(want.Addr)
	if err != nil {
		t.Errorf("%s: %v", want.Name, err)
		return
	}
	again := saidType{got.Addr, got.Name, want.Declared, got.PkgPath, got.Kind, got.Size, got.Elem, got.Key, got.Len, got.In, got.Out, got.Variadic, got.Fields, want.Methods}
	if len(again.Fields) == 0 {
		again.Fields = want.Fields // nil or empty
	}
	if want.Declared == "" {
		again.PkgPath = want.PkgPath // of unexported fields
	}
	if !reflect.DeepEqual(again, want) || got.Declared != (want.Declared != "") {
		t.Errorf("%s:\n%+v\nthe program says\n%+v", want.Name, again, want)
	}
	for _, m := range want.Methods {
		if !slices.Contains(got.Methods, m) {
			t.Errorf("%s has no method %s but %v", want.Name, m, got.Methods)
		}
	}
	if direct := want.Kind == reflect.Pointer || want.Kind == reflect.Map || want.Kind == reflect.Chan || want.Kind == reflect.Func || want.Kind == reflect.UnsafePointer; direct && !got.Direct {
		t.Errorf("%s: an interface has its address", want.Name)
	}
	if want.Declared == "" || want.PkgPath == "" {
		return
	}
	named, err := f.TypeNamed(want.PkgPath + "." + want.Declared)
	if err != nil || named.Addr != want.Addr && want.Declared != "local" {
		t.Errorf("%s by name: %+v, %v", want.Name, named, err)
	}
}

// TestDamagedTypes overwrites each byte of the description of a type and of its
// parts: answers are wrong or refused, and small.
func TestDamagedTypes(t *testing.T) {
	for _, m := range []mode{stripped, pieStripped} {
		exe := buildProgram(t, "types", current(), m)
		f, all := open(t, exe), content(t, exe)
		typ, err := f.TypeNamed("main.everything")
		if err != nil {
			t.Fatal(err)
		}
		at, _ := f.Offset(typ.Addr)
		changed := 0
		for i := int64(0); i < 160; i++ {
			for _, with := range []byte{0, 1, 0x7f, 0x80, 0xff} {
				x, err := gobin.New(&edited{bytes.NewReader(all), []edit{{at + i, []byte{with}}}, int64(len(all))})
				if err != nil {
					t.Fatal(err)
				}
				got, err := x.TypeAt(typ.Addr)
				if err != nil && !refused(err) {
					t.Errorf("%s: byte %d is %#x: %v", m.name, i, with, err)
				}
				if err != nil || !reflect.DeepEqual(got, typ) {
					changed++
				}
				if got != nil && len(got.Fields)+len(got.Methods) > 1<<17 {
					t.Errorf("%s: byte %d is %#x: %d members", m.name, i, with, len(got.Fields)+len(got.Methods))
				}
				if _, err := x.TypeNamed("main.everything"); err != nil && !refused(err) {
					t.Errorf("%s: byte %d is %#x: %v", m.name, i, with, err)
				}
			}
		}
		if changed < 20 {
			t.Errorf("%s: %d edits made a difference", m.name, changed)
		}
	}
}
