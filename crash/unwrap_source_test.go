package crash

import (
	"math/rand"
	"strings"
	"testing"
)

// Two services that die at the same time are two crashes, each whole, however
// their lines alternate.
func TestTwoServicesInOneLog(t *testing.T) {
	a, b := linesOf(read(t, "traceback-crash.go1.27.txt")), linesOf(read(t, "map-writes.go1.27.txt"))
	want := gist(append(parseAll(t, strings.Join(a, "\n"), false), parseAll(t, strings.Join(b, "\n"), false)...))
	for name, prefixes := range map[string][2]string{
		"compose":  {"web-1     | ", "worker-1  | "},
		"index":    {"web_1  | ", "web_2  | "},
		"pid":      {"Nov 20 12:00:00 node-7 shop[811]: ", "Nov 20 12:00:00 node-7 shop[812]: "},
		"pod":      {"[pod/a-x/app] ", "[pod/b-x/app] "},
		"one none": {"", "web_1  | "},
	} {
		for seed := int64(0); seed < 20; seed++ {
			rng := rand.New(rand.NewSource(seed))
			var mixed []string
			for i, j := 0, 0; i < len(a) || j < len(b); {
				if j == len(b) || i < len(a) && rng.Intn(2) == 0 {
					mixed = append(mixed, prefixes[0]+a[i])
					i++
				} else {
					mixed = append(mixed, prefixes[1]+b[j])
					j++
				}
			}
			reports := parseAll(t, strings.Join(mixed, "\n")+"\n", false)
			if got := gist(reports); got != want {
				t.Errorf("%s, seed %d:\ngot\n%swant\n%s", name, seed, got, want)
			}
		}
	}
}

// Other lines between those of a traceback cost nothing: log lines of the same
// source, lines of others, lines without the prefix.
func TestLinesBetween(t *testing.T) {
	others := []string{
		"2026/11/20 12:00:00 served GET /x in 3ms (ok)", `{"level":"info","msg":"done: ok (x.y)"}`, "worker idle",
		"db-1      | LOG:  checkpoint complete", "web-2     | GET /healthz 200", "2026-11-20T12:00:00.1Z stdout F hello", "Nov 20 12:00:01 node-7 kernel: eth0 up",
	}
	for _, d := range prefixDamages[:12] {
		for _, file := range []string{"goroutine.go1.27.txt", "nested.go1.26.txt", "map-writes.go1.27.txt", "traceback-crash.go1.27.txt", "deadlock-mutex.go1.24.txt"} {
			lines := linesOf(read(t, file))
			want := gist(parseAll(t, strings.Join(lines, "\n"), false))
			for seed := int64(0); seed < 10; seed++ {
				rng := rand.New(rand.NewSource(seed))
				var mixed []string
				started := false // what stands in a message is taken for message
				for _, line := range d.do(rng, lines) {
					mixed = append(mixed, line)
					started = started || strings.Contains(line, "goroutine ")
					for n := rng.Intn(4) - 1; started && n > 0; n-- {
						other := others[rng.Intn(len(others))]
						if rng.Intn(3) == 0 {
							other = d.do(rng, []string{other})[0]
						}
						mixed = append(mixed, other)
					}
				}
				if got := gist(parseAll(t, strings.Join(mixed, "\n")+"\n", false)); got != want {
					t.Errorf("%s, %s, seed %d:\ngot\n%swant\n%s", d.name, file, seed, got, want)
				}
			}
		}
	}
}

// A record of megabytes holds a whole dump.
func TestDumpInRecord(t *testing.T) {
	text := string(dump(3000))
	want := gist(parseAll(t, text, false))
	line := asJSON(fields{"level": "error", "ts": 1795176000, "stack": text, "msg": "died"})
	if len(line) < 1<<20 {
		t.Fatalf("only %d bytes", len(line))
	}
	if got := gist(parseAll(t, "hello\n"+line+"\nbye\n", false)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// Cut at the end of what is kept of a line, it is still there.
	line = asJSON(fields{"stack": string(dump(12000)), "msg": "died"})
	all := parseAll(t, line+"\n", false)
	if len(all) != 1 || all[0].Kind != KindPanic || !all[0].Truncated && len(all[0].Problems) == 0 || all[0].GoroutineCount < 5000 {
		t.Errorf("%d crashes, %s", len(all), gist(all))
	}
}
