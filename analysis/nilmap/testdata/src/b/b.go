// Package b returns maps, and writes to maps of others.
package b

import "errors"

// Labels returns nil for no name.
func Labels(name string) map[string]string {
	if name == "" {
		return nil
	}
	return map[string]string{"name": name}
}

// Load returns nil with an error.
func Load(name string) (map[string]string, error) {
	if name == "" {
		return nil, errors.New("no name")
	}
	return map[string]string{}, nil
}

// Fill writes to the map it is given.
func Fill(m map[string]int) { m["x"] = 1 }

// FillSafe makes its own.
func FillSafe(m map[string]int) map[string]int {
	if m == nil {
		m = make(map[string]int)
	}
	m["x"] = 1
	return m
}

type Set map[string]bool

// Add writes to its receiver.
func (s Set) Add(k string) { s[k] = true }
