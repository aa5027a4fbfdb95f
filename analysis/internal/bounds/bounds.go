// Package bounds tells what is known of integers and lengths at an instruction:
// that an index is below a length, that a length is at least three, that a number
// cannot be negative.
//
// Knowledge comes from how values are made (constants, masks, remainders, slices,
// the documentation of the standard library), from the conditions that lead to an
// instruction, and from index expressions that ran before it. A goal x <= y + c is
// proven on demand, through conditions, definitions and phi nodes, with induction
// over loops (Bodik, Gupta, Sarkar: ABCD, PLDI 2000), and with a limit on the work.
//
// What is proven need not be true where memory is changed between two loads of one
// variable, or where integers overflow: rules report what is not proven, and keep
// quiet too often rather than too seldom. What is not proven need not be false.
package bounds

import (
	"go/types"

	"golang.org/x/tools/go/analysis/passes/buildssa"
	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// A Solver knows the functions of one package.
type Solver struct {
	ssa      *buildssa.SSA
	noReturn func(*ssa.CallCommon) bool

	keys     map[ssa.Value]string
	values   map[string]ssa.Value
	blocks   map[*ssa.BasicBlock]*block
	chains   map[*ssa.BasicBlock]chain
	stores   map[*ssa.Function]map[string]bool
	callers  map[*ssa.Function][]ssa.CallInstruction
	escapes  map[*ssa.Function]bool
	made     map[*ssa.Function]*ssa.MakeClosure
	results  map[*ssa.Function][]Result
	visiting map[ssa.Value]bool
	imported func(*types.Func) []Result
	minded   map[*types.Var]bool // fields that somebody compares or sets
}

// newSolver makes a solver for the package. noReturn tells which calls do not come
// back, imported what is known of the results of functions of other packages; both
// may be nil.
func newSolver(s *buildssa.SSA, noReturn func(*ssa.CallCommon) bool, imported func(*types.Func) []Result) *Solver {
	return &Solver{
		ssa: s, noReturn: noReturn, imported: imported,
		keys:     make(map[ssa.Value]string),
		values:   make(map[string]ssa.Value),
		blocks:   make(map[*ssa.BasicBlock]*block),
		chains:   make(map[*ssa.BasicBlock]chain),
		stores:   make(map[*ssa.Function]map[string]bool),
		results:  make(map[*ssa.Function][]Result),
		visiting: make(map[ssa.Value]bool),
	}
}

// AtMost reports whether x <= y whenever the instruction runs.
func (s *Solver) AtMost(x, y Expr, at ssa.Instruction) bool {
	p := &proof{Solver: s, fuel: 600}
	return p.prove(x.Term, y.Term, y.K-x.K, before(at), 0)
}

// NotNegative reports whether x >= 0 whenever the instruction runs.
func (s *Solver) NotNegative(x Expr, at ssa.Instruction) bool {
	return s.AtMost(Expr{}, x, at)
}

// AtLeast reports whether x >= n whenever the instruction runs.
func (s *Solver) AtLeast(x Expr, n int64, at ssa.Instruction) bool {
	return s.AtMost(Expr{K: n}, x, at)
}

// NotZero reports whether x is another number than 0 whenever the instruction runs.
func (s *Solver) NotZero(x Expr, at ssa.Instruction) bool {
	if s.AtLeast(x, 1, at) || s.AtMost(x, Expr{K: -1}, at) {
		return true
	}
	for _, f := range s.facts(before(at)) {
		if f.ne && f.b == (Term{}) && f.a == x.Term && f.k == -x.K {
			return true
		}
	}
	return false
}

// callersOf lists the calls of a function in this package. all is false when
// others may call it too: it is exported, a method, or used as a value.
func (s *Solver) callersOf(fn *ssa.Function) (calls []ssa.CallInstruction, all bool) {
	if s.callers == nil {
		s.indexCalls()
	}
	obj := ir.Object(fn)
	all = !s.escapes[fn] && obj != nil && !obj.Exported() && fn.Signature.Recv() == nil
	if fn.Signature.Recv() != nil && obj != nil && !obj.Exported() && !s.escapes[fn] {
		all = true
	}
	return s.callers[fn], all
}

func (s *Solver) indexCalls() {
	s.callers = make(map[*ssa.Function][]ssa.CallInstruction)
	s.escapes = make(map[*ssa.Function]bool)
	s.made = make(map[*ssa.Function]*ssa.MakeClosure)
	for _, fn := range s.ssa.SrcFuncs {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if m, ok := i.(*ssa.MakeClosure); ok {
					if lit, ok := m.Fn.(*ssa.Function); ok {
						s.made[lit] = m
					}
				}
				c, isCall := i.(ssa.CallInstruction)
				if isCall {
					if callee := ir.Callee(c.Common()); callee != nil {
						s.callers[callee] = append(s.callers[callee], c)
					}
				}
				for _, op := range i.Operands(nil) {
					f, ok := (*op).(*ssa.Function)
					if !ok || isCall && !c.Common().IsInvoke() && op == &c.Common().Value {
						continue
					}
					if o := f.Origin(); o != nil {
						f = o
					}
					s.escapes[f] = true
				}
			}
		}
	}
}

// storedIn reports whether the function stores to the variable that v was loaded
// from, so that two loads may differ.
func (s *Solver) storedIn(fn *ssa.Function, v ssa.Value) bool {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	if s.stores[fn] == nil {
		s.stores[fn] = make(map[string]bool)
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if st, ok := i.(*ssa.Store); ok {
					s.stores[fn][s.key(st.Addr, 0)] = true
				}
			}
		}
	}
	return s.stores[fn][s.key(load.X, 0)]
}
