package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// The test binary runs itself to die in a process of its own. What a guard, the
// crash output and standard error tell about that one death must agree.

const (
	envCase   = "CRASH_TEST_CASE"
	envOutput = "CRASH_TEST_OUTPUT" // file for the crash output
	envGuard  = "CRASH_TEST_GUARD"  // file for the guard's report
)

func TestMain(m *testing.M) {
	if name := os.Getenv(envCase); name != "" {
		setCrashOutput(os.Getenv(envOutput))
		dieGuarded(deaths[name])
	}
	os.Exit(m.Run())
}

// dieGuarded calls f under a guard that reports, as the SDK's does, from the
// recovered value and program counters only, and panics again.
func dieGuarded(f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			data, err := json.Marshal(reportOf(v))
			if err == nil {
				err = os.WriteFile(os.Getenv(envGuard), data, 0o600)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "guard:", err)
			}
			panic(v)
		}()
		f()
	}()
	<-done
}

// reportOf makes a report as a guard does.
func reportOf(v any) *Report {
	pcs := make([]uintptr, 128)
	pcs = pcs[:runtime.Callers(2, pcs)]
	r := &Report{Kind: KindPanic, Message: fmt.Sprint(v), HasMessage: true, Recovered: true}
	g := Goroutine{ID: 1, State: "running"}
	frames := runtime.CallersFrames(pcs)
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		g.Frames = append(g.Frames, Frame{Func: f.Function, File: f.File, Line: f.Line})
	}
	r.Goroutines = []Goroutine{g}
	r.Class = Classify(r)
	r.Fingerprints = Fingerprint(r)
	return r
}

type basket struct {
	items map[string]int
	next  *basket
}

func (b *basket) add(name string) { b.items[name]++ }

func (b *basket) name() string { return fmt.Sprint(b.next.items) }

type refused struct{ code int }

func (e refused) Error() string { return fmt.Sprintf("payment refused with code %d", e.code) }

//go:noinline
func each[T any](list []T, f func(T)) {
	for _, v := range list {
		f(v)
	}
}

//go:noinline
func descend(n int) int {
	if n == 0 {
		new(basket).add("leaf")
	}
	return descend(n-1) + 1
}

//go:noinline
func ping(n int) int { return pong(n+1) + 1 }

//go:noinline
func pong(n int) int {
	var pad [128]byte
	pad[n&127] = 1
	return ping(n+1) + int(pad[n&63])
}

var (
	none   []int
	nought int
)

// deaths are the ways to die that are tested live.
var deaths = map[string]func(){
	"nil map":       func() { new(basket).add("x") },
	"nil pointer":   func() { fmt.Println(new(basket).name()) },
	"index":         func() { fmt.Println(none[nought+3]) },
	"slice":         func() { fmt.Println(none[nought : nought+3]) },
	"divide":        func() { fmt.Println(7 / nought) },
	"assertion":     func() { var v any = 1; fmt.Println(v.(string)) },
	"closed":        func() { c := make(chan int); close(c); c <- 1 },
	"error":         func() { panic(refused{42}) },
	"wrapped error": func() { panic(fmt.Errorf("pay order 17: %w", refused{42})) },
	"string":        func() { panic("order 17 is \"lost\"\nfor ever") },
	"nil value":     func() { panic(nil) },
	"waitgroup":     func() { new(sync.WaitGroup).Done() },
	"generic":       func() { each([]int{1}, func(int) { new(basket).add("x") }) },
	"method value":  func() { each([]string{"x"}, new(basket).add) },
	"nested": func() {
		defer func() { panic("cleanup failed") }()
		new(basket).add("x")
	},
	"recovered then another": func() {
		defer func() { panic(fmt.Sprint("handler: ", recover())) }()
		new(basket).add("x")
	},
	"repanicked": func() {
		defer func() { panic(recover()) }()
		new(basket).add("x")
	},
	"shallow recursion": func() { descend(5) },
	"recursion":         func() { descend(60) },
	"deep recursion":    func() { descend(500) },

	// No guard sees these.
	"unlock":         func() { new(sync.Mutex).Unlock() },
	"rwmutex":        func() { new(sync.RWMutex).RUnlock() },
	"go nil":         func() { var f func(); go f() },
	"stack overflow": func() { debug.SetMaxStack(1 << 20); ping(0) },
	"map writes":     func() { hammer(func(m map[int]int, i int) { m[i&7]++ }) },
	"map iteration": func() {
		hammer(func(m map[int]int, i int) {
			for k := range m {
				m[k] = i
			}
		})
	},
}

