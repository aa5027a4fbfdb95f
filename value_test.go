package backstop_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/internal/crashtest"
)

type (
	myBool    bool
	myInt     int16
	myFloat   float64
	myComplex complex64
	point     struct{ X, Y int }
	failing   struct{}
)

func (failing) Error() string { panic("in Error") }

// values are panic values of every kind that the runtime prints differently
// (runtime/panic.go, printpanicval; runtime/error.go, printanycustomtype).
var values = []any{
	"text", "", "two\nlines", name("named"), name("two\nlines"),
	true, myBool(false), 42, int8(-7), int64(math.MinInt64), uint8(255), uint64(math.MaxUint64), uintptr(17), myInt(-5), 'x',
	0.0, 1.5, -2.25e-300, float32(0.1), math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1), 1e100, myFloat(3.5), float32(16777216),
	complex(1.5, -2), complex64(complex(0, 1)), myComplex(complex(1, 2)),
	errors.New("an error"), fmt.Errorf("wrapped: %w", os.ErrClosed), time.Second, os.ErrNotExist,
	point{1, 2},
	&point{1, 2},
	[]int{1},
	map[string]int{"a": 1},
	func() {}, make(chan int),
	struct{}{},
	[2]int{1, 2},
}

func dieOf(args []string) {
	i, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	panic(values[i])
}

var address = regexp.MustCompile(`0x[0-9a-f]+`)

// TestTextIsWhatTheRuntimePrints dies of each value and compares.
func TestTextIsWhatTheRuntimePrints(t *testing.T) {
	for i, v := range values {
		t.Run(fmt.Sprintf("%02d-%T", i, v), func(t *testing.T) {
			t.Parallel()
			r := crashtest.Run(t, "die-of", crashtest.Options{Args: []string{strconv.Itoa(i)}, Env: []string{"GOTRACEBACK=single"}})
			report, err := crash.Parse(strings.NewReader(r.Stderr))
			if err != nil {
				t.Fatalf("%v in\n%s", err, r.Stderr)
			}
			typ, got := backstop.Describe(v)
			want := report.Message
			// Addresses differ from process to process, and a zero-sized
			// value's is one of the executable's.
			if got, want := address.ReplaceAllString(got, "0x"), address.ReplaceAllString(want, "0x"); got != want {
				t.Errorf("%q, the runtime prints %q", got, want)
			}
			if want := fmt.Sprintf("%T", v); typ != want {
				t.Errorf("type %q, want %q", typ, want)
			}
		})
	}
}

func TestDescribeIsSafe(t *testing.T) {
	var nilPoint *time.Location // its String method is written for nil
	for _, c := range []struct {
		value any
		text  string
	}{
		{failing{}, "panic while printing panic value: type backstop_test.failing"},
		{(*os.PathError)(nil), "panic while printing panic value: type *fs.PathError"},
		{nilPoint, "UTC"},
		{"bad \xff utf8 \x00 and \x1b[31m", "bad \uFFFD utf8 \x00 and \x1b[31m"},
	} {
		if _, got := backstop.Describe(c.value); got != c.text {
			t.Errorf("%T: %q, want %q", c.value, got, c.text)
		}
	}
	for _, long := range []any{strings.Repeat("é", 1<<20), name(strings.Repeat("é", 1<<20)), errors.New(strings.Repeat("é", 1<<20))} {
		_, got := backstop.Describe(long)
		if len(got) > 17<<10 || !utf8.ValidString(got) { // what is sent is cut to half of it
			t.Errorf("%T: %d bytes, valid %v", long, len(got), utf8.ValidString(got))
		}
	}
}
