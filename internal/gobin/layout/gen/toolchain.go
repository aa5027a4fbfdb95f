package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// program uses the packages whose types are looked for.
const program = `package main

import (
	"context"
	"fmt"
	"runtime/pprof"
)

func main() {
	defer func() { fmt.Println(recover()) }()
	pprof.Do(context.Background(), pprof.Labels("key", "value"), func(context.Context) { panic(fmt.Errorf("text")) })
}
`

// build builds the program and reads its debug information.
func build(toolchain string, env []string, flags ...string) (*types, error) {
	dir, err := os.MkdirTemp("", "layout")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is the system's to clean
	files := map[string]string{"main.go": program, "go.mod": "module program\n\ngo 1.21\n"}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			return nil, err
		}
	}
	exe := filepath.Join(dir, "program")
	if _, err := goCommand(dir, toolchain, env, append(append([]string{"build", "-o", exe}, flags...), ".")...); err != nil {
		return nil, err
	}
	return readTypes(exe)
}

// goCommand runs the go command of a toolchain for Linux and returns what it
// prints.
func goCommand(dir, toolchain string, env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOOS=linux", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1")
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s with %s %s: %w\n%s", args[0], toolchain, strings.Join(env, " "), err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

// source parses a file of a toolchain's standard library.
func source(toolchain, path string) (*ast.File, error) {
	root, err := goCommand("", toolchain, nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	return parser.ParseFile(token.NewFileSet(), filepath.Join(root, "src", filepath.FromSlash(path)), nil, 0)
}

// waitReasons returns the numbers of the texts of wait reasons. They stand in
// waitReasonStrings of runtime/runtime2.go; the constants that are its keys are
// numbered from 0 in the order of their declaration.
func waitReasons(toolchain string) (map[string]int, error) {
	f, err := source(toolchain, "runtime/runtime2.go")
	if err != nil {
		return nil, err
	}
	numbers, texts := map[string]int{}, map[string]int{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			if n.Tok == token.CONST {
				number(n, numbers)
			}
		case *ast.ValueSpec:
			if len(n.Names) == 1 && n.Names[0].Name == "waitReasonStrings" && len(n.Values) == 1 {
				err = textsOf(n.Values[0], numbers, texts)
			}
		}
		return err == nil
	})
	if err == nil && len(texts) < 20 {
		err = fmt.Errorf("runtime/runtime2.go has %d texts in waitReasonStrings", len(texts))
	}
	if err != nil {
		return nil, fmt.Errorf("wait reasons of %s: %w", toolchain, err)
	}
	return texts, nil
}

// number adds the constants of a declaration that begins with
// "waitReasonZero waitReason = iota".
func number(d *ast.GenDecl, numbers map[string]int) {
	first, ok := d.Specs[0].(*ast.ValueSpec)
	if !ok || first.Names[0].Name != "waitReasonZero" {
		return
	}
	for i, s := range d.Specs {
		if spec, ok := s.(*ast.ValueSpec); ok && (i == 0 || spec.Values == nil) {
			numbers[spec.Names[0].Name] = i
		}
	}
}

// textsOf reads a composite literal of texts by constant.
func textsOf(value ast.Expr, numbers, texts map[string]int) error {
	literal, ok := value.(*ast.CompositeLit)
	if !ok {
		return fmt.Errorf("waitReasonStrings is no literal")
	}
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return fmt.Errorf("waitReasonStrings has an element without key")
		}
		key, isName := pair.Key.(*ast.Ident)
		text, isText := pair.Value.(*ast.BasicLit)
		if !isName || !isText {
			return fmt.Errorf("waitReasonStrings has an element that is no text by name")
		}
		n, known := numbers[key.Name]
		if !known {
			return fmt.Errorf("%s is no number", key.Name)
		}
		s, err := strconv.Unquote(text.Value)
		if err != nil {
			return err
		}
		if before, twice := texts[s]; twice {
			return fmt.Errorf("numbers %d and %d have one text, %q", before, n, s)
		}
		if s != "" {
			texts[s] = n
		}
	}
	return nil
}
