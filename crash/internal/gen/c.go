package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var (
	throwC  = regexp.MustCompile(`\bruntime·(throw|panicstring)\(\s*"((?:[^"\\]|\\.)*)"`)
	stderrC = regexp.MustCompile(`\b(fatalf|fprintf)\(\s*(?:stderr,\s*)?"((?:[^"\\]|\\.)*)"`)
	// bodyC is the head of a C function at the beginning of a line, below the
	// line that holds its type, or of a Go function in a .goc file.
	bodyC = regexp.MustCompile(`(?m)^(?:runtime·|static void |static |func )?(\w+)\([^;{]*\)\s*(?:\([^;{]*\)\s*)?\{`)
)

// readC finds the messages of C sources: the runtime itself until Go 1.4, and
// its half in runtime/cgo, which writes to standard error and aborts.
func (p *pkg) readC(name string) error {
	pattern := throwC
	switch p.path {
	case "runtime":
	case "runtime/cgo":
		pattern = stderrC
	default:
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	source := string(data)
	bodies := bodyC.FindAllStringSubmatchIndex(source, -1)
	for _, at := range pattern.FindAllStringSubmatchIndex(source, -1) {
		known, err := strconv.Unquote(`"` + source[at[4]:at[5]] + `"`)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, source[at[4]:at[5]], err)
		}
		m := message{"throw", known, true}
		switch source[at[2]:at[3]] {
		case "panicstring": // runtime/panic.c: a runtime.errorString
			m.kind, m.text = "panic", "runtime error: "+known
		case "fatalf": // runtime/cgo/gcc_fatalf.c
			m = stderrMessage("runtime/cgo: " + known)
		case "fprintf":
			m = stderrMessage(known)
		}
		if m.kind == "cgo" && (!strings.HasPrefix(m.text, "runtime") || m.text == "runtime/cgo: ") {
			continue // a piece of a line
		}
		p.found(m, p.path+"."+functionC(source, bodies, at[0])+"("+filepath.Base(name)+")")
	}
	return nil
}

func stderrMessage(text string) message {
	t := cutVerb(knownText{strings.TrimSuffix(text, "\n"), true})
	return message{"cgo", t.known, t.whole}
}

// functionC names the function that an offset lies in.
func functionC(source string, bodies [][]int, at int) string {
	name := "?"
	for _, b := range bodies {
		if b[0] > at {
			break
		}
		name = source[b[2]:b[3]]
	}
	return name
}
