package driver

import (
	"fmt"
	"go/ast"
	"go/token"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// maxWork bounds the product of branches and local variables of one function:
// making SSA copies a list of the variables for each block, 8 bytes each, so that
// this many are about 250 MB. The largest functions of real services have a
// thousandth of it.
const maxWork = 30_000_000

// dropHuge takes the bodies out of functions that would cost gigabytes to read.
func (r *run) dropHuge(c *checked, u *unit) {
	for _, file := range c.files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			branches, variables := size(f.Body)
			if branches*variables <= maxWork {
				continue
			}
			f.Body = nil
			if ir.Generated(r.prog.fset.FileSet, file) {
				continue
			}
			c.problems = append(c.problems, Problem{Lost: true, Package: u.pkg.PkgPath, Place: r.prog.fset.place(f.Pos(),
				fmt.Sprintf("function %s is not read: it has %d branches and %d variables, which takes gigabytes", f.Name.Name, branches, variables))})
		}
	}
}

// size counts what branches and what declares a variable.
func size(body *ast.BlockStmt) (branches, variables int) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.CaseClause, *ast.CommClause:
			branches++
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				branches++
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				variables += len(n.Lhs)
			}
		case *ast.ValueSpec:
			variables += len(n.Names)
		}
		return true
	})
	return branches, variables
}
