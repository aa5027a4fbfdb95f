// Package safego runs functions in goroutines that recover.
package safego

import "log"

// Go runs f.
func Go(f func()) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Print(r)
			}
		}()
		f()
	}()
}
