package nilness

import (
	"strings"
	"testing"
)

// The tables are read when the first function is asked for: a wrong line would be
// a panic there.
func TestTablesAreRead(t *testing.T) {
	for name, text := range map[string]string{"std.txt": stdTable, "more.txt": moreTable} {
		m := make(map[string]Func)
		if err := readTable(strings.NewReader(text), m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(m) < 20 {
			t.Errorf("%s tells of %d functions", name, len(m))
		}
	}
	for name, want := range map[string]bool{"(*os.File).Close": true, "(*os.File).Name": false} {
		if made()[name].safe != want {
			t.Errorf("%s: a nil receiver is safe: %v, want %v", name, !want, want)
		}
	}
	if written()["net/http.Get"].Result(0)&NilWithAny == 0 || made()["os.Open"].Result(0)&NilWithAny == 0 {
		t.Error("http.Get and os.Open return nil with an error, and the tables do not say so")
	}
}

func TestTableRefuses(t *testing.T) {
	for _, line := range []string{"f r0=never", "f x", "f rx=any", "f r-1=any", "f p0=any"} {
		if err := readTable(strings.NewReader(line), make(map[string]Func)); err == nil {
			t.Errorf("%q is read", line)
		}
	}
}
