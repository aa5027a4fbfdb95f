package panics

import (
	"bytes"
	"encoding/gob"
	"maps"
	"slices"
)

type file struct {
	Module string
	Funcs  []named
}

type named struct {
	Name    string
	Summary Summary
}

// GobEncode writes the functions in the order of their names: drivers compare
// facts byte by byte, and a map has no order.
func (f *Fact) GobEncode() ([]byte, error) {
	list := file{Module: f.Module}
	for _, name := range slices.Sorted(maps.Keys(f.Funcs)) {
		list.Funcs = append(list.Funcs, named{name, f.Funcs[name]})
	}
	var buf bytes.Buffer
	err := gob.NewEncoder(&buf).Encode(list)
	return buf.Bytes(), err
}

// GobDecode reads what GobEncode wrote.
func (f *Fact) GobDecode(data []byte) error {
	var list file
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&list); err != nil {
		return err
	}
	f.Module, f.Funcs = list.Module, make(map[string]Summary, len(list.Funcs))
	for _, n := range list.Funcs {
		f.Funcs[n.Name] = n.Summary
	}
	return nil
}
