package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/rand"
	"sort"
	"strings"
	"testing"
)

// A damage is something that happens to a text on its way. It gets lines
// without their line ends.
type damage struct {
	name  string
	do    func(rng *rand.Rand, lines []string) []string
	share float64 // of the golden files that must be read as if undamaged
	// A headline alone is no evidence behind this: any program may write it.
	evidence bool
}

func prefixed(format func(rng *rand.Rand, i int) string) func(*rand.Rand, []string) []string {
	return func(rng *rand.Rand, lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = format(rng, i) + line
		}
		return out
	}
}

func fixed(prefix string) func(*rand.Rand, []string) []string {
	return prefixed(func(*rand.Rand, int) string { return prefix })
}

// clock is a time that goes on with the lines.
func clock(i int) string { return fmt.Sprintf("%02d:%02d:%02d", 10+i/3600%10, i/60%60, i%60) }

var prefixDamages = []damage{
	{"compose", fixed("web_1  | "), 1, false},
	{"compose v2", fixed("shop-web-1    | "), 1, false},
	{"compose coloured", fixed("\x1b[36mweb_1  |\x1b[0m "), 1, false},
	{"journald", prefixed(func(_ *rand.Rand, i int) string { return "Nov 20 " + clock(i) + " node-7 shop[8123]: " }), 1, false},
	{"journald iso", prefixed(func(_ *rand.Rand, i int) string { return "2026-11-20T" + clock(i) + "+0100 node-7 shop[8123]: " }), 1, false},
	{"rfc5424", prefixed(func(_ *rand.Rand, i int) string {
		return "<11>1 2026-11-20T" + clock(i) + ".120Z node-7 shop 8123 - - "
	}), 1, true},
	{"cri", prefixed(func(rng *rand.Rand, i int) string {
		return "2026-11-20T" + clock(i) + "." + strings.TrimRight(fmt.Sprintf("%09d", 1+rng.Intn(1e6)*1000), "0") + "Z stderr F "
	}), 1, false},
	{"docker timestamps", prefixed(func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("2026-11-20T%s.%09dZ ", clock(i), rng.Intn(1e9))
	}), 1, false},
	{"github actions", prefixed(func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("2026-11-20T%s.%07dZ ", clock(i), rng.Intn(1e7))
	}), 1, false},
	{"bracketed time", prefixed(func(_ *rand.Rand, i int) string { return "[2026-11-20 " + clock(i) + "] " }), 1, true},
	{"bracketed clock", prefixed(func(rng *rand.Rand, i int) string { return fmt.Sprintf("[%s.%03d] ", clock(i), rng.Intn(1000)) }), 1, true},
	{"buildkit", prefixed(func(rng *rand.Rand, i int) string { return fmt.Sprintf("#12 %d.%02d ", 3+i/10, rng.Intn(100)) }), 1, true},
	{"kubectl", fixed("[pod/shop-5d9c7b-x2x9z/app] "), 1, false},
	{"stern", fixed("shop-5d9c7b-x2x9z app "), 1, true},
	{"foreman", prefixed(func(_ *rand.Rand, i int) string { return clock(i) + " web.1  | " }), 1, true},
	{"heroku", prefixed(func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("2026-11-20T%s.%06d+00:00 app[web.1]: ", clock(i), rng.Intn(1e6))
	}), 1, false},
	{"go log", prefixed(func(_ *rand.Rand, i int) string { return "2026/11/20 " + clock(i) + " " }), 1, true},
	{"go log with file", prefixed(func(_ *rand.Rand, i int) string { return "2026/11/20 " + clock(i) + " supervise.go:81: shop: " }), 1, true},
	{"klog", prefixed(func(_ *rand.Rand, i int) string {
		return "E1120 " + clock(i) + ".120000       1 supervise.go:81] "
	}), 1, true},
	{"epoch", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("%d.%03d shop: ", 1795176000+i, i%1000) }), 1, true},
	{"line numbers", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("%4d ", i+1) }), 1, true},
	{"line numbers, colon", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("%d: ", i+95) }), 1, true},
	{"line numbers, bar", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("%3d | ", i+1) }), 1, true},
	{"cat -n", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("%6d\t", i+1) }), 1, true},
	{"quote", fixed("> "), 1, true},
	{"quotes", fixed("> > "), 1, true},
	{"table cell", fixed("| "), 1, true},
	{"code block", fixed("    "), 1, true},
	{"deep code block", fixed("            "), 1, true},
	{"tab", fixed("\t"), 1, true},
	{"diff", fixed("+ "), 1, true},
	{"comment", fixed("# "), 1, true},
	{"slashes", fixed("// "), 1, true},
	{"plugin host", prefixed(func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("2026-11-20T%s.%03d+0100 [DEBUG] plugin.shop_v2: ", clock(i), rng.Intn(1000))
	}), 1, true},
	{"plugin host, time behind", eachLine(func(line string) string {
		return "2026-11-20T12:00:00.123+0100 [DEBUG] plugin.shop: " + line + ": timestamp=2026-11-20T12:00:00.120+0100"
	}), 1, true},
	{"syslog without pid", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("Nov %2d %s node-7 shop: ", 9+i/30, clock(i)) }), 1, true},
	{"build server", prefixed(func(_ *rand.Rand, i int) string { return "[" + clock(i) + "]W:\t\t [Step 1/2] " }), 1, true},
	{"pipeline", prefixed(func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("2026-11-20T%s.%07dZ ##[error]", clock(i), rng.Intn(1e7))
	}), 1, true},
	{"grep -n", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("logs/crash.log:%d:", 1200+i) }), 1, true},
	{"sequence", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("seq=%d shop: ", 998+i) }), 1, true},
	{"milliseconds", prefixed(func(_ *rand.Rand, i int) string { return fmt.Sprintf("%6dms ", i*i*7) }), 1, true},
	{"stopwatch", prefixed(func(rng *rand.Rand, i int) string { return fmt.Sprintf("+%d.%03ds ", i, rng.Intn(1000)) }), 1, true},
	{"kernel ring", prefixed(func(rng *rand.Rand, i int) string { return fmt.Sprintf("[%5d.%06d] shop[812]: ", 12+i, rng.Intn(1e6)) }), 1, true},
	{"log stream", prefixed(func(_ *rand.Rand, i int) string {
		return "2026-11-20T" + clock(i) + ".123000+00:00 2026/11/20/[$LATEST]0123456789abcdef "
	}), 1, true},
	{"labels", prefixed(func(_ *rand.Rand, i int) string { return "2026-11-20T" + clock(i) + `Z {app="shop", pod="x"} ` }), 1, true},
	{"nested", prefixed(func(rng *rand.Rand, i int) string {
		return fmt.Sprintf("2026-11-20T%s.%07dZ web_1  | 2026-11-20 %s [shop] ", clock(i), rng.Intn(1e7), clock(i))
	}), 1, true},
}

func asJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func records(record func(i int, line string) any) func(*rand.Rand, []string) []string {
	return func(_ *rand.Rand, lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = asJSON(record(i, line))
		}
		return out
	}
}

func whole(wrap func(text string) string) func(*rand.Rand, []string) []string {
	return func(_ *rand.Rand, lines []string) []string {
		return strings.Split(wrap(strings.Join(lines, "\n")+"\n"), "\n")
	}
}

type fields = map[string]any

var recordDamages = []damage{
	{"json-file", records(func(i int, line string) any {
		return struct {
			Log    string `json:"log"`
			Stream string `json:"stream"`
			Time   string `json:"time"`
		}{line + "\n", "stderr", "2026-11-20T" + clock(i) + ".123456789Z"}
	}), 1, false},
	{"json-file, cut", func(_ *rand.Rand, lines []string) []string {
		var out []string
		for i, line := range lines {
			line += "\n"
			for len(line) > 0 {
				n := min(len(line), 60)
				out = append(out, asJSON(fields{"log": line[:n], "stream": "stderr", "time": "2026-11-20T" + clock(i) + "Z"}))
				line = line[n:]
			}
		}
		return out
	}, 1, false},
	{"cri, cut", func(_ *rand.Rand, lines []string) []string {
		var out []string
		for i, line := range lines {
			for ; len(line) > 60; line = line[60:] {
				out = append(out, "2026-11-20T"+clock(i)+".1Z stderr P "+line[:60])
			}
			out = append(out, "2026-11-20T"+clock(i)+".2Z stderr F "+line)
		}
		return out
	}, 1, false},
	{"fluent", records(func(i int, line string) any {
		return fields{"@timestamp": "2026-11-20T" + clock(i) + "Z", "kubernetes": fields{"pod_name": "shop-1", "container_name": "app"}, "message": line, "offset": 1000 + i}
	}), 1, true},
	{"json in compose", func(_ *rand.Rand, lines []string) []string {
		return []string{`web_1  | {"level":"error","ts":1795176000.1,"msg":` + asJSON(strings.Join(lines, "\n")) + `,"caller":"x/y.go:7"}`}
	}, 1, true},
	{"json text", whole(func(text string) string {
		return `{"level":"info","msg":"started"}` + "\n" + asJSON(fields{"level": "error", "stack": text, "host": "node-7"}) + "\n"
	}), 1, true},
	{"json text twice", whole(func(text string) string { return asJSON(fields{"message": asJSON(fields{"stack": text})}) }), 1, true},
	{"array", func(_ *rand.Rand, lines []string) []string {
		return []string{asJSON(fields{"time": "2026-11-20T12:00:00Z", "lines": lines})}
	}, 1, true},
	{"pretty array", func(_ *rand.Rand, lines []string) []string {
		data, _ := json.MarshalIndent(lines, "", "  ")
		return strings.Split(string(data), "\n")
	}, 1, true},
	{"go quoted", whole(func(text string) string { return fmt.Sprintf("2026/11/20 12:00:00 child said %q\n", text) }), 1, true},
	{"logfmt", whole(func(text string) string {
		return fmt.Sprintf("time=2026-11-20T12:00:00Z level=error msg=died output=%q pid=7\n", text)
	}), 1, true},
	{"csv", func(_ *rand.Rand, lines []string) []string {
		out := []string{"@timestamp,@message"}
		for i, line := range lines {
			out = append(out, "2026-11-20 "+clock(i)+`.123,"`+strings.ReplaceAll(line, `"`, `""`)+`"`)
		}
		return out
	}, 1, true},
	{"export of events", func(_ *rand.Rand, lines []string) []string {
		var events []any
		for i, line := range lines {
			events = append(events, fields{"timestamp": 1795176000000 + i, "message": line, "ingestionTime": 1795176000000 + i})
		}
		return []string{asJSON(fields{"events": events})}
	}, 1, true},
	{"export of events, indented", func(_ *rand.Rand, lines []string) []string {
		var events []any
		for i, line := range lines {
			events = append(events, fields{"insertId": fmt.Sprint("a", i*i), "textPayload": line, "timestamp": "2026-11-20T" + clock(i) + "Z"})
		}
		data, _ := json.MarshalIndent(events, "", "  ")
		return strings.Split(string(data), "\n")
	}, 1, true},
	{"streams", func(_ *rand.Rand, lines []string) []string {
		var values []any
		for i, line := range lines {
			values = append(values, []string{fmt.Sprint(1795176000000000000 + i), line})
		}
		return []string{asJSON(fields{"streams": []any{fields{"stream": fields{"app": "shop"}, "values": values}}})}
	}, 1, true},
	{"journal", records(func(i int, line string) any {
		return fields{"__CURSOR": fmt.Sprint("s=", i*i), "_PID": "812", "_COMM": "shop", "MESSAGE": line, "__REALTIME_TIMESTAMP": fmt.Sprint(1795176000000000 + i)}
	}), 1, true},
	{"go test -json", records(func(i int, line string) any {
		return fields{"Time": "2026-11-20T" + clock(i) + "Z", "Action": "output", "Package": "example.com/shop", "Test": "TestX", "Output": line + "\n"}
	}), 1, true},
	{"stderr of a task", whole(func(text string) string {
		return `fatal: [host]: FAILED! => {"changed": true, "rc": 2, "stderr": ` + asJSON(text) + `, "stderr_lines": ` + asJSON(linesOf(text)) + "}\n"
	}), 1, true},
	{"repr of bytes", whole(func(text string) string {
		return "CalledProcessError: b'" + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`).Replace(text) + "'\n"
	}), 1, true},
	{"page", func(_ *rand.Rand, lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = fmt.Sprintf("<tr><td>%d</td><td>%s</td></tr>", i+1, strings.ReplaceAll(html.EscapeString(line), "+", "&#43;"))
		}
		return out
	}, 1, true},
	{"entry with lines below", func(_ *rand.Rand, lines []string) []string {
		out := []string{"Nov 20 12:00:00 node-7 shop[8123]: " + lines[0]}
		for _, line := range lines[1:] {
			out = append(out, strings.Repeat(" ", 51)+line)
		}
		return out
	}, 0.96, true},
	{"logfmt lines", func(_ *rand.Rand, lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = fmt.Sprintf("time=\"2026-11-20T%sZ\" level=info msg=%q", clock(i), line)
		}
		return out
	}, 1, true},
}

// gist is what must be read out of a damaged copy, in any order of the crashes.
// White space in messages may be lost.
func gist(reports []*Report) string {
	all := make([]string, 0, len(reports))
	for _, r := range reports {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s %q goroutines=%d top=%q fingerprints=%s/%s", r.Kind, r.Class, strings.Join(strings.Fields(r.Message), " "), r.GoroutineCount,
			r.TopFrames(), r.Fingerprints.Strict, r.Fingerprints.Tolerant)
		if g := r.CrashGoroutine(); g != nil {
			fmt.Fprintf(&b, " crashed=%d [%s] frames=%d", g.ID, g.State, len(g.Frames))
		}
		if f := r.FirstAppFrame(); f != nil {
			fmt.Fprintf(&b, " app=%s %s:%d", f.Func, f.File, f.Line)
		}
		all = append(all, b.String())
	}
	sort.Strings(all)
	return strings.Join(all, "\n") + "\n"
}

func parseAll(t testing.TB, text string, crashOutput bool) []*Report {
	t.Helper()
	r := NewReader(strings.NewReader(text))
	r.CrashOutput = crashOutput
	var all []*Report
	for {
		report, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, report)
	}
}

// tolerance lets golden files of new formats in before each damage is thought
// of with them.
const tolerance = 0.02

// testDamages damages each golden file and compares what is read.
func testDamages(t *testing.T, damages []damage) {
	files := goldenFiles(t)
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			right, all := 0, 0
			var wrong []string
			for i, file := range files {
				if strings.Contains(file, "/library-") || strings.Contains(file, "/damage-") {
					continue // what libraries print has nothing that a prefix is known by; what is damaged, is
				}
				_, text := readGolden(t, file)
				output := strings.Contains(file, "-output.")
				clean := parseAll(t, string(text), output)
				if d.evidence && len(clean) == 1 && clean[0].GoroutineCount+len(clean[0].CrashStack()) == 0 {
					continue
				}
				all++
				want := gist(clean)
				lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
				damaged := strings.Join(d.do(rand.New(rand.NewSource(int64(i))), lines), "\n") + "\n"
				if got := gist(parseAll(t, damaged, output)); got == want {
					right++
				} else {
					wrong = append(wrong, fmt.Sprintf("%s\ngot\n%swant\n%s", file, got, want))
				}
			}
			if share := float64(right) / float64(all); share < d.share-tolerance {
				t.Errorf("%d of %d read rightly, want a share of %v; such as\n%s", right, all, d.share, strings.Join(wrong[:min(len(wrong), 2)], "\n"))
				for _, w := range wrong {
					name, _, _ := strings.Cut(w, "\n")
					t.Log(name)
				}
			}
		})
	}
}

func TestPrefixes(t *testing.T) { testDamages(t, prefixDamages) }

func TestRecords(t *testing.T) { testDamages(t, recordDamages) }

// The table that finds anchors has no collisions.
func TestGrams(t *testing.T) {
	gramsOnce.Do(makeGrams)
	for g := range gramTexts {
		if grams[gramHash(g)] != g {
			t.Errorf("%q shares its place with %q", g, grams[gramHash(g)])
		}
	}
	for _, a := range anchorTexts {
		for pad := 0; pad < 9; pad++ {
			text := a.text
			switch a.kind {
			case anchorHeader:
				text += "7 [running]:"
			case anchorSigcode:
				text = "PC=0x1 m=0 " + text
			case anchorProfile:
				text = "goroutine " + text
			}
			if kind, at := findText([]byte(strings.Repeat(".", pad)+text+"x"), 0); kind != a.kind || at != pad {
				t.Errorf("%q behind %d bytes: found %d at %d", a.text, pad, kind, at)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	_, text := readGolden(t, "testdata/"+file)
	return string(text)
}

func linesOf(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// A recovered panic in a record has the value that the record files beside it.
func TestRecoveredInRecord(t *testing.T) {
	stack := "goroutine 9 [running]:\nruntime/debug.Stack()\n\t/go/src/runtime/debug/stack.go:26 +0x5e\nmain.guard()\n\t/src/main.go:20 +0x36\npanic({0x1?, 0x2?})\n\t/go/src/runtime/panic.go:914 +0x21f\nmain.f(...)\n\t/src/main.go:12\n"
	names := "main.guard\n\t/src/main.go:20\nruntime.gopanic\n\t/go/src/runtime/panic.go:914\nmain.f\n\t/src/main.go:12"
	value := "runtime error: index out of range [5] with length 3"
	for _, line := range []string{
		asJSON(fields{"level": "error", "msg": "panic recovered", "error": value, "stack": stack}),
		asJSON(fields{"level": "error", "msg": "panic recovered", "error": value, "stacktrace": names}),
		asJSON(fields{"level": "error", "msg": "recovered from panic: " + value, "stacktrace": stack}),
		asJSON(fields{"severity": "ERROR", "message": "recovered: " + value + "\n" + stack}),
		asJSON(fields{"msg": "panic in handler", "panic": value, "error": "request 7 failed", "stack": linesOf(stack)}),
		fmt.Sprintf("time=2026-11-20T12:00:00Z level=ERROR msg=\"panic recovered\" err=%q stack=%q", value, stack),
		"2026-11-20T12:00:00.123+0800\tERROR\tshop/main.go:7\tpanic recovered\t" + asJSON(fields{"error": value, "stack": names}),
		"web_1  | " + asJSON(fields{"msg": "panic recovered", "err": value, "stack": stack}),
	} {
		all := parseAll(t, "hello\n"+line+"\n{\"level\":\"info\",\"msg\":\"next\"}\n", false)
		if len(all) != 1 {
			t.Errorf("%s\n%d crashes", line, len(all))
			continue
		}
		r := all[0]
		if r.Kind != KindPanic || !r.Recovered || r.Message != value || r.Class != "panic.index" || r.Truncated || len(r.Problems) > 0 {
			t.Errorf("%s\ngot %s %s recovered=%v truncated=%v %q %v", line, r.Kind, r.Class, r.Recovered, r.Truncated, r.Message, r.Problems)
		}
		if f := r.Origin(); f == nil || f.Func != "main.f" || f.Line != 12 {
			t.Errorf("%s\norigin %+v", line, f)
		}
	}
}

// Only the first line of a crash may have a prefix, or something that stood on
// the line before it was printed.
func TestPrefixOnHeadlineOnly(t *testing.T) {
	text := read(t, "index.go1.27.txt")
	want := gist(parseAll(t, text, false))
	for _, prefix := range []string{
		"2026/11/20 12:00:00 ", "myapp: ", "Downloading 45% [=====>     ] ", "I1120 12:00:00.000000       1 main.go:7] ", "time=12:00:00 msg=",
	} {
		if got := gist(parseAll(t, logLines+prefix+text+logLines, false)); got != want {
			t.Errorf("%q:\ngot\n%swant\n%s", prefix, got, want)
		}
	}
}

// Words of a traceback in a healthy log make no crash.
func TestNoCrashInHealthyLog(t *testing.T) {
	for _, line := range []string{
		"2026/11/20 12:00:00 don't panic: it is fine",
		"web: panic: mode off",
		`{"level":"info","msg":"no panic: all is well","n":1}`,
		`{"level":"info","msg":"goroutine 7 [running]: watched"}`,
		"created by the job runner",
		"2026/11/20 12:00:00 object created by user.Name(x)",
		"fatal error rate: 0",
		"2026/11/20 12:00:00 last fatal error: none",
		"12:00 +0x1d in register",
	} {
		for _, n := range []int{1, 3, 200} {
			if all := parseAll(t, strings.Repeat(line+"\n"+logLines, n), false); len(all) > 0 {
				t.Errorf("%q, %d times: %s", line, n, gist(all))
			}
		}
	}
}

// A line that begins a crash by itself has an anchor, or a first byte that
// quiet leaves to the assembler.
func TestNothingBeginsWithoutAnchor(t *testing.T) {
	for _, file := range goldenFiles(t) {
		_, text := readGolden(t, file)
		for _, line := range linesOf(string(text)) {
			r := NewReader(strings.NewReader(""))
			r.takeKit()
			r.asm.line([]byte(line), 1, false)
			if r.asm.cur == nil {
				continue
			}
			r.asm.end()
			if _, at := findAnchor([]byte(line)); at < 0 && r.asm.quiet([]byte(line), 1) {
				t.Errorf("%s: %q begins a crash, and no anchor is found in it", file, line)
			}
		}
	}
}
