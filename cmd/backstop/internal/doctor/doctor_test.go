package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
	"github.com/backstop-go/backstop/internal/spool"
)

func TestMain(m *testing.M) {
	Probe()
	crashtest.Main(m, map[string]crashtest.Program{
		"report": report,
		"wait": func([]string) {
			io.WriteString(os.Stdout, "up\n")
			io.Copy(io.Discard, os.Stdin) //nolint:errcheck // the end of input is all it waits for
		},
	})
}

// report examines this host and writes JSON, for a test that is another user.
// Of a process that was named it writes the error and its hint.
func report(args []string) {
	if len(args) > 0 {
		pid, err := strconv.Atoi(args[0])
		if err != nil {
			panic(err)
		}
		_, err = Examine(context.Background(), Options{PID: pid})
		var hinted interface{ Hint() string }
		if errors.As(err, &hinted) {
			fmt.Printf("%v; %s\n", err, hinted.Hint())
		}
		return
	}
	r, err := Examine(context.Background(), Options{})
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(r) //nolint:errcheck // the test reads it
}

// find returns a check, which must be there.
func (r *Report) find(t *testing.T, name string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, r.Checks)
	return Check{}
}

func (r *Report) path(t *testing.T, name string) Path {
	t.Helper()
	for _, p := range r.Paths {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no path %q", name)
	return Path{}
}

// examine examines with a home of its own and no variables of Backstop.
func examine(t *testing.T, o Options) *Report {
	t.Helper()
	for _, name := range []string{"BACKSTOP_SPOOL", "BACKSTOP_COLLECTOR", "BACKSTOP_KEY", "GODEBUG", "GOTRACEBACK"} {
		if _, set := os.LookupEnv(name); set {
			t.Setenv(name, "")
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	t.Setenv("TMPDIR", home)
	r, err := Examine(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHost makes the real probes.
func TestHost(t *testing.T) {
	r := examine(t, Options{})
	for _, name := range []string{"second process", "crash output", "goroutine ids", "clock", "spool"} {
		if c := r.find(t, name); c.Status != OK {
			t.Errorf("%s: %s, %s", name, c.Status, c.Detail)
		}
	}
	if r.Missing != 0 {
		t.Errorf("%d missing: %+v", r.Missing, r.Checks)
	}
	for _, name := range []string{"guard", "supervisor", "in-flight table"} {
		if p := r.path(t, name); p.Works != Yes {
			t.Errorf("%s works: %s, %s", name, p.Works, p.Why)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, c := range r.Checks {
		if (c.Status == Missing || c.Status == Degraded) && c.Hint == "" {
			t.Errorf("%s is %s, and there is no hint", c.Name, c.Status)
		}
	}
}

func TestExecutable(t *testing.T) {
	// All are built first: examine changes where the go command keeps its cache.
	plain := crashtest.Build(t, "testdata/plain")
	small := crashtest.Build(t, "testdata/plain", "-ldflags=-s -w", "-buildmode=pie")
	shop := crashtest.Build(t, "../../../../examples/shop")
	r := examine(t, Options{Executable: plain})
	for name, want := range map[string]Status{"Go version": OK, "SDK": Degraded, "cgo": OK, "build": OK, "function names": OK} {
		if c := r.find(t, name); c.Status != want {
			t.Errorf("%s: %s (%s), want %s", name, c.Status, c.Detail, want)
		}
	}
	for name, want := range map[string]Works{"guard": No, "monitor": No, "labels": No, "supervisor": Yes, "headline": Yes, "exit reason": Yes} {
		if p := r.path(t, name); p.Works != want {
			t.Errorf("%s works: %s (%s), want %s", name, p.Works, p.Why, want)
		}
	}
	// What makes an executable smaller takes no names away.
	r = examine(t, Options{Executable: small})
	if c := r.find(t, "function names"); c.Status != OK || !strings.HasPrefix(c.Detail, "complete") {
		t.Errorf("stripped: %+v", c)
	}
	if c := r.find(t, "build"); runtime.GOOS == "linux" && c.Detail != "executable (PIE), stripped (harmless)" {
		t.Errorf("build: %s", c.Detail)
	}
	r = examine(t, Options{Executable: shop})
	if c := r.find(t, "SDK"); c.Status != OK {
		t.Errorf("a program with the SDK: %+v", c)
	}
	if p := r.path(t, "guard"); p.Works != Yes {
		t.Errorf("guard: %+v", p)
	}
	if p := r.path(t, "monitor"); runtime.GOOS == "linux" && p.Works == No {
		t.Errorf("monitor: %+v", p)
	}
}

// TestNamesOfAnotherBuild takes a program for one whose names were replaced: it
// is held against the modules of another one.
func TestNamesOfAnotherBuild(t *testing.T) {
	f, err := gobin.Open(crashtest.Build(t, "../../../../examples/shop"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.BuildInfo()
	if err != nil {
		t.Fatal(err)
	}
	own, err := takeCensus(f, info)
	if err != nil || own.strange != 0 || own.nameless != 0 || own.fileless*100 >= own.all {
		t.Errorf("of its own modules: %+v, %v", own, err)
	}
	info.Path, info.Main.Path, info.Deps = "example.com/other", "example.com/other", nil
	other, err := takeCensus(f, info)
	if err != nil || other.strange*100 < other.all || other.example == "" {
		t.Errorf("of another module: %+v, %v", other, err)
	}
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"main.main":                        "main",
		"net/http.(*Server).Serve":         "net/http",
		"gopkg.in/yaml%2ev3.Unmarshal":     "gopkg.in/yaml.v3",
		"slices.SortFunc[go.shape.*a/b.T]": "slices",
		"a.com/x/y.(*T[a.com/z.U]).M":      "a.com/x/y",
		"memeqbody":                        "memeqbody",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("package of %s: %s, want %s", symbol, got, want)
		}
	}
}

// TestHiddenBuild examines what obfuscators leave: an executable whose tables
// have another magic number, and no build information.
func TestHiddenBuild(t *testing.T) {
	x := &examiner{program: &program{path: "x", info: new(debug.BuildInfo), hidden: true}, env: environment{}}
	x.executable()
	x.paths()
	if c := x.report.find(t, "function names"); c.Status != Degraded || !strings.Contains(c.Detail, "made-up names") {
		t.Errorf("names: %+v", c)
	}
	if c := x.report.find(t, "SDK"); c.Status != Info {
		t.Errorf("SDK: %+v", c)
	}
	if p := x.report.path(t, "guard"); p.Works != Partly {
		t.Errorf("guard: %+v", p)
	}
}

func TestRefused(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"a text":      {Executable: text},
		"a directory": {Executable: t.TempDir()},
		"nothing":     {Executable: filepath.Join(t.TempDir(), "none")},
		"no process":  {PID: 1 << 30},
	} {
		if r, err := Examine(context.Background(), o); err == nil {
			t.Errorf("%s was examined: %+v", name, r)
		}
	}
}

// TestOldRelease: with the SDK but without a monitor, backstop run sees the end.
func TestOldRelease(t *testing.T) {
	for version, want := range map[string]string{"go1.22.12": "by backstop run, the parent", "go1.23.0": "status and signal, by the monitor or backstop run"} {
		x := &examiner{program: &program{sdk: "v0.1.0", info: &debug.BuildInfo{GoVersion: version}}}
		x.found.reexec, x.found.crashOutput, x.found.pidfd, x.found.exitStatus = true, true, true, true
		x.pathExit()
		if p := x.report.path(t, "exit reason"); p.Works != Yes || p.Why != want {
			t.Errorf("%s: %+v", version, p)
		}
	}
}

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  environment
		name string
		want Status
		says string
	}{
		{environment{}, "GOTRACEBACK", OK, "not set"},
		{environment{"GOTRACEBACK": "none"}, "GOTRACEBACK", Degraded, "no stacks"},
		{environment{"GOTRACEBACK": "single"}, "GOTRACEBACK", Degraded, "one goroutine"},
		{environment{"GOTRACEBACK": "crash"}, "GOTRACEBACK", OK, "SIGABRT"},
		{environment{"GOTRACEBACK": "7"}, "GOTRACEBACK", Info, "no level"},
		{environment{"GODEBUG": "panicnil=1"}, "GODEBUG", Degraded, "panic(nil)"},
		{environment{"GODEBUG": "panicnil=1,panicnil=0"}, "GODEBUG", OK, "nothing that hides"},
		{environment{"GODEBUG": "asyncpreemptoff=1,tracebacklabels=0"}, "GODEBUG", Degraded, "tracebacklabels=0: "},
		{environment{"GODEBUG": "http2client=0"}, "GODEBUG", OK, "http2client=0"},
		{nil, "variables", Info, "may not be read"},
	} {
		x := &examiner{env: c.env}
		x.environment()
		if got := x.report.find(t, c.name); got.Status != c.want || !strings.Contains(got.Detail, c.says) {
			t.Errorf("%v: %+v, want %s with %q", c.env, got, c.want, c.says)
		}
	}
}

func TestClock(t *testing.T) {
	x := &examiner{}
	x.clock(time.Unix(0, 0))
	if c := x.report.find(t, "clock"); c.Status != Degraded || !strings.Contains(c.Detail, "1970-01-01") {
		t.Errorf("a clock at its beginning: %+v", c)
	}
}

// TestCollector asks servers of every kind. None of them is sent an event.
func TestCollector(t *testing.T) {
	serve := func(f http.HandlerFunc) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, err := io.ReadAll(r.Body); err != nil || len(body) > 0 {
				t.Errorf("the collector was sent %q", body)
			}
			f(w, r)
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	say := func(status int, body string) string {
		return serve(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		})
	}
	for name, c := range map[string]struct {
		url  string
		want Status
		says string
	}{
		"one that takes events": {say(400, `{"error":"the body is empty"}`), OK, "takes events"},
		"one with another key":  {say(401, `{"error":"the project key is not valid"}`), Missing, "refuses the key: the project key is not valid"},
		"a web server":          {say(200, "<html>"), Missing, "not as a collector"},
		"nothing there":         {say(404, ""), Missing, "404"},
		"one that fails":        {say(503, `{"error":"stopping"}`), Missing, "503"},
		"nobody":                {"http://127.0.0.1:1", Missing, "cannot be reached"},
		"no URL":                {"collector:7070", Missing, "no URL"},
		"none":                  {"", Info, "none"},
		"another time": {serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(400)
			io.WriteString(w, `{"error":"the body is empty"}`)
		}), Degraded, "clock differs by 1h0m"},
	} {
		x := &examiner{env: environment{}, options: Options{Collector: c.url, Key: "k"}}
		x.collector(context.Background())
		if got := x.report.find(t, "collector"); got.Status != c.want || !strings.Contains(got.Detail, c.says) {
			t.Errorf("%s: %+v, want %s with %q", name, got, c.want, c.says)
		}
	}
}

func TestUndelivered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "svc")
	s, err := spool.Open(dir, spool.Options{MaxFiles: 2})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		s.AddLast([]byte(`{}`)) //nolint:errcheck // two of them do not fit
	}
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		now  time.Time
		want Status
	}{{now, Info}, {now.Add(48 * time.Hour), Degraded}} {
		x := &examiner{env: environment{}, options: Options{Spool: dir}}
		x.waiting(c.now)
		got := x.report.find(t, "undelivered")
		if got.Status != c.want || !strings.HasPrefix(got.Detail, "2 events since ") || !strings.Contains(got.Detail, "2 were dropped") {
			t.Errorf("%+v, want %s", got, c.want)
		}
	}
	after, err := os.ReadDir(dir)
	if err != nil || len(after) != len(before) {
		t.Errorf("looking changed the directory: %v, then %v", before, after)
	}
}