// hammer uses one map from several goroutines until the runtime objects.
func hammer(f func(map[int]int, int)) {
	m := map[int]int{1: 1, 2: 2, 3: 3}
	for i := 0; i < 4; i++ {
		go func() {
			for i := 0; ; i++ {
				f(m, i)
			}
		}()
	}
	select {}
}

// die runs one case and returns what was left: the text on standard error, the
// crash output and the guard's report (both empty where there is none).
func die(t *testing.T, name string) (stderr, output []byte, guard *Report) {
	t.Helper()
	dir := t.TempDir()
	outputFile, guardFile := filepath.Join(dir, "output"), filepath.Join(dir, "guard")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envCase+"="+name, envOutput+"="+outputFile, envGuard+"="+guardFile, "GOTRACEBACK=",
		"GORACE=atexit_sleep_ms=0 log_path="+filepath.Join(dir, "race")) // races are not what is tested here
	var text bytes.Buffer
	cmd.Stderr = &text
	if err := cmd.Run(); err == nil {
		t.Fatal("the process lived")
	}
	output, err := os.ReadFile(outputFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	data, err := os.ReadFile(guardFile)
	if os.IsNotExist(err) {
		return text.Bytes(), output, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	guard = new(Report)
	if err := json.Unmarshal(data, guard); err != nil {
		t.Fatal(err)
	}
	return text.Bytes(), output, guard
}

func TestObserversAgree(t *testing.T) {
	for name := range deaths {
		name := name
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			stderr, output, guard := die(t, name)
			text, err := Parse(bytes.NewReader(stderr))
			if err != nil {
				t.Fatalf("%v in\n%s", err, stderr)
			}
			if StackHash(text) == "" || len(text.Problems) > 0 {
				t.Errorf("stack hash %q, problems %v in\n%s", StackHash(text), text.Problems, stderr)
			}
			if text.Kind == KindPanic {
				if guard == nil {
					t.Fatal("the guard saw nothing")
				}
				if guard.Message != text.Message {
					t.Errorf("guard says %q, the text %q", guard.Message, text.Message)
				}
				agree(t, "guard", guard, text, stderr)
			}
			if len(output) == 0 {
				if canSetCrashOutput {
					t.Error("no crash output")
				}
				return
			}
			out, err := ParseCrashOutput(bytes.NewReader(output))
			if err != nil {
				t.Fatalf("crash output: %v in\n%s", err, output)
			}
			agree(t, "crash output", out, text, stderr)
		})
	}
}

func agree(t *testing.T, who string, r, text *Report, stderr []byte) {
	t.Helper()
	classes := r.Class == text.Class || family(r, r.Class) == family(text, text.Class) && !r.HasMessage
	if classes && StackHash(r) == StackHash(text) && r.Fingerprints.Tolerant == text.Fingerprints.Tolerant {
		return
	}
	t.Errorf("%s: %s, stack %s, fingerprint %s\ninputs %+v\nstandard error: %s, stack %s, fingerprint %s\ninputs %+v\n%s",
		who, r.Class, StackHash(r), r.Fingerprints.Tolerant, FingerprintInputs(r),
		text.Class, StackHash(text), text.Fingerprints.Tolerant, FingerprintInputs(text), stderr)
}
