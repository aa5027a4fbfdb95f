package behaviour

import (
	"bytes"
	"encoding/gob"
	"maps"
	"slices"
)

type named struct {
	Name string
	Func Func
}

// GobEncode writes the functions in the order of their names: drivers compare
// facts byte by byte, and a map has no order.
func (f *Fact) GobEncode() ([]byte, error) {
	list := make([]named, 0, len(f.Funcs))
	for _, name := range slices.Sorted(maps.Keys(f.Funcs)) {
		list = append(list, named{name, f.Funcs[name]})
	}
	var buf bytes.Buffer
	err := gob.NewEncoder(&buf).Encode(list)
	return buf.Bytes(), err
}

// GobDecode reads what GobEncode wrote.
func (f *Fact) GobDecode(data []byte) error {
	var list []named
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&list); err != nil {
		return err
	}
	f.Funcs = make(map[string]Func, len(list))
	for _, n := range list {
		f.Funcs[n.Name] = n.Func
	}
	return nil
}
