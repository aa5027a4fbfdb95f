package a

import (
	"b"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func frame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	buf := make([]byte, n) // want `alloc-untrusted: make takes its size from binary.Uint32 without an upper limit`
	_, err := io.ReadFull(r, buf)
	return buf, err
}

func converted(head []byte) []int64 {
	n := int(binary.LittleEndian.Uint64(head))
	return make([]int64, 0, n+1) // want `make takes its size from binary.Uint64`
}

func varint(r *bufio.Reader) ([]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	return make([]byte, n), nil // want `make takes its size from binary.ReadUvarint`
}

func read(r io.Reader) []string {
	var count uint32
	if err := binary.Read(r, binary.BigEndian, &count); err != nil {
		return nil
	}
	return make([]string, 0, count) // want `make takes its size from the input of Read`
}

type header struct {
	Kind  uint8
	Count uint32
}

func readStruct(r io.Reader) map[string]int {
	var h header
	if err := binary.Read(r, binary.BigEndian, &h); err != nil {
		return nil
	}
	return make(map[string]int, h.Count) // want `make of a map takes its size from the input of Read`
}

func query(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil {
		return
	}
	w.Write(make([]byte, n)) // want `make takes its size from strconv.Atoi`
}

func positive(r *http.Request) []int {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil || n < 0 {
		return nil
	}
	return make([]int, n) // want `make takes its size from strconv.Atoi`
}

func defaulted(r *http.Request) []int {
	n, _ := strconv.Atoi(r.FormValue("n"))
	if n <= 0 {
		n = 10
	}
	return make([]int, n) // want `make takes its size from strconv.Atoi`
}

type request struct {
	Size int `json:"size"`
}

func decoded(r *http.Request) []byte {
	var req request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return nil
	}
	return make([]byte, req.Size) // want `make takes its size from the input of Decode`
}

func channel(data []byte) chan int {
	var req request
	json.Unmarshal(data, &req)
	return make(chan int, req.Size) // want `make of a channel takes its size from the input of Unmarshal`
}

func grow(head []byte) {
	n := int(binary.BigEndian.Uint32(head))
	var buf bytes.Buffer
	buf.Grow(n) // want `Grow takes its size from binary.Uint32`
	var sb strings.Builder
	sb.Grow(n) // want `Grow takes its size`
	_ = slices.Grow([]byte(nil), n) // want `slices.Grow takes its size`
}

func body(r *http.Request) []byte {
	buf := make([]byte, r.ContentLength) // want `make takes its size from Content-Length`
	io.ReadFull(r.Body, buf)
	return buf
}

func viaPackage(r io.Reader) ([]byte, error) {
	n, err := b.Size(r)
	if err != nil {
		return nil, err
	}
	return make([]byte, n), nil // want `make takes its size from binary.Uint32`
}

func allocate(n uint32) []byte {
	return make([]byte, n) // want `make takes its size from binary.Uint32`
}

func viaParameter(head []byte) []byte { return allocate(binary.BigEndian.Uint32(head)) }

func multiplied(head []byte) []byte {
	return make([]byte, int(binary.BigEndian.Uint16(head))*int(binary.BigEndian.Uint16(head[2:]))) // want `make takes its size from binary.Uint16`
}

func inClosure(head []byte) func() []byte {
	n := binary.BigEndian.Uint32(head)
	return func() []byte {
		return make([]byte, n) // want `make takes its size from binary.Uint32`
	}
}

func generic[T any](head []byte) []T {
	return make([]T, binary.BigEndian.Uint32(head)) // want `make takes its size from binary.Uint32`
}

type reader struct{ r io.Reader }

func (r *reader) length() uint32 {
	var b [4]byte
	io.ReadFull(r.r, b[:])
	return binary.BigEndian.Uint32(b[:])
}

func (r *reader) next() []byte {
	return make([]byte, r.length()) // want `make takes its size from binary.Uint32`
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

type node[K comparable, V any] struct {
	pairs [4]pair[K, V]
	next  *node[K, V]
}

// The size of an element is not known: it depends on type parameters.
func nodes[K comparable, V any](head []byte) []node[K, V] {
	return make([]node[K, V], binary.BigEndian.Uint32(head)) // want `make takes its size from binary.Uint32`
}
