// Package text makes text of values.
//
// Incident #string,#stringfixed: golang/go#12285
// Incident #marshal,#marshalfixed: btcsuite/btcd#2369
// Incident #digest: distribution/distribution#2163
// Incident #unmarshal: ory/x#337
package text

import (
	"encoding/json"
	"fmt"
)

// A Name is a name.
type Name string

func (n Name) String() string {
	return fmt.Sprintf("name %s", n) // FAULT unbounded-recursion #string fatal: stack overflow
}

// NameFixed converts first.
type NameFixed string

func (n NameFixed) String() string {
	return fmt.Sprintf("name %s", string(n)) // FINE unbounded-recursion #stringfixed: converted to a plain string
}

// Warnings are one or many.
type Warnings []string

// MarshalJSON writes one as a string.
func (w Warnings) MarshalJSON() ([]byte, error) {
	return json.Marshal(w) // FAULT unbounded-recursion #marshal fatal: stack overflow
}

// WarningsFixed converts first.
type WarningsFixed []string

// MarshalJSON writes one as a string.
func (w WarningsFixed) MarshalJSON() ([]byte, error) {
	if len(w) == 1 {
		return json.Marshal(w[0])
	}
	return json.Marshal([]string(w)) // FINE unbounded-recursion #marshalfixed: converted to a type without the method
}

type digest string

func (d digest) Digest() string { return d.Digest() } // FAULT unbounded-recursion #digest fatal: stack overflow

// Null is a string or null.
type Null struct{ S string }

// UnmarshalJSON reads it.
func (n *Null) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		n.S = ""
		return nil
	}
	return json.Unmarshal(raw, n) // FAULT unbounded-recursion #unmarshal fatal: stack overflow
}

// A Code is an error.
type Code int

func (c Code) Error() string {
	return fmt.Sprint("code ", c) // FAULT unbounded-recursion #code fatal: stack overflow
}

// CodeFixed prints the number.
type CodeFixed int

func (c CodeFixed) Error() string {
	return fmt.Sprintf("code %d", c) // FINE unbounded-recursion #codefixed: %d does not call Error
}

// A Tree is a tree.
type Tree struct {
	Left, Right *Tree
	Value       int
}

// Sum sums: it ends where the tree ends.
func (t *Tree) Sum() int {
	if t == nil {
		return 0
	}
	return t.Value + t.Left.Sum() + t.Right.Sum() // FINE unbounded-recursion #sum: ends where the tree ends
}

func (t *Tree) String() string {
	if t == nil {
		return "-"
	}
	return fmt.Sprintf("(%v %d %v)", t.Left, t.Value, t.Right) // FINE unbounded-recursion #tree: other values, and nil ends it
}

// Alias marshals with a type that has no methods.
type Alias struct{ A int }

// MarshalJSON adds the kind.
func (a Alias) MarshalJSON() ([]byte, error) {
	type plain Alias
	return json.Marshal(struct {
		Kind string
		plain
	}{"alias", plain(a)}) // FINE unbounded-recursion #alias: a type without the method
}
