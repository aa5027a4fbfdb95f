// Package misc calls functions that panic for some arguments.
package misc

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"net/http"
	"reflect"
	"strconv"
	"sync/atomic"
	"time"
)

// Period reads a number of seconds out of a request.
func Period(r *http.Request) <-chan time.Time {
	n, _ := strconv.Atoi(r.FormValue("every"))
	return time.NewTicker(time.Duration(n) * time.Second).C // FAULT panicking-stdlib-arg #period panic: non-positive interval
}

// Uint16 reads two bytes that may not be there.
func Uint16(s string) uint16 {
	raw, err := hex.DecodeString(s)
	if err != nil {
		return 0
	}
	return binary.BigEndian.Uint16(raw) // FAULT panicking-stdlib-arg #uint16 dies: index out of range
}

// Fields counts fields of anything.
func Fields(v any) int {
	return reflect.TypeOf(v).NumField() // FAULT panicking-stdlib-arg #fields dies: NumField
}

// Share divides.
func Share(total int64, header string) (string, error) {
	n, err := strconv.ParseInt(header, 10, 64)
	if err != nil {
		return "", err
	}
	q := new(big.Int).Div(big.NewInt(total), big.NewInt(n)) // FAULT panicking-stdlib-arg #share dies: division by zero
	return q.String(), nil
}

// Handle mounts a pattern of the configuration.
func Handle(mux *http.ServeMux, patterns []string, h http.Handler) {
	for _, p := range patterns {
		mux.Handle(p, h) // FINE panicking-stdlib-arg #handle: when the service starts, and meant to fail then
	}
}

// Sum is sound.
func Sum(key, data []byte) []byte {
	m := hmac.New(sha256.New, key) // FINE panicking-stdlib-arg #sum: a constructor that does not give the same value twice
	m.Write(data)
	return m.Sum(nil)
}

// Uint16Fixed checks.
func Uint16Fixed(s string) (uint16, error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) < 2 {
		return 0, errors.New("misc: short")
	}
	return binary.BigEndian.Uint16(raw), nil // FINE panicking-stdlib-arg #uint16fixed: at least two bytes
}

// FieldsFixed checks.
func FieldsFixed(v any) int {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Struct {
		return 0
	}
	return t.NumField() // FINE panicking-stdlib-arg #fieldsfixed: a struct here
}

// Array reads of an array that is long enough.
func Array(b [8]byte) uint64 {
	return binary.LittleEndian.Uint64(b[:]) // FINE panicking-stdlib-arg #array: eight bytes
}

var state atomic.Value

// Keep stores one type always.
func Keep(m map[string]int) {
	state.Store(m) // FINE panicking-stdlib-arg #keep: one type
}

// Buffer grows by a length.
func Buffer(parts [][]byte) *bytes.Buffer {
	var b bytes.Buffer
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b.Grow(n) // FINE panicking-stdlib-arg #buffer: a sum of lengths
	return &b
}
