package crash

import (
	"bytes"
	"strings"
)

// ginLine handles a line of what gin logs of a panic (recovery.go,
// CustomRecoveryWithWriter and stack):
//
//	[Recovery] 2023/02/03 - 04:05:07 panic recovered:
//	GET /carts/17 HTTP/1.1
//	Host: localhost:8080
//
//	runtime error: index out of range [3] with length 3
//	/workspace/cart/cart.go:31 (0x8f2a04)
//		(*Cart).Item: return c.items[i]
//
// The value is the last paragraph above the stack.
func (a *assembler) ginLine(line []byte) {
	d := a.cur
	text := bytes.TrimSpace(line)
	if pos, ok := parseGinPos(text); ok {
		a.good()
		if len(d.report.Loose) == 0 && !d.call.set {
			if l := &d.links[0]; !a.gap { // blank lines were lost
				if i := bytes.LastIndexByte(l.rest, '\n'); i >= 0 {
					l.first, l.rest = string(l.rest[i+1:]), nil
				}
			}
			d.stacksBegin()
			d.to = toLoose
		}
		d.flush()
		d.ginFile, d.ginLine = d.string(pos.file), pos.line
		d.call = call{name: "?", set: true, bare: true}
		return
	}
	if d.call.set {
		if name, _, ok := bytes.Cut(text, []byte(": ")); ok {
			a.good()
			d.call.name = ginFunc(string(name), d.ginFile)
			d.position(filePos{file: []byte(d.ginFile), line: d.ginLine})
			return
		}
	}
	if d.bodyAt >= 0 {
		a.ginEnds(line, text)
		return
	}
	l := &d.links[0]
	switch {
	case len(text) == 0:
		a.para, a.gap = true, true
	case a.para:
		l.first, l.rest, a.para = strings.ToValidUTF8(string(text[:min(len(text), maxMessage)]), ""), nil, false
	case len(l.first)+len(l.rest)+len(text) < maxMessage:
		l.rest = append(append(l.rest, '\n'), text...)
	}
	if a.zone += len(line) + 1; a.zone > maxZone {
		a.end()
	}
}

// ginEnds ends the stack at the first line that is no part of it, which may
// begin something else.
func (a *assembler) ginEnds(line, text []byte) {
	if len(text) == 0 {
		return
	}
	a.end()
	a.idleLine(line)
}

// parseGinPos reads "/workspace/cart/cart.go:31 (0x8f2a04)".
func parseGinPos(text []byte) (filePos, bool) {
	rest, ok := bytes.CutSuffix(text, []byte(")"))
	if !ok {
		return filePos{}, false
	}
	i := bytes.LastIndex(rest, []byte(" (0x"))
	if i < 0 || digitsHex(rest[i+len(" (0x"):]) != len(rest)-i-len(" (0x") {
		return filePos{}, false
	}
	return parsePos(rest[:i])
}

// ginFunc makes a function's name whole: gin leaves its package out. The file
// tells the package of the standard library and of a module; what is none of
// these is called after its folder.
func ginFunc(name, file string) string {
	dir, _, _ := cutLast(file, "/")
	if _, pkg, ok := cutLast(dir, "/pkg/mod/"); ok {
		module, rest, _ := strings.Cut(pkg, "@")
		_, rest, _ = strings.Cut(rest, "/")
		if rest != "" {
			module += "/" + rest
		}
		return module + "." + name
	}
	if _, pkg, ok := cutLast(dir, "/src/"); ok && !IsApp(pkg+".x") {
		return pkg + "." + name
	}
	if strings.Contains(name, ".") {
		return name
	}
	if _, last, ok := cutLast(dir, "/"); ok {
		return last + "." + name
	}
	return name
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
