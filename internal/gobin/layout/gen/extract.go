package main

import (
	"debug/buildinfo"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin/layout"
)

// types are the structures and constants that debug information tells of.
type types struct {
	structs map[string]*dwarf.StructType
	consts  map[string]int64 // of package runtime
	labels  dwarf.Type       // runtime/pprof.labelMap
	version string           // what the program says of its toolchain
}

// readTypes reads the debug information of the executable at path.
func readTypes(path string) (*types, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	d, err := f.DWARF()
	if err != nil {
		return nil, fmt.Errorf("debug information of %s: %w", path, err)
	}
	wanted := map[string]bool{}
	for _, r := range layout.Rows() {
		for _, name := range r.Struct {
			wanted[name] = true
		}
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &types{version: info.GoVersion, structs: map[string]*dwarf.StructType{}, consts: map[string]int64{}}
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("debug information of %s: %w", path, err)
		}
		if e == nil {
			return t, nil
		}
		if err := t.entry(d, e, wanted); err != nil {
			return nil, fmt.Errorf("debug information of %s: %w", path, err)
		}
	}
}

func (t *types) entry(d *dwarf.Data, e *dwarf.Entry, wanted map[string]bool) error {
	name, ok := e.Val(dwarf.AttrName).(string)
	if !ok {
		return nil
	}
	switch {
	case e.Tag == dwarf.TagConstant:
		if short, ok := strings.CutPrefix(name, "runtime."); ok {
			if n, ok := e.Val(dwarf.AttrConstValue).(int64); ok {
				t.consts[short] = n
			}
		}
	case e.Tag == dwarf.TagStructType && wanted[name]:
		typ, err := d.Type(e.Offset)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if s, ok := typ.(*dwarf.StructType); ok {
			t.structs[name] = s
		}
	case (e.Tag == dwarf.TagStructType || e.Tag == dwarf.TagTypedef) && name == "runtime/pprof.labelMap":
		typ, err := d.Type(e.Offset)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.labels = typ
	}
	return nil
}

// value returns the cell of a row, "-" for what the release does not have.
func (t *types) value(r layout.Row) (string, error) {
	if r.Const {
		n, ok := t.consts[r.Fields[0]]
		if !ok {
			n, ok = t.consts[r.Fields[0]+"_unused"]
		}
		if !ok {
			return "-", nil
		}
		return fmt.Sprint(n), nil
	}
	for _, name := range r.Struct {
		s, ok := t.structs[name]
		if !ok {
			continue
		}
		for _, path := range r.Fields {
			if path == "sizeof" {
				return fmt.Sprint(s.ByteSize), nil
			}
			offset, width, ok := find(s, strings.Split(path, "."))
			if !ok {
				continue
			}
			if width != r.Width {
				return "", fmt.Errorf("%s.%s has %d bytes, not %d", name, path, width, r.Width)
			}
			return fmt.Sprint(offset), nil
		}
	}
	return "-", nil
}

// find returns where a field of a field stands, and its size.
func find(s *dwarf.StructType, path []string) (offset, width int64, ok bool) {
	if len(path) == 0 {
		return 0, 0, false
	}
	for _, f := range s.Field {
		if f.Name != path[0] {
			continue
		}
		if len(path) == 1 {
			return f.ByteOffset, f.Type.Size(), true
		}
		if inner, isStruct := under(f.Type).(*dwarf.StructType); isStruct {
			offset, width, ok = find(inner, path[1:])
			return f.ByteOffset + offset, width, ok
		}
	}
	return 0, 0, false
}

// under returns the type behind names for it.
func under(t dwarf.Type) dwarf.Type {
	for {
		named, ok := t.(*dwarf.TypedefType)
		if !ok {
			return t
		}
		t = named.Type
	}
}

// labelForm tells what the labels of goroutines are kept in.
func (t *types) labelForm() (string, error) {
	if t.labels == nil {
		return "", fmt.Errorf("no type runtime/pprof.labelMap")
	}
	if s, ok := under(t.labels).(*dwarf.StructType); ok {
		// A slice of structures of two strings, deep in structures of one field.
		for len(s.Field) == 1 && s.Field[0].ByteOffset == 0 {
			inner, ok := under(s.Field[0].Type).(*dwarf.StructType)
			if !ok {
				break
			}
			s = inner
		}
		if isSliceOfPairs(s) {
			return "list", nil
		}
	}
	if name := t.labels.String(); strings.Contains(under(t.labels).String(), "hash<string,string>") || strings.Contains(name, "map[string]string") {
		return "map", nil
	}
	return "", fmt.Errorf("labels of goroutines are kept in %s", under(t.labels))
}

func isSliceOfPairs(s *dwarf.StructType) bool {
	if len(s.Field) != 3 || s.Field[0].Name != "array" || s.Field[1].ByteOffset != 8 {
		return false
	}
	p, ok := under(s.Field[0].Type).(*dwarf.PtrType)
	if !ok {
		return false
	}
	pair, ok := under(p.Type).(*dwarf.StructType)
	return ok && pair.ByteSize == 32 && len(pair.Field) == 2 &&
		under(pair.Field[0].Type).String() == "struct string" && under(pair.Field[1].Type).String() == "struct string"
}
