package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// A pkg is what one directory of the standard library says.
type pkg struct {
	path    string
	files   map[string]*ast.File // by name
	values  map[string]ast.Expr  // constants and variables of the package, by name
	entries map[string]entry     // functions whose argument becomes a message
	locals  map[string][]ast.Expr
	found   func(m message, caller string)
}

// An entry is a function that ends the program, or panics, with one of its
// arguments as the text.
type entry struct {
	kind   string
	arg    int
	prefix string
}

// readPackage finds the messages of a directory.
func readPackage(dir, path string, found func(m message, caller string)) error {
	p := &pkg{path: path, files: make(map[string]*ast.File), values: make(map[string]ast.Expr), entries: map[string]entry{"panic": {kind: "panic"}, "writeErrStr": {kind: "stderr"}}, found: found}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	for _, name := range names {
		switch {
		case strings.HasSuffix(name, "_test.go"):
		case strings.HasPrefix(filepath.Base(name), "z") && strings.HasSuffix(name, ".c"): // made from .goc files
		case strings.HasSuffix(name, ".go"):
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return fmt.Errorf("parse %s: %w", name, err)
			}
			if file.Name.Name != "main" && !strings.HasSuffix(file.Name.Name, "_test") {
				p.files[filepath.Base(name)] = file
			}
		case strings.HasSuffix(name, ".c"), strings.HasSuffix(name, ".goc"), strings.HasSuffix(name, ".h"):
			if err := p.readC(name); err != nil {
				return err
			}
		}
	}
	p.declarations()
	// A function that hands its parameter on is an entry itself; until no
	// further one is found.
	for again := true; again; {
		again = p.calls(nil)
	}
	p.calls(found)
	p.texts()
	return nil
}

// declarations notes values, and the package's own doors to the runtime's
// throw and fatal.
func (p *pkg) declarations() {
	for _, file := range p.files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					v, ok := spec.(*ast.ValueSpec)
					for i := 0; ok && i < len(v.Values) && i < len(v.Names); i++ {
						p.values[v.Names[i].Name] = v.Values[i]
					}
				}
			case *ast.FuncDecl:
				if name := d.Name.Name; (name == "throw" || name == "fatal") && d.Recv == nil && (d.Body == nil || p.path == "runtime") {
					p.entries[name] = entry{kind: name}
				}
			}
		}
	}
}

// calls looks at every call of an entry. With nil for found it looks for
// further entries only, and says whether there were any.
func (p *pkg) calls(found func(m message, caller string)) (more bool) {
	for name, file := range p.files {
		for _, decl := range file.Decls {
			caller, params := p.path+".init("+name+")", map[string]int(nil)
			d, _ := decl.(*ast.FuncDecl)
			if d != nil {
				caller, params = p.path+"."+funcName(d)+"("+name+")", parameters(d)
			}
			p.locals = locals(d)
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				e, ok := p.entries[identName(call.Fun)]
				if !ok || e.arg >= len(call.Args) {
					return true
				}
				arg := call.Args[e.arg]
				if i, prefix, ok := handedOn(arg, params); ok && d.Recv == nil {
					if _, known := p.entries[d.Name.Name]; !known {
						p.entries[d.Name.Name], more = entry{e.kind, i, e.prefix + prefix}, true
					}
					return true
				}
				if found == nil {
					return true
				}
				for _, t := range p.eval(arg, 0) {
					if t.known != "" {
						found(message{e.kind, e.prefix + t.known, t.whole}, caller)
					}
				}
				return true
			})
		}
	}
	return more
}

// handedOn reports whether an argument is a parameter of the function it stands
// in, perhaps as a runtime error.
func handedOn(arg ast.Expr, params map[string]int) (index int, prefix string, ok bool) {
	if call, is := arg.(*ast.CallExpr); is && len(call.Args) == 1 && identName(call.Fun) == "errorString" {
		arg, prefix = call.Args[0], "runtime error: "
	}
	index, ok = params[identName(arg)]
	return index, prefix, ok
}

