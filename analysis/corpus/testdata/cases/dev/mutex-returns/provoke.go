//go:build provoke

package writer

import (
	"errors"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"early": func() {
			w := &Writer{closed: true}
			w.Write(nil)
			if !w.mu.TryLock() {
				println("SHOWN")
			}
		},
		"handler": func() {
			w := &Writer{}
			w.Handle(func([]byte) error { return errors.New("x") })
			if !w.mu.TryLock() {
				println("SHOWN")
			}
		},
		"twice":      func() { new(Writer).Reset() },
		"rlock":      func() { new(Writer).Peers() },
		"double":     func() { new(Writer).Load(func() []byte { return nil }) },
		"earlyfixed": func() { w := &Writer{closed: true}; w.WriteFixed(nil); w.mu.Lock() },
		"twicefixed": func() { new(Writer).ResetFixed() },
		"rlockfixed": func() { new(Writer).PeersFixed() },
		"notify":     func() { new(Writer).Notify(func() {}) },
		"lock":       func() { w := new(Writer); w.Lock()(); w.mu.Lock() },
		"branches":   func() { w := &Writer{closed: true}; w.Branches(nil); w.mu.Lock() },
		"two":        func() { Two(new(Writer), new(Writer)) },
		"try":        func() { w := new(Writer); w.mu.Lock(); w.Try() },
	}
}
