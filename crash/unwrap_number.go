package crash

import (
	"bytes"
	"strconv"
	"strings"
)

// freeNumber makes one number of a prefix a number that varies, if a line has
// the prefix but for that number: editors and viewers count lines, pipelines
// count records. distance is how many lines below the prefix the line stands.
// It returns nil if that is not so: another number of a process or of a replica
// is another source.
func freeNumber(ops []shapeOp, line []byte, distance int) []shapeOp {
	ops = splitDigits(ops)
	free := -1
	i := 0
	for k := range ops {
		op := &ops[k]
		switch op.kind {
		case opText:
			text := op.text
			if k+1 < len(ops) && ops[k+1].kind == opDigits {
				text = strings.TrimRight(text, " ") // numbers may stand to the right
			}
			if !bytes.HasPrefix(line[i:], []byte(text)) {
				return nil
			}
			i += len(text)
			for len(text) < len(op.text) && i < len(line) && line[i] == ' ' {
				i++
			}
		case opDigits:
			n := digits(line[i:])
			if n == 0 || n > 18 {
				return nil
			}
			if string(line[i:i+n]) != op.text {
				if free >= 0 || !mayCount(ops, k, string(line[i:i+n]), distance) {
					return nil
				}
				free = k
			}
			i += n
		default:
			n, _, ok := matchOps(ops[k:k+1], line[i:])
			if !ok {
				return nil
			}
			i += n
		}
	}
	if free < 0 {
		return nil
	}
	ops[free] = shapeOp{kind: opNumber}
	if free > 0 && ops[free-1].kind == opText {
		ops[free-1].text = strings.TrimRight(ops[free-1].text, " ")
	}
	return joinText(ops)
}

// mayCount reports whether the number at index k of a prefix may be one that
// counts lines: it stands before any word, or right behind a mark and has gone on
// by as many as there are lines between.
func mayCount(ops []shapeOp, k int, now string, distance int) bool {
	was, _ := strconv.Atoi(ops[k].text)
	is, _ := strconv.Atoi(now)
	if k+1 < len(ops) && ops[k+1].kind == opText && (strings.HasPrefix(ops[k+1].text, "ms ") || strings.HasPrefix(ops[k+1].text, "s ")) {
		return is >= was // time since a start
	}
	words := false
	for _, op := range ops[:k] {
		words = words || op.kind != opText || strings.ContainsFunc(op.text, func(r rune) bool { return r < 0x80 && isAlnum(byte(r)) })
	}
	if !words {
		return is != was && is-was <= 64 && was-is <= 64
	}
	if k == 0 || ops[k-1].kind != opText || !strings.ContainsRune(":-=#>", rune(ops[k-1].text[len(ops[k-1].text)-1])) {
		return false
	}
	return is-was == distance || was-is == distance
}

// splitDigits makes the numbers in the fixed text of a prefix pieces of their
// own.
func splitDigits(ops []shapeOp) []shapeOp {
	out := make([]shapeOp, 0, len(ops)+4)
	for _, op := range ops {
		if op.kind != opText {
			out = append(out, op)
			continue
		}
		text := op.text
		begin := 0
		for i := 0; i < len(text); {
			n := digits([]byte(text[i:]))
			if n == 0 || i > 0 && isAlnum(text[i-1]) {
				i += max(n, 1)
				continue
			}
			if i > begin {
				out = append(out, shapeOp{text: text[begin:i]})
			}
			out = append(out, shapeOp{kind: opDigits, text: text[i : i+n]})
			i += n
			begin = i
		}
		if begin < len(text) {
			out = append(out, shapeOp{text: text[begin:]})
		}
	}
	return out
}

// joinText undoes splitDigits.
func joinText(ops []shapeOp) []shapeOp {
	var out []shapeOp
	for _, op := range ops {
		if op.kind == opDigits {
			op.kind = opText
		}
		if n := len(out); op.kind == opText && n > 0 && out[n-1].kind == opText {
			out[n-1].text += op.text
			continue
		}
		if op.kind == opText && op.text == "" {
			continue
		}
		out = append(out, op)
	}
	return out
}
