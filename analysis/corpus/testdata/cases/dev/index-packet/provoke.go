//go:build provoke

package packet

import (
	"bytes"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"socks":      func() { Address(bytes.NewReader([]byte{255})) },
		"mac":        func() { Body([]byte{1}) },
		"match":      func() { Match([]byte{1}, []byte{1, 2}, 0) },
		"socksfixed": func() { AddressFixed(bytes.NewReader([]byte{255})); AddressFixed(bytes.NewReader(make([]byte, 300))) },
		"header":     func() { Header(nil) },
		"chunks":     func() { Chunks([]byte{1, 2, 3}, 2) },
		"hex":        func() { Hex([]byte{255}) },
		"last":       func() { Last(nil) },
		"table":      func() { Table(new([256]uint32), 255) },
	}
}