// locals are what is assigned to the local variables of a function.
func locals(d *ast.FuncDecl) map[string][]ast.Expr {
	all := make(map[string][]ast.Expr)
	if d == nil || d.Body == nil {
		return all
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := 0; i < len(n.Lhs) && len(n.Lhs) == len(n.Rhs); i++ {
				name := identName(n.Lhs[i])
				if n.Tok == token.ADD_ASSIGN {
					all[name] = append(all[name], nil) // built up: not known
				} else {
					all[name] = append(all[name], n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i := 0; i < len(n.Values) && i < len(n.Names); i++ {
				all[n.Names[i].Name] = append(all[n.Names[i].Name], n.Values[i])
			}
		}
		return true
	})
	return all
}

func identName(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func parameters(d *ast.FuncDecl) map[string]int {
	all, i := make(map[string]int), 0
	for _, field := range d.Type.Params.List {
		for _, name := range field.Names {
			all[name.Name] = i
			i++
		}
	}
	return all
}

// funcName is the name of a function as tracebacks print it.
func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	t, star := d.Recv.List[0].Type, false
	if s, ok := t.(*ast.StarExpr); ok {
		t, star = s.X, true
	}
	generic := ""
	switch x := t.(type) {
	case *ast.IndexExpr:
		t, generic = x.X, "[...]"
	case *ast.IndexListExpr:
		t, generic = x.X, "[...]"
	}
	name := identName(t) + generic
	if star {
		name = "(*" + name + ")"
	}
	return name + "." + d.Name.Name
}

// A knownText is what is known of a string: all of it, or its beginning.
type knownText struct {
	known string
	whole bool
}

// eval evaluates an expression as far as its text is known. A local variable
// can have several.
func (p *pkg) eval(e ast.Expr, depth int) []knownText {
	if depth > 20 {
		return nil
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return p.eval(e.X, depth+1)
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			if s, err := strconv.Unquote(e.Value); err == nil {
				return []knownText{{s, true}}
			}
		}
	case *ast.Ident:
		return p.evalName(e.Name, depth)
	case *ast.BinaryExpr:
		var all []knownText
		for _, left := range p.eval(e.X, depth+1) {
			if !left.whole || e.Op != token.ADD {
				all = append(all, knownText{left.known, false})
				continue
			}
			locals := p.locals
			p.locals = nil // what they hold where they are added is not known
			right := p.eval(e.Y, depth+1)
			p.locals = locals
			if len(right) != 1 {
				right = []knownText{{}}
			}
			all = append(all, knownText{left.known + right[0].known, right[0].whole})
		}
		return all
	case *ast.UnaryExpr:
		return p.eval(e.X, depth+1)
	case *ast.CompositeLit:
		kv := &ast.KeyValueExpr{}
		if len(e.Elts) > 0 {
			if first, ok := e.Elts[0].(*ast.KeyValueExpr); ok {
				kv = first
			}
		}
		switch identName(e.Type) {
		case "errorAddressString":
			return prefixed("runtime error: ", p.eval(kv.Value, depth+1))
		case "synctestDeadlockError":
			return p.eval(kv.Value, depth+1)
		}
	case *ast.CallExpr:
		return p.evalCall(e, depth)
	}
	return nil
}

func (p *pkg) evalName(name string, depth int) []knownText {
	values, local := p.locals[name]
	if !local {
		if v, ok := p.values[name]; ok {
			return p.eval(v, depth+1)
		}
	}
	var all []knownText
	for _, v := range values {
		if v == nil {
			return nil
		}
		all = append(all, p.eval(v, depth+1)...)
	}
	return all
}

// evalCall evaluates the calls that make errors and texts.
func (p *pkg) evalCall(e *ast.CallExpr, depth int) []knownText {
	if len(e.Args) == 0 {
		return nil
	}
	name := identName(e.Fun)
	if s, ok := e.Fun.(*ast.SelectorExpr); ok {
		name = identName(s.X) + "." + s.Sel.Name
	}
	all := p.eval(e.Args[0], depth+1)
	switch name {
	case "error", "string", "plainError", "errors.New":
	case "errorString":
		all = prefixed("runtime error: ", all) // runtime/error.go, errorString.Error
	case "fmt.Sprintf", "fmt.Errorf":
		for i := range all {
			all[i] = cutVerb(all[i])
		}
	case "fmt.Sprint", "fmt.Sprintln":
		for i := range all {
			all[i].whole = false
		}
	default:
		return nil
	}
	return all
}

func prefixed(prefix string, all []knownText) []knownText {
	for i := range all {
		if all[i].known != "" {
			all[i].known = prefix + all[i].known
		}
	}
	return all
}

func cutVerb(t knownText) knownText {
	if before, _, found := strings.Cut(t.known, "%"); found {
		return knownText{before, false}
	}
	return t
}

// texts finds the messages that no call of panic shows: errors of the runtime
// kept in variables, what their Error methods make of them, and the formats of
// out-of-bounds errors.
func (p *pkg) texts() {
	if p.path != "runtime" && !strings.HasPrefix(p.path, "internal/runtime/") {
		return
	}
	for name, file := range p.files {
		for _, decl := range file.Decls {
			caller := p.path + ".init(" + name + ")"
			if d, ok := decl.(*ast.FuncDecl); ok {
				caller = p.path + "." + funcName(d) + "(" + name + ")"
				if d.Name.Name == "Error" && d.Recv != nil {
					p.returned(d, caller)
				}
			}
			p.locals = nil
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if name := identName(n.Fun); name == "plainError" || name == "errorString" {
						p.panics(n, caller)
					}
				case *ast.ValueSpec:
					for i := range n.Values {
						if strings.HasSuffix(n.Names[i].Name, "ErrorFmts") {
							p.formats(n.Values[i], caller)
						}
					}
				}
				return true
			})
		}
	}
}

// returned takes the texts an Error method returns.
func (p *pkg) returned(d *ast.FuncDecl, caller string) {
	if d.Body == nil {
		return
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		r, ok := n.(*ast.ReturnStmt)
		if !ok || len(r.Results) != 1 {
			return true
		}
		p.panics(r.Results[0], caller)
		return true
	})
}

func (p *pkg) panics(e ast.Expr, caller string) {
	for _, t := range p.eval(e, 0) {
		if t.known != "" && t.known != "runtime error: " {
			p.found(message{"panic", t.known, t.whole}, caller)
		}
	}
}

// formats takes runtime/error.go's boundsErrorFmts and boundsNegErrorFmts.
func (p *pkg) formats(e ast.Expr, caller string) {
	list, ok := e.(*ast.CompositeLit)
	if !ok {
		return
	}
	for _, elt := range list.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			elt = kv.Value
		}
		for _, t := range p.eval(elt, 0) {
			t = cutVerb(knownText{"runtime error: " + t.known, true})
			p.found(message{"panic", t.known, t.whole}, caller)
		}
	}
}
