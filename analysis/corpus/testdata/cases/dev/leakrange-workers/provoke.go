//go:build provoke

package workers

import (
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"sample":      func() { Sample(3, 2, func(int) {}) },
		"remote":      func() { Log([]string{"a"}, func(string) {}) },
		"terminate":   func() { Partly([]int{1}, nil, func(int) error { return errors.New("x") }) },
		"samplefixed": func() { SampleFixed(3, 2, func(int) {}) },
		"remotefixed": func() { LogFixed([]string{"a"}, func(string) {}) },
		"pool":        func() { p := &Pool{}; p.Start(2); p.Stop() },
		"given":       func() { c := make(chan int); d := Given(c, nil); close(c); <-d },
		"break":       func() { Break(3) },
		"slice":       func() { Slice([]int{1}, func(int) {}) },
	}
}
