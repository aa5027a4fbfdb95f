// Package gin stands for the real one.
package gin

// RouterGroup routes.
type RouterGroup struct{ prefix string }

// Engine is the router.
type Engine struct{ RouterGroup }

// New makes one.
func New() *Engine { return &Engine{} }

// GET routes.
func (g *RouterGroup) GET(path string, handlers ...func()) {}

// POST routes.
func (g *RouterGroup) POST(path string, handlers ...func()) {}

// Group makes one.
func (g *RouterGroup) Group(path string) *RouterGroup { return &RouterGroup{path} }
