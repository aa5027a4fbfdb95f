// Package good allocates what it can afford.
package good

import (
	"b"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"strconv"
)

const most = 16 << 20

// Compared with a constant.
func frame(r io.Reader, head []byte) ([]byte, error) {
	n := binary.BigEndian.Uint32(head)
	if n > most {
		return nil, errors.New("too large")
	}
	return make([]byte, n), nil
}

// Compared with a limit that a field or a parameter holds.
func limited(head []byte, limit int) []byte {
	n := int(binary.BigEndian.Uint32(head))
	if n > limit {
		return nil
	}
	return make([]byte, n)
}

// Cut off.
func clamped(head []byte, limit uint32) ([]byte, []byte, []byte) {
	n := binary.BigEndian.Uint32(head)
	m := n
	if m > limit {
		m = limit
	}
	k := n
	if k > 4096 {
		k = 4096
	}
	return make([]byte, m), make([]byte, k), make([]byte, 0, min(n, 1024))
}

// 8 and 16 bits.
func small(head []byte) ([]byte, []byte, []uint64) {
	return make([]byte, binary.BigEndian.Uint16(head)), make([]byte, head[0]), make([]uint64, head[1])
}

// A mask.
func masked(head []byte) []byte {
	return make([]byte, binary.BigEndian.Uint32(head)&0xffff)
}

// No more than what is in memory already.
func inMemory(data []byte) []byte {
	n := int(binary.BigEndian.Uint32(data))
	if n > len(data)-4 {
		return nil
	}
	return make([]byte, n)
}

// Each item takes eight bytes of what is there.
func items(data []byte) []uint64 {
	n := int(binary.BigEndian.Uint32(data))
	if len(data) < 4+8*n {
		return nil
	}
	return make([]uint64, n)
}

// It grows with what arrives.
func copied(r io.Reader, head []byte) ([]byte, error) {
	var buf bytes.Buffer
	_, err := io.CopyN(&buf, r, int64(binary.BigEndian.Uint32(head)))
	return buf.Bytes(), err
}

func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, most))
}

func length(r *http.Request) []byte {
	if r.ContentLength < 0 || r.ContentLength > most {
		return nil
	}
	return make([]byte, r.ContentLength)
}

func viaPackage(r io.Reader) ([]byte, error) {
	n, err := b.Limited(r)
	if err != nil {
		return nil, err
	}
	return make([]byte, n), nil
}

var size = flag.Int("size", 10, "")

// Who runs the program may.
func operator() [][]byte {
	n, _ := strconv.Atoi(os.Getenv("SIZE"))
	m, _ := strconv.Atoi(os.Args[0])
	return [][]byte{make([]byte, *size), make([]byte, n), make([]byte, m)}
}

type config struct{ Buffers int }

func configured(data []byte) []int {
	var c config
	json.Unmarshal(data, &c)
	return make([]int, c.Buffers)
}

type request struct{ Size int }

func (r request) validate() error {
	if r.Size > 100 {
		return errors.New("too large")
	}
	return nil
}

func validated(data []byte) []int {
	var r request
	if json.Unmarshal(data, &r) != nil || r.validate() != nil {
		return nil
	}
	return make([]int, r.Size)
}

func query(r *http.Request) []int {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil || n < 0 || n > 1000 {
		return nil
	}
	return make([]int, n)
}

func eightBits(r *http.Request) []int {
	n, _ := strconv.ParseUint(r.FormValue("n"), 10, 8)
	return make([]int, n)
}

// The size of what is there.
func sized(list []string, data []byte) (map[string]bool, []byte) {
	return make(map[string]bool, len(list)), make([]byte, len(data)*2)
}

func unknown(n int) []byte { return make([]byte, n) }