func TestNoSpool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x := &examiner{env: environment{}, options: Options{Spool: filepath.Join(file, "a", "spool")}}
	x.delivery(context.Background())
	x.paths()
	if c := x.report.find(t, "spool"); c.Status != Missing || c.Hint == "" {
		t.Errorf("a spool below a file: %+v", c)
	}
	if p := x.report.path(t, "guard"); p.Works != Partly {
		t.Errorf("guard without a spool: %+v", p)
	}
}

// TestText holds the drawing to 80 columns, and to text where it is no terminal.
func TestText(t *testing.T) {
	r := Report{
		Target: "process", PID: 7, Path: "/bin/\x1b[2Jx", Missing: 1,
		Checks: []Check{
			{"host", "kernel", OK, "Linux", ""},
			{"host", "in-flight table", Degraded, strings.Repeat("many words ", 20), strings.Repeat("a hint ", 20)},
			{"delivery", "collector", Missing, "http://x\n\u202egone", "start it"},
		},
		Paths: []Path{{"guard", Yes, "panics"}, {"in-flight table", Partly, strings.Repeat("why ", 40)}, {"labels", No, "old"}},
	}
	var plain, colored bytes.Buffer
	if err := r.Text(&plain, Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if err := r.Text(&colored, Style{Width: 80, Color: true}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(plain.String(), "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("spaces at the end of %q", line)
		}
	}
	if strings.ContainsAny(plain.String(), "\x1b\u202e") {
		t.Errorf("what others wrote draws on the terminal:\n%q", plain.String())
	}
	bare := colored.String()
	for _, c := range []string{bold, green, yellow, red, dim, reset} {
		bare = strings.ReplaceAll(bare, c, "")
	}
	if bare != plain.String() {
		t.Error("colours change the text")
	}
	var piped bytes.Buffer
	if err := r.Text(&piped, Style{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(piped.String(), "many words"); n != 20 || !strings.Contains(piped.String(), strings.TrimSpace(strings.Repeat("many words ", 20))+"\n") {
		t.Errorf("what goes through a pipe has its lines broken:\n%s", piped.String())
	}
	if !strings.Contains(colored.String(), red+"missing ") || !strings.Contains(plain.String(), "\n  missing   collector        http://x gone") && !strings.Contains(plain.String(), "  missing   collector        http://x??gone") {
		t.Errorf("the line of a check:\n%s", plain.String())
	}
}

func TestJSON(t *testing.T) {
	data, err := json.Marshal(Report{Target: "host", Checks: []Check{{"container", "PID 1", OK, "x", ""}, {"host", "/dev/shm", OK, "y", ""}}, Paths: []Path{{"in-flight table", Yes, "z"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"target":"host","checks":[{"group":"container","name":"pid_1","status":"ok","detail":"x"},{"group":"host","name":"dev_shm","status":"ok","detail":"y"}],"paths":[{"name":"in_flight_table","works":"yes","why":"z"}],"degraded":0,"missing":0}`
	if string(data) != want {
		t.Errorf("%s\nwant\n%s", data, want)
	}
}
