package crash

import (
	"sort"
	"strings"
	"testing"
)

// foldNames folds a stack given as names, each round beginning with its
// smallest name.
func foldNames(names []string) string {
	order := append([]string(nil), names...)
	sort.Strings(order)
	frames := make([]digest, len(names))
	for i, name := range names {
		frames[i] = digest(sort.SearchStrings(order, name))
	}
	var out []string
	for _, i := range fold(nil, len(names), findRuns(frames, nil)) {
		out = append(out, names[i])
	}
	return strings.Join(out, " ")
}

func TestFold(t *testing.T) {
	for _, tt := range []struct{ frames, want string }{
		{"f g main", "f g main"},
		{"f f f main", "f main"},
		{"a b a b a main", "a b main"},
		{"b a b a b a main", "a b main"}, // another phase
		{"leaf a b a b main", "leaf a b main"},
		{"c a b c a b c main", "a b c main"},
		{"f f g g g h", "f g h"},
		{"a b c a", "a b c a"},
		{"a b", "a b"},
		{"", ""},
		// A round that holds a doubled frame, from each of its phases.
		{"a a b a a b a a b main", "a a b main"},
		{"a b a a b a a b a main", "a a b main"},
		{"b a a b a a b a a main", "a a b main"},
	} {
		if got := foldNames(strings.Fields(tt.frames)); got != tt.want {
			t.Errorf("fold(%s) = %s, want %s", tt.frames, got, tt.want)
		}
	}
}

// A recursion is the same one wherever in its round it was interrupted, and
// however deep it was, for every period up to the longest.
func TestFoldPhases(t *testing.T) {
	for period := 1; period <= maxPeriod; period++ {
		var round []string
		for i := 0; i < period; i++ {
			round = append(round, string(rune('a'+i*7%17)))
		}
		stack := strings.Fields(strings.Repeat(strings.Join(round, " ")+" ", 5))
		want := foldNames(append(stack[:2*period:2*period], "main"))
		for top := 0; top < period; top++ {
			for bottom := 0; bottom < period; bottom++ {
				frames := append(stack[top:len(stack)-bottom:len(stack)-bottom], "main")
				if got := foldNames(frames); got != want {
					t.Fatalf("fold(%s) = %s, want %s", frames, got, want)
				}
			}
		}
	}
}
