//go:build provoke

package rpc

import (
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"rpc":      func() { Call(func() int { panic("text") }) },
		"build":    func() { Build(func() string { panic(errors.New("x")) }) },
		"sentry":   func() { Handle(func() { panic("text") }) },
		"rpcfixed": func() { Fixed(func() int { panic("text") }) },
		"checked":  func() { Checked(func() { panic("text") }) },
		"switched": func() { Switched(func() { panic("text") }) },
		"known":    func() { Known(func() { panic(errors.New("x")) }) },
		"bail":     func() { Bail(func() { panic(bail{errors.New("x")}) }) },
	}
}
