//go:build provoke

package wire

import (
	"bufio"
	"bytes"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"gguf":    func() { String(bytes.NewReader(bytes.Repeat([]byte{255}, 8))) },
		"array":   func() { Array(bufio.NewReader(bytes.NewReader(append(bytes.Repeat([]byte{255}, 9), 1)))) },
		"datalen": func() { Decode(bytes.NewReader([]byte{255, 255, 255, 255})) },
		"avp": func() {
			for range 4 {
				keep, _ = Records([]byte{255, 255, 255, 255})
			}
		},
		"sample":       func() { Sample(httptest.NewRecorder(), httptest.NewRequest("GET", "/?n=-1", nil)) },
		"gguffixed":    func() { StringFixed(bytes.NewReader(bytes.Repeat([]byte{255}, 8))) },
		"datalenfixed": func() { DecodeFixed([]byte{255, 255, 255, 255}) },
		"short":        func() { Short(bytes.NewReader([]byte{255, 255})) },
		"clamp":        func() { Clamp(bufio.NewReader(bytes.NewReader(append(bytes.Repeat([]byte{255}, 9), 1)))) },
		"copy":         func() { Copy(nil) },
		"configured":   func() { Configured(3) },
	}
}

var keep []uint32
