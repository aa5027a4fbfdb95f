package audit_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/backstop-go/backstop/analysis/audit"
	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Each recover of the test data has a comment on its line: "// status: fates".
func Test(t *testing.T) {
	ruletest.Each(t, audit.Analyzer, func(pass *analysis.Pass, r *audit.Recovers) { compare(t, pass, r) }, "a")
}

func compare(t *testing.T, pass *analysis.Pass, r *audit.Recovers) {
	t.Helper()
	fset := pass.Fset
	said := make(map[int]string)
	for _, c := range r.Calls {
		list := make([]string, len(c.Fates))
		for i, f := range c.Fates {
			list[i] = string(f)
		}
		said[fset.Position(c.Pos).Line] = fmt.Sprintf("%s: %s", c.Status, strings.Join(list, ", "))
		check(t, c)
	}
	n := 0
	for _, file := range pass.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				want, ok := strings.CutPrefix(comment.Text, "// audit ")
				if !ok {
					continue
				}
				n++
				line := fset.Position(comment.Pos()).Line
				if said[line] != want {
					t.Errorf("line %d: %q, want %q", line, said[line], want)
				}
			}
		}
	}
	if n != len(r.Calls) || n < 20 {
		t.Errorf("%d calls, %d comments", len(r.Calls), n)
	}
	if !slices.IsSortedFunc(r.Calls, func(a, b audit.Call) int { return int(a.Pos - b.Pos) }) {
		t.Error("not in the order of the source")
	}
	var text bytes.Buffer
	if err := r.Text(&text, fset); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"works: recover() in the function literal: ", "\tdeferred at ", "by accident (golang/go#73916)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
}

func check(t *testing.T, c audit.Call) {
	t.Helper()
	if c.Why == "" || c.Func == "" || len(c.Fates) == 0 {
		t.Errorf("%+v is not complete", c)
	}
	switch c.Status {
	case audit.Works:
		if len(c.Deferred) == 0 || c.Go["1.21"] != rule.Works || c.Go["1.27"] != rule.Works {
			t.Errorf("%+v", c)
		}
	case audit.Never:
		if c.Go["1.22"] != rule.Dead || c.Go["1.26"] != rule.Dead {
			t.Errorf("%+v", c)
		}
	case audit.ByAccident:
		if c.Go["1.22"] != rule.ByAccident || c.Go["1.26"] != rule.Dead {
			t.Errorf("%+v", c)
		}
	case audit.Depends:
		if c.Go != nil {
			t.Errorf("%+v", c)
		}
	}
}
