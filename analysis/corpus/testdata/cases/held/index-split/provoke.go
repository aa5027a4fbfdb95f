//go:build provoke

package osinfo

import (
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"uname":      func() { Kernel("") },
		"iso":        func() { Extension("a;1") },
		"args":       func() { Question([]string{"a"}) },
		"goman":      func() { Host("go") },
		"fields":     func() { Lines(strings.NewReader("\n")) },
		"unamefixed": func() { KernelFixed("") },
		"first":      func() { First("") },
		"argsfixed":  func() { QuestionFixed(nil); QuestionFixed([]string{"a"}) },
		"program":    func() { Program() },
		"pair":       func() { Pair("") },
		"sum":        func() { Sum([][]int{nil, {1}}) },
		"three":      func() { Three("") },
		"day":        func() { Day(99) },
		"trim":       func() { Trim("go") },
	}
}
