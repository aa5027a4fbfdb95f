// Package gin stands for the real one.
package gin

// Context is what handlers get.
type Context struct{}

// Copy is for goroutines.
func (c *Context) Copy() *Context { return c }

// Query is a parameter of the URL.
func (c *Context) Query(string) string { return "" }
