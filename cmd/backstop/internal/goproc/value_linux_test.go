package goproc

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/tracee"
)

// A heldValue is a value in the memory of testdata/values, and what fmt and its
// methods say of it there.
type heldValue struct {
	Name, T, Said string
	Type, Data    uint64
}

// holdValues starts the program and returns it, its memory and its values.
func holdValues(t *testing.T, exe string) (*Program, io.ReaderAt, map[string]heldValue) {
	t.Helper()
	cmd := exec.Command(exe)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	out := bufio.NewReader(stdout)
	first, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var all []heldValue
	if err := json.NewDecoder(out).Decode(&all); err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mem.Close() })
	held := map[string]heldValue{}
	for _, v := range all {
		held[v.Name] = v
	}
	return program(t, exe, strings.TrimSpace(first)), mem, held
}

var addresses = regexp.MustCompile(`0x[0-9a-f]{4,}`)

// crashText returns what the runtime prints of a panic, addresses replaced.
func crashText(t *testing.T, exe, name string) string {
	t.Helper()
	cmd := exec.Command(exe, name)
	cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	text, _, _ := strings.Cut(stderr.String(), "\n\ngoroutine ")
	text, _, _ = strings.Cut(text, "\n[signal ")
	// From Go 1.23 on, lines but the first stand behind a tab.
	text = strings.ReplaceAll(strings.TrimPrefix(text, "panic: "), "\n\t", "\n")
	return addresses.ReplaceAllString(text, "0x...")
}

// TestValue compares what is read of values with what the runtime prints when
// the program dies of them, with toolchains of each release, and with %T.
func TestValue(t *testing.T) {
	sample := tracee.Sample(tracee.Modes...)
	for _, toolchain := range tracee.Toolchains {
		printed := map[string]string{}
		for _, mode := range tracee.Modes {
			if !slices.Contains(sample, tracee.Variant{Toolchain: toolchain, Mode: mode}) {
				continue
			}
			t.Run(toolchain+"/"+string(mode), func(t *testing.T) {
				exe := tracee.BuildFrom(t, os.DirFS("testdata/values"), toolchain, mode)
				p, mem, held := holdValues(t, exe)
				if len(held) < 120 {
					t.Fatalf("%d values", len(held))
				}
				for name, h := range held {
					if _, ok := printed[name]; !ok {
						printed[name] = crashText(t, exe, name)
					}
					compareValue(t, p, mem, h, printed[name])
				}
				checkCustom(t, p, mem, held)
			})
		}
	}
}

func compareValue(t *testing.T, p *Program, mem io.ReaderAt, h heldValue, printed string) {
	t.Helper()
	v, err := p.Value(mem, h.Type, h.Data)
	if err != nil {
		t.Errorf("%s: %v", h.Name, err)
		return
	}
	if v.Type != h.T {
		t.Errorf("%s: type %s, the program says %s", h.Name, v.Type, h.T)
	}
	if strings.HasPrefix(h.Name, "custom") || h.Name == "stringer" {
		if v.Text != "" {
			t.Errorf("%s: %q, which only its code can know", h.Name, v.Text)
		}
		return
	}
	text := addresses.ReplaceAllString(v.Text, "0x...")
	want := strings.ReplaceAll(printed, "\n\t", "\n")
	if strings.ReplaceAll(text, "\n\t", "\n") != want {
		t.Errorf("%s: %q, the runtime printed %q", h.Name, text, printed)
	}
	if h.Said != "" && v.Text != h.Said {
		t.Errorf("%s: %q, its method says %q", h.Name, v.Text, h.Said)
	}
	if v.Cut && h.Name != "slice" {
		t.Errorf("%s: cut: %+v", h.Name, v)
	}
}

// flat writes a value on one line.
func flat(v Value) string {
	text := v.Type
	if v.Text != "" {
		text += " " + addresses.ReplaceAllString(v.Text, "0x...")
	}
	if len(v.Fields) > 0 {
		var fields []string
		for _, f := range v.Fields {
			fields = append(fields, f.Name+": "+flat(f.Value))
		}
		text += "{" + strings.Join(fields, ", ") + "}"
	}
	if v.Cut {
		text += "..."
	}
	return text
}

// checkCustom reads the fields of errors whose text only their code knows.
func checkCustom(t *testing.T, p *Program, mem io.ReaderAt, held map[string]heldValue) {
	t.Helper()
	for name, want := range map[string]string{
		"custom": `*main.account{Code: int 7, Msg: string custom msg, ` +
			`Err: *errors.errorString EOF{s: string EOF}, Any: main.level main.level(3), On: bool true, Rate: float64 ` + p.float(1.5, 64) + `, ` +
			`Tags: []string{0: string a, 1: string b}, Counts: map[string]int nil, Next: *main.account nil, ` +
			`At: main.point{X: int 3, Y: int 4}, raw: []uint8, Three: main.triple{0: int16 1, 1: int16 2, 2: int16 3}}`,
		"custom-value":   `main.grade{int: int 3}`,
		"stringer":       `main.shout{string: string loud}`,
		"struct-pointer": `*main.point (*main.point) 0x...{X: int 1, Y: int 2}`,
		"struct":         `main.point (main.point) 0x...{X: int 1, Y: int 2}`,
		"path-error": `*fs.PathError open /no/such: file does not exist{Op: string open, Path: string /no/such, ` +
			`Err: *errors.errorString file does not exist{s: string file does not exist}}`,
		"unnamed-struct": `struct { A string; b string } (struct { A string; b string }) 0x...{A: string x, b: string y}`,
	} {
		v, err := p.Value(mem, held[name].Type, held[name].Data)
		if got := flat(v); got != want || err != nil {
			t.Errorf("%s: %v\n%s, want\n%s", name, err, got, want)
		}
	}
	v, err := p.Value(mem, held["custom-deep"].Type, held["custom-deep"].Data)
	if got := flat(v); err != nil || !v.Cut || strings.Count(got, "*main.account") < 8 || len(got) > 1<<16 {
		t.Errorf("custom-deep: %v, %d bytes: %.2000s", err, len(got), got)
	}
}
