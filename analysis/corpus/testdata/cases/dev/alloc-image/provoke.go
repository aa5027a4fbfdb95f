//go:build provoke

package pixels

import (
	"bytes"
	"strings"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"decode":      func() { Decode(bytes.NewReader([]byte{255, 255, 255, 255, 255, 255, 255, 255, 0, 0})) },
		"rows":        func() { Rows(strings.NewReader(`{"rows":-1}`)) },
		"grow":        func() { Grow(bytes.NewReader([]byte{255, 0, 0, 0, 0, 0, 0, 0})) },
		"palette":     func() { Palette(bytes.NewReader(make([]byte, 10))) },
		"decodefixed": func() { DecodeFixed(bytes.NewReader(bytes.Repeat([]byte{255}, 10))) },
		"limited":     func() { Limited(bytes.NewReader([]byte{255, 255, 255, 255, 1})) },
	}
}
