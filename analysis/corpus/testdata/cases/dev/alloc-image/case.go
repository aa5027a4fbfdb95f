// Package pixels reads images of a format of its own.
package pixels

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

type header struct {
	Width, Height uint32
	Count         uint16
}

// A Grid is what a client wants.
type Grid struct {
	Rows int `json:"rows"`
	Name string
}

// Decode reads an image.
func Decode(r io.Reader) ([]byte, error) {
	var h header
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return nil, err
	}
	pix := make([]byte, int(h.Width)*int(h.Height)*4) // FAULT alloc-untrusted #decode dies: makeslice
	_, err := io.ReadFull(r, pix)
	return pix, err
}

// Rows makes the rows of a request.
func Rows(body io.Reader) ([][]int, error) {
	var g Grid
	if err := json.NewDecoder(body).Decode(&g); err != nil {
		return nil, err
	}
	return make([][]int, g.Rows), nil // FAULT alloc-untrusted #rows panic: makeslice
}

// Grow makes room for what is announced.
func Grow(r io.Reader) (*bytes.Buffer, error) {
	var n uint64
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(n)) // FAULT alloc-untrusted #grow panic: bytes.Buffer
	_, err := io.CopyN(&b, r, int64(n))
	return &b, err
}

// Palette has a small count.
func Palette(r io.Reader) ([]uint32, error) {
	var h header
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return nil, err
	}
	colors := make([]uint32, h.Count) // FINE alloc-untrusted #palette: sixteen bits
	return colors, binary.Read(r, binary.LittleEndian, colors)
}

// DecodeFixed checks the size.
func DecodeFixed(r io.Reader) ([]byte, error) {
	var h header
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return nil, err
	}
	if h.Width > 4096 || h.Height > 4096 {
		return nil, fmt.Errorf("image of %d x %d", h.Width, h.Height)
	}
	pix := make([]byte, int(h.Width)*int(h.Height)*4) // FINE alloc-untrusted #decodefixed: at most 64 MiB
	_, err := io.ReadFull(r, pix)
	return pix, err
}

// Limited reads what comes, up to a limit.
func Limited(r io.Reader) ([]byte, error) {
	var n uint32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, int64(n))) // FINE alloc-untrusted #limited: grows with what really comes
}
