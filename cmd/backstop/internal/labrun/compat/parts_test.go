package compat

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReadPasses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passes")
	if all, err := readPasses(file); all != nil || err != nil {
		t.Errorf("without a file: %v, %v", all, err)
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`a hits=1 fired=0 pid=7 goroutines=3
a hits=2 fired=1 pid=7 goroutines=4 trace=abc later=1
a hits=1 fired=1 pid=8 goroutines=5
b hits=1 fired=0 pid=7
a hits=3 fired=1 pid=7 gorout`)
	all, err := readPasses(file)
	want := []pass{
		{point: "a", hits: 1, pid: 7, goroutines: 3},
		{point: "a", hits: 2, fired: 1, pid: 7, goroutines: 4, trace: "abc", panicked: true},
		{point: "a", hits: 1, fired: 1, pid: 8, goroutines: 5, panicked: true},
		{point: "b", hits: 1, pid: 7},
	}
	if err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("got %+v, %v", all, err)
	}
	if names := pointsOf(all); !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("points: %v", names)
	}
	for _, bad := range []string{"a\n", "a hits=x fired=0 pid=7\n"} {
		write(bad)
		if _, err := readPasses(file); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestGoRun(t *testing.T) {
	for command, want := range map[string]target{
		".":                               {pkg: []string{"."}},
		"./cmd/svc -v x":                  {pkg: []string{"./cmd/svc"}, args: []string{"-v", "x"}},
		"-race -tags a . -tags b":         {flags: []string{"-race", "-tags", "a"}, pkg: []string{"."}, args: []string{"-tags", "b"}},
		"-tags=a -ldflags -s a.go b.go x": {flags: []string{"-tags=a", "-ldflags", "-s"}, pkg: []string{"a.go", "b.go"}, args: []string{"x"}},
	} {
		var got target
		if err := got.goRun(strings.Fields(command)); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if got.args = append([]string(nil), got.args...); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", command, got, want)
		}
	}
}

func TestTooNew(t *testing.T) {
	for text, want := range map[string]string{
		"go: go.mod requires go >= 1.26 (running go 1.22.12; GOTOOLCHAIN=go1.22.12)\n":                    "go.mod asks for Go 1.26",
		"go: downloading x\ngo: example.org/x@v1.2.0 requires go >= 1.25.1 (running go 1.22.12)\n":        "example.org/x@v1.2.0 asks for Go 1.25.1",
		"go: module . listed in go.work file requires go >= 1.26.8, but go.work lists go 1.22; to update": "", // whoever the toolchain is
		"./main.go:3:15: undefined: undefined":                                                            "",
	} {
		if got := tooNewFor(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestParseRequest(t *testing.T) {
	r, err := ParseRequest(`POST http://{addr}/buy {"sku": "A 1"}`)
	if want := (Request{"POST", "http://{addr}/buy", `{"sku": "A 1"}`}); r != want || err != nil {
		t.Errorf("got %+v, %v", r, err)
	}
	for _, bad := range []string{"", "GET", "http://x/", "get http://x/", "GET /x", "GET ftp://x/", "GET http:///x", "GET http://x:y:z/"} {
		if _, err := ParseRequest(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for link, want := range map[string]string{"http://a/x": "a:80", "https://a/x": "a:443", "http://[::1]:8/": "[::1]:8"} {
		if got := (Request{URL: link}).host(); got != want {
			t.Errorf("%s is served by %s, want %s", link, got, want)
		}
	}
}

func sample() *Report {
	return &Report{Command: []string{"go", "test"}, Cells: []Cell{
		{Toolchain: "go1.25.1", Check: Build, Result: NotRun, Detail: "not to be had"},
		{Toolchain: "go1.26.8", Check: Build, Result: Pass},
		{Toolchain: "go1.26.8", Point: "p", Check: Fired, Result: Pass},
		{Toolchain: "go1.26.8", Point: "p", Check: Arrived, Result: Pass, Value: "guard"},
		{Toolchain: "go1.26.8", Point: "p", Check: Trace, Result: Fail, Detail: "abc"},
	}}
}

func TestSnapshot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "compat.json")
	if err := sample().Compare(file); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("without a file: %v", err)
	}
	if err := sample().Save(file); err != nil {
		t.Fatal(err)
	}
	same := sample()
	same.Cells[4].Detail = "def" // differs from run to run
	same.Cells[2].Toolchain = "go1.26.9"
	if err := same.Compare(file); err != nil || len(same.Changes) > 0 {
		t.Errorf("the same: %+v, %v", same.Changes, err)
	}
	r := sample()
	r.Cells = append(r.Cells[1:4], Cell{Toolchain: "go1.26.8", Point: "p", Check: Ends, Result: Fail})
	r.Cells[2].Value = "guard+monitor"
	if err := r.Compare(file); err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{"go1.26.8", "p", Arrived, "pass (guard)", "pass (guard+monitor)"},
		{"go1.26.8", "p", Ends, "", "fail"},
		{"go1.26.8", "p", Trace, "fail", ""},
	}
	if !slices.Equal(r.Changes, want) {
		t.Errorf("changes: %+v, want %+v", r.Changes, want)
	}
	for _, bad := range []string{"", "{}", `{"version":2}`, `{"version":1,"sells":[]}`} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sample().Compare(file); err == nil || errors.Is(err, ErrNoSnapshot) {
			t.Errorf("snapshot %q: %v", bad, err)
		}
	}
}

func TestOK(t *testing.T) {
	r := sample()
	if r.OK() {
		t.Error("a failure is OK")
	}
	r.Cells = r.Cells[:4]
	if !r.OK() {
		t.Error("what passes is not OK where a toolchain was not run")
	}
	if r.Cells = r.Cells[:2]; r.OK() {
		t.Error("nothing was shown, and that is OK")
	}
}

func TestWriteText(t *testing.T) {
	r := sample()
	r.Changes = []Change{{"go1.26.8", "p", Ends, "", "fail"}}
	var b bytes.Buffer
	r.WriteText(&b)
	const want = `               1.25.1   1.26.8
builds         not run  ok
p
  fired                 ok
  arrived               ok
  trace id              FAIL

not run builds on 1.25.1: not to be had
FAIL p trace id on 1.26.8: abc

Changes against the snapshot:
  1.26.8: p ends: was not there, now fail

1 of 2 toolchains, 1 point, 3 checks passed, 1 failed
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWriteJSON(t *testing.T) {
	r := sample()
	r.Changes = []Change{{"go1.26.8", "p", Trace, "pass", "fail"}}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	var last map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != len(r.Cells) {
		t.Fatalf("%v\n%s", err, b.String())
	}
	want := map[string]any{"toolchain": "go1.26.8", "point": "p", "check": "trace_id", "result": "fail", "value": "", "detail": "abc", "changed": true, "before": "pass"}
	if !reflect.DeepEqual(last, want) {
		t.Errorf("got %v", last)
	}
}
