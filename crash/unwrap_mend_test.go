package crash

import (
	"encoding/binary"
	"fmt"
	"html"
	"math/rand"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
)

// eachLine changes every line.
func eachLine(change func(line string) string) func(*rand.Rand, []string) []string {
	return func(_ *rand.Rand, lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = change(line)
		}
		return out
	}
}

// wide encodes lines as UTF-16.
func wide(lines []string, order binary.AppendByteOrder, mark bool) []string {
	text := strings.Join(lines, "\r\n") + "\r\n"
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return []string{strings.TrimSuffix(string(out), "\n")}
}

var blanks = regexp.MustCompile(`\s+`)

func broken(width int) func(*rand.Rand, []string) []string {
	return func(_ *rand.Rand, lines []string) []string {
		var out []string
		for _, line := range lines {
			for ; len(line) > width; line = line[width:] {
				out = append(out, line[:width])
			}
			out = append(out, line)
		}
		return out
	}
}

func reversed(prefix string) func(*rand.Rand, []string) []string {
	return func(_ *rand.Rand, lines []string) []string {
		out := make([]string, 0, len(lines))
		for i := len(lines) - 1; i >= 0; i-- {
			out = append(out, strings.ReplaceAll(prefix, "@", clock(i))+lines[i])
		}
		return out
	}
}

// glued loses the line end behind file lines, each second one.
func glued(rng *rand.Rand, lines []string) []string {
	var out []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		for strings.HasPrefix(lines[i], "\t") && strings.Contains(lines[i], " +0x") && i+1 < len(lines) && rng.Intn(2) == 0 {
			i++
			if lines[i] == "" && i+1 < len(lines) {
				i++
			}
			line += lines[i]
		}
		out = append(out, line)
	}
	return out
}

var mendDamages = []damage{
	{"dash behind", eachLine(func(line string) string { return line + " - " }), 1, true},
	{"bar behind", eachLine(func(line string) string { return line + " |" }), 1, true},
	{"control M", eachLine(func(line string) string { return line + "^M" }), 1, true},
	{"backslash", eachLine(func(line string) string { return line + " \\" }), 1, true},
	{"padded", eachLine(func(line string) string { return fmt.Sprintf("%-200s", line) }), 1, false},
	{"box", eachLine(func(line string) string { return fmt.Sprintf("| %-200s |", line) }), 1, true},
	{"console", eachLine(func(line string) string { return line + " wasm_exec.js:41" }), 1, true},
	{"syslog tabs", eachLine(func(line string) string { return strings.ReplaceAll(line, "\t", "#011") }), 1, false},
	{"syslog", whole(func(text string) string {
		return "Nov 20 12:00:00 node-7 shop[8123]: " + strings.NewReplacer("\n", "#012", "\t", "#011").Replace(text) + "\n"
	}), 0.97, true},
	{"html", eachLine(func(line string) string { return strings.ReplaceAll(html.EscapeString(line), "+", "&#43;") }), 1, false},
	{"html breaks", whole(func(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") }), 1, true},
	{"escapes, no quotes", whole(func(text string) string {
		return "2026/11/20 12:00:00 died: " + strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(text) + "\n"
	}), 1, true},
	{"one line", whole(func(text string) string { return blanks.ReplaceAllString(text, " ") + "\n" }), 0.83, true},
	{"marks for line ends", whole(func(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "↵") }), 0.97, true},
	{"bars for line ends", whole(func(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", " | ") }), 0.97, true},
	{"carriage returns for line ends", whole(func(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\r") }), 0.96, true},
	{"backslashes for markdown", eachLine(func(line string) string {
		return strings.NewReplacer("_", `\_`, "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`).Replace(line)
	}), 0.95, false},
	{"glued", glued, 0.88, false},
	{"broken at 80", broken(80), 0.94, false},
	{"broken at 120", broken(120), 1, false},
	{"newest first", reversed(""), 0.94, true},
	{"newest first, stamped", reversed("2026-11-20T@.120Z "), 0.94, true},
	{"newest first, compose", reversed("web_1  | "), 0.94, true},
	{"blank lines between", func(_ *rand.Rand, lines []string) []string { return strings.Split(strings.Join(lines, "\n\n"), "\n") }, 1, false},
	{"no blank lines", whole(func(text string) string { return regexp.MustCompile("\n\n+").ReplaceAllString(text, "\n") }), 0.97, false},
	{"eight spaces", eachLine(func(line string) string { return strings.ReplaceAll(line, "\t", "        ") }), 1, false},
	{"no indentation", eachLine(func(line string) string { return strings.TrimLeft(line, "\t ") }), 1, false},
	{"UTF-16", func(_ *rand.Rand, lines []string) []string { return wide(lines, binary.LittleEndian, true) }, 1, false},
	{"UTF-16, high first", func(_ *rand.Rand, lines []string) []string { return wide(lines, binary.BigEndian, true) }, 1, false},
	{"UTF-16 without mark", func(_ *rand.Rand, lines []string) []string { return wide(lines, binary.LittleEndian, false) }, 1, false},
	{"asterisks eaten", eachLine(func(line string) string { return strings.ReplaceAll(line, "(*", "(") }), 1, false},
	{"asterisks to underscores", eachLine(func(line string) string { return strings.ReplaceAll(line, "(*", "(_") }), 1, false},
	{"tags eaten", eachLine(func(line string) string { return strings.ReplaceAll(line, "<autogenerated>", "") }), 1, false},
	{"code marks", eachLine(func(line string) string { return "`" + line + "`" }), 1, true},
	{"carriage returns only at some", func(rng *rand.Rand, lines []string) []string {
		return eachLine(func(line string) string { return line + strings.Repeat("\r", rng.Intn(3)) })(rng, lines)
	}, 1, false},
}

func TestMendedLines(t *testing.T) { testDamages(t, mendDamages) }
