//go:build provoke

package promise

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"wait":  func() { defer lost(); var g Group; g.Go(original); g.Wait() },
		"call":  func() { defer lost(); Call(original) },
		"later": func() { defer lost(); Later(original) },
		"kept": func() {
			defer func() {
				if v := recover(); !strings.Contains(fmt.Sprint(v), "original") {
					println("SHOWN")
				}
			}()
			CallKept(original)
		},
		"same":    func() { defer lost(); Same(original, func() {}) },
		"aserror": func() { AsError(original) },
	}
}

//go:noinline
func original() { panic("x") }

func lost() {
	recover()
	if !strings.Contains(string(debug.Stack()), "original") {
		println("SHOWN")
	}
}
