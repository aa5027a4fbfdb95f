// Package summary reduces a package to what the crash surface needs of it: its
// functions, where they can panic, what they call, and which types and functions
// flow where. Summaries of all packages of a program are linked by package
// surface, which never sees their source or SSA.
//
// [Analyzer] makes a [Summary] of a package, [Summary.Encode] and [Decode] carry
// it through caches.
package summary

// A Summary is what one package contributes to the surface of a program.
type Summary struct {
	Path    string // import path
	Name    string // name of the package; main for commands
	Files   []string
	Funcs   []Func
	Types   []Type
	Nodes   []Node   // indexed by NodeID; 0 is no node
	Filters []Filter // indexed from 1; 0 lets everything through
}

// A NodeID is an index of Summary.Nodes.
type NodeID = uint32

// A Kind says what place a node is.
type Kind uint32

// Places that hold interfaces and functions. The contents of slices, maps,
// channels and pointers are one place for each element type, fields are one for
// each type and name.
const (
	Local     Kind = iota // within one package; has no name
	Param                 // parameter Index of function Name, receiver included
	Result                // result Index of function Name
	Free                  // free variable Index of function Name
	Global                // variable Name
	Field                 // field Name, with its type: net/http.Server.Handler
	Elem                  // elements of slices and arrays of type Name
	Chan                  // elements of channels of type Name
	MapKey                // keys of type Name
	MapElem               // values of type Name
	Pointer               // what pointers to type Name point to
	TypeParam             // types that type parameter Index of Name stands for
	Shared                // all values of interface type Name: error, context.Context
	Panicked              // what is panicked with
	lastKind
)

// A Node is a place that values flow through.
type Node struct {
	Kind  Kind
	Name  string
	Index uint32
}

// A Filter lets types with all the methods through, or functions of one type.
type Filter struct {
	Methods []string
	Sig     string // the type of functions; then Methods is empty
}

// Guards of functions, as package behaviour tells them.
const (
	Unguarded uint32 = iota
	Disarmed         // a deferred function calls recover too deep
	Repanics         // the guard may panic again
	Guarded
)

// A Func is one function, literal or method with a body.
type Func struct {
	Name      string // as go/types has it; literals are parent$1
	Sig       string // its type without receiver; empty when type parameters are in it
	Pos       Pos
	Exported  bool // declared, and its name and that of its receiver are exported
	Guard     uint32
	Callbacks []Callback
	Seeds     []Seed
	Edges     []Edge
	Calls     []Call
	Sites     []Site
}

// A Pos is a place in the source.
type Pos struct {
	File uint32 // index of Summary.Files
	Line uint32
}

// A Callback is a parameter, receiver not counted, that the function calls.
type Callback struct {
	Param   uint32
	Where   string // as in package model
	Guarded bool
	By      string
}

// A Seed is a type or a function that comes into being at a node.
type Seed struct {
	To      NodeID
	Func    bool
	Pointer bool // a pointer to the type
	Name    string
}

// An Edge says that what is in From is also in To, as far as Filter lets it.
type Edge struct {
	From, To NodeID
	Filter   uint32
}

// How a function is called.
const (
	Plain uint32 = iota
	Deferred
	Spawned // by a go statement
)

// A Call is a call of a function that is known (Callee), of a method of an
// interface (Method, and On for what is in it), or of a function value (On, Sig).
type Call struct {
	Mode    uint32
	Callee  string
	Method  string
	Sig     string
	On      NodeID
	Covered bool // a panic in it is recovered in the function that calls
	Pos     Pos
	Args    []Arg
	Results []Arg // nodes that results go to
}

// An Arg is an argument, or result, that may hold interfaces or functions.
type Arg struct {
	Index   uint32 // receiver included
	Node    NodeID
	Methods []string // for an interface that the callee keeps for requests: its methods
}

// A Type is a type with methods, and which function each is.
type Type struct {
	Name    string
	Methods []Method
}

// A Method is one of a type's method set.
type Method struct {
	Name    string // with its package when it is not exported
	Func    string
	Pointer bool // only pointers have it
}

// A Site is where a function can panic by itself.
type Site struct {
	Kind    string // as in package panics
	Grade   uint32 // as in package panics
	Why     string
	Covered bool // the function's own guard recovers it
	Pos     Pos
}
