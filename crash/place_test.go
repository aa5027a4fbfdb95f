package crash

import (
	"strings"
	"testing"
)

func TestSameLine(t *testing.T) {
	const before = "func f() {|a()|if x {|b()|}|if y {|b()|}|}"
	for _, tt := range []struct {
		name  string
		after string
		i, j  int
		want  bool
	}{
		{"as it was", before, 3, 3, true},
		{"twins", before, 3, 6, false},
		{"inserted above", "func f() {|a()|if z {|c()|}|if x {|b()|}|if y {|b()|}|}", 3, 6, true},
		{"inserted above, the twin", "func f() {|a()|if z {|c()|}|if x {|b()|}|if y {|b()|}|}", 6, 6, false},
		{"inserted above, both", "func f() {|a()|if z {|c()|}|if x {|b()|}|if y {|b()|}|}", 6, 9, true},
		{"changed", "func f() {|a()|if x {|b(1)|}|if y {|b()|}|}", 3, 3, true},
		{"changed, the twin", "func f() {|a()|if x {|b(1)|}|if y {|b()|}|}", 6, 3, false},
		{"indented", "func f() {|\ta()|\tif x {|\t\tb()|\t}|if y {|b()|}|}", 3, 3, true},
		{"removed above", "func f() {|if x {|b()|}|if y {|b()|}|}", 6, 5, true},
		{"removed", "func f() {|a()|if y {|b()|}|}", 3, 3, false},
	} {
		got := sameLine(strings.Split(before, "|"), tt.i, strings.Split(tt.after, "|"), tt.j)
		if (got == sameStatement) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got == sameStatement, tt.want)
		}
		back := sameLine(strings.Split(tt.after, "|"), tt.j, strings.Split(before, "|"), tt.i)
		if got != back {
			t.Errorf("%s: the other way round %v", tt.name, back == sameStatement)
		}
	}
	long := strings.Split(strings.Repeat("x|y|", 4*maxDiff), "|")
	if sameLine(append([]string{"a"}, long...), 1, append([]string{"b"}, append(long, "c")...), 1) != sameStatement {
		t.Error("long functions are not compared")
	}
}

func TestSameCode(t *testing.T) {
	// A line of 40 bytes and one of 12, twice; then with a loop before, and by
	// a compiler that makes a little more of everything.
	before := []int{10, 40, 12, 0, 40, 12, 0, 8}
	after := []int{11, 90, 25, 0, 44, 13, 0, 44, 13, 0, 9}
	for i, want := range map[int]int{1: 4, 2: 5, 4: 7, 5: 8, 7: 10} {
		for j := range after {
			if got := sameCode(before, i, after, j); got != (j == want) {
				t.Errorf("line %d and %d: %v", i, j, got)
			}
		}
	}
	if long := make([]int, 3*maxCodeLines); sameCode(long, 5, long, 5) != true {
		t.Error("long functions are not compared")
	}
}

// An atlas is a program that knows where functions begin and end.
type atlas map[string]Place

func (p atlas) Place(f *Frame) (Place, bool) {
	place, ok := p[f.Func]
	return place, ok
}

func TestSameWith(t *testing.T) {
	a := crashAt("panic.index", "x", "main.f x.go:12", "main.main y.go:7")
	b := crashAt("panic.index", "x", "main.f x.go:22", "main.main y.go:7")
	source := strings.Split("func f() {|one()|two()|}", "|")
	for _, tt := range []struct {
		name string
		x, y Place
		ok   bool
		want bool
		why  string
	}{
		{"nothing known", Place{}, Place{}, false, true, "once lines"},
		{"line of the function", Place{First: 10}, Place{First: 20}, true, true, "line 3 of the function"},
		{"another line", Place{First: 10}, Place{First: 19}, true, false, "line 3 of the function in the first, line 4"},
		{"same length", Place{First: 10, Last: 15}, Place{First: 20, Last: 25}, true, true, "line 3 of the function in the first, line 3"},
		{"same length, another line", Place{First: 10, Last: 15}, Place{First: 19, Last: 24}, true, false, "line 3 of the function in the first, line 4"},
		{"from the end", Place{First: 10, Last: 15}, Place{First: 17, Last: 25}, true, true, "line 3 of the function in the first, line 6"},
		{"source", Place{First: 10, Last: 13, Source: source}, Place{First: 20, Last: 23, Source: source}, true, true, "the same statement: two()"},
		{"source, another line", Place{First: 10, Last: 13, Source: source}, Place{First: 21, Last: 24, Source: source}, true, false, "two() in the first and one() in the second"},
	} {
		e := Evidence{A: atlas{}, B: atlas{}}
		if tt.ok {
			e = Evidence{A: atlas{"main.f": tt.x}, B: atlas{"main.f": tt.y}}
		}
		v := SameWith(a, b, e)
		if v.Same != tt.want || !strings.Contains(strings.Join(v.Reasons, "\n"), tt.why) {
			t.Errorf("%s: same %v because %q", tt.name, v.Same, v.Reasons)
		}
	}
}
