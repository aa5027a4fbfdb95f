package crash

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A labelledPair is a line of testdata/same/pairs.txt.
type labelledPair struct {
	same   bool
	a, b   string // names of texts
	what   string
	ra, rb *Report
}

// labelledPairs reads the pairs, with the texts that real programs left.
func labelledPairs(tb testing.TB) []labelledPair {
	tb.Helper()
	table, err := os.ReadFile("testdata/same/pairs.txt")
	if err != nil {
		tb.Fatal(err)
	}
	reports := make(map[string]*Report)
	report := func(name string) *Report {
		if reports[name] == nil {
			file := filepath.Join("testdata/same/texts", strings.ReplaceAll(name, "=", "")+".txt")
			text, err := os.ReadFile(file)
			if err != nil {
				tb.Fatal(err)
			}
			if reports[name], err = Parse(bytes.NewReader(text)); err != nil {
				tb.Fatalf("%s: %v", name, err)
			}
		}
		return reports[name]
	}
	var pairs []labelledPair
	for _, line := range strings.Split(string(table), "\n") {
		line, what, _ := strings.Cut(line, " # ")
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "same" && fields[0] != "different" {
			if line != "" && line[0] != '#' {
				tb.Fatalf("pairs.txt: %q", line)
			}
			continue
		}
		pairs = append(pairs, labelledPair{
			same: fields[0] == "same", a: fields[1], b: fields[2], what: what,
			ra: report(fields[1]), rb: report(fields[2]),
		})
	}
	return pairs
}

// TestPairs judges the labelled pairs with the keys that others group by, and
// with ours. With -v it prints the table; it fails when ours gets worse.
func TestPairs(t *testing.T) {
	pairs := labelledPairs(t)
	type score struct{ same, different int }
	total := score{}
	for _, p := range pairs {
		if p.same {
			total.same++
		} else {
			total.different++
		}
	}
	if len(pairs) < 60 || total.same*2 < len(pairs)-20 || total.different*2 < len(pairs)-20 {
		t.Errorf("%d pairs, %d of them the same", len(pairs), total.same)
	}
	var table strings.Builder
	judge := func(name string, same func(p *labelledPair) bool) (s score, wrong []string) {
		for i := range pairs {
			p := &pairs[i]
			switch {
			case same(p) != p.same:
				wrong = append(wrong, fmt.Sprintf("%s %s: %s\n\t%s", p.a, p.b, p.what, strings.Join(Same(p.ra, p.rb).Reasons, "\n\t")))
			case p.same:
				s.same++
			default:
				s.different++
			}
		}
		fmt.Fprintf(&table, "%-70s %4d %% %4d %% %4d %%\n", name, 100*s.same/total.same, 100*s.different/total.different, 100*(s.same+s.different)/len(pairs))
		return s, wrong
	}
	for _, base := range baselines {
		key := base.key
		judge(base.name, func(p *labelledPair) bool { return key(p.ra) == key(p.rb) })
	}
	judge("strict fingerprint", func(p *labelledPair) bool { return p.ra.Fingerprints.Strict == p.rb.Fingerprints.Strict })
	judge("tolerant fingerprint", func(p *labelledPair) bool { return p.ra.Fingerprints.Tolerant == p.rb.Fingerprints.Tolerant })
	ours, wrong := judge("Same", func(p *labelledPair) bool { return Same(p.ra, p.rb).Same })
	t.Logf("%d pairs: the same, different, all\n%s", len(pairs), table.String())
	for _, w := range wrong {
		t.Log(w)
	}
	if 100*(ours.same+ours.different) < 95*len(pairs) {
		t.Errorf("%d of %d pairs are judged rightly", ours.same+ours.different, len(pairs))
	}
}

// baselines are the keys that other tools group by, or that one thinks of first.
var baselines = []struct {
	name string
	key  func(r *Report) string
}{
	{"every function, file and line", func(r *Report) string { return joined(r, func(Frame) bool { return true }, withLine) }},
	{"all function names", func(r *Report) string { return joined(r, func(Frame) bool { return true }, bare) }},
	{"in-app functions, normalised message (as Sentry)", func(r *Report) string { return joined(r, inApp, bare) + simpleMessage(r) }},
	{"the same, closure numbers stripped", func(r *Report) string { return joined(r, inApp, noClosure) + simpleMessage(r) }},
	{"the same, recursion collapsed, wrappers dropped", func(r *Report) string {
		return collapse(joined(r, func(f Frame) bool { return inApp(f) && !strings.Contains(f.Func, "wrap") }, noClosure)) + simpleMessage(r)
	}},
	{"top in-app function", func(r *Report) string { return top(r, bare) }},
	{"top in-app function, normalised message", func(r *Report) string { return top(r, bare) + simpleMessage(r) }},
	{"top in-app function and line, normalised message", func(r *Report) string { return top(r, withLine) + simpleMessage(r) }},
	{"function and line of all frames (as panicparse)", func(r *Report) string {
		return joined(r, func(Frame) bool { return true }, func(f Frame) string { return fmt.Sprint(f.Func, f.Line) })
	}},
}

func bare(f Frame) string     { return f.Func }
func withLine(f Frame) string { return fmt.Sprint(f.Func, " ", f.File, ":", f.Line) }
func inApp(f Frame) bool      { return IsApp(f.Func) }

func noClosure(f Frame) string {
	parts := strings.Split(f.Func, ".func")
	return parts[0]
}

func joined(r *Report, keep func(Frame) bool, show func(Frame) string) string {
	var b strings.Builder
	for _, f := range r.CrashStack() {
		if keep(f) {
			b.WriteString(show(f) + "\n")
		}
	}
	return b.String()
}

func top(r *Report, show func(Frame) string) string {
	for _, f := range r.CrashStack() {
		if inApp(f) {
			return show(f) + "\n"
		}
	}
	return ""
}

// collapse leaves one of equal lines that follow each other.
func collapse(lines string) string {
	var out []string
	for _, line := range strings.Split(lines, "\n") {
		if len(out) == 0 || out[len(out)-1] != line {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// simpleMessage replaces runs of digits.
func simpleMessage(r *Report) string {
	var b strings.Builder
	for i := 0; i < len(r.Message); i++ {
		if c := r.Message[i]; !isDigit(c) {
			b.WriteByte(c)
		} else if i == 0 || !isDigit(r.Message[i-1]) {
			b.WriteByte('#')
		}
	}
	return b.String()
}
