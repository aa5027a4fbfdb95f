package ir

import "golang.org/x/tools/go/ssa"

// Base is the variable that an address is a part of: of a field or an element at
// any depth.
func Base(v ssa.Value) ssa.Value {
	for {
		switch x := v.(type) {
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		default:
			return v
		}
	}
}
