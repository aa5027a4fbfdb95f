package inlining

import "go/ast"

// Cost is for tests, which compare it with what the compiler says.
func (e *Estimator) Cost(fn ast.Node, era Era) int { return e.cost(fn, era) }
