// Package wire reads messages with a length in front.
//
// Incident #gguf,#gguffixed: ollama/ollama#17032
// Incident #array: shamaton/msgpack#109
// Incident #datalen,#datalenfixed: gotd/td#1711
// Incident #avp: golang/vulndb#6122
package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

const maxMessage = 1 << 20

// String reads a string of a model file.
func String(r io.Reader) (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint64(head[:])
	buf := make([]byte, n) // FAULT alloc-untrusted #gguf panic: makeslice
	if _, err := io.ReadFull(r, buf); err != nil {
		return "", err
	}
	return string(buf), nil
}

// Array reads numbers.
func Array(r *bufio.Reader) ([]uint64, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, 0, n) // FAULT alloc-untrusted #array panic: makeslice
	for range n {
		v, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Decode decodes a message.
func Decode(r io.Reader) ([]byte, error) {
	var n int32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return nil, err
	}
	// ALSO panicking-stdlib-arg: negative lengths
	data := make([]byte, n) // FAULT alloc-untrusted #datalen panic: makeslice
	_, err := io.ReadFull(r, data)
	return data, err
}

// Records reads records of a packet.
func Records(pkt []byte) ([]uint32, error) {
	if len(pkt) < 4 {
		return nil, errors.New("short packet")
	}
	n := binary.BigEndian.Uint32(pkt)
	out := make([]uint32, n) // FAULT alloc-untrusted #avp fatal: out of memory
	for i := range out {
		if len(pkt) < 4*(i+2) {
			return nil, fmt.Errorf("record %d", i)
		}
		out[i] = binary.BigEndian.Uint32(pkt[4*(i+1):])
	}
	return out, nil
}

// Sample takes as many samples as the request wants.
func Sample(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	samples := make([]float64, n) // FAULT alloc-untrusted #sample panic: makeslice
	fmt.Fprint(w, len(samples))
}

// StringFixed has a limit.
func StringFixed(r io.Reader) (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxMessage {
		return "", fmt.Errorf("string of %d bytes", n)
	}
	buf := make([]byte, n) // FINE alloc-untrusted #gguffixed: at most a mebibyte
	_, err := io.ReadFull(r, buf)
	return string(buf), err
}

// DecodeFixed never takes more than it got.
func DecodeFixed(pkt []byte) ([]byte, error) {
	if len(pkt) < 4 {
		return nil, errors.New("short packet")
	}
	n := int(binary.BigEndian.Uint32(pkt))
	if n > len(pkt)-4 {
		return nil, errors.New("short packet")
	}
	data := make([]byte, n) // FINE alloc-untrusted #datalenfixed: not more than the packet holds
	copy(data, pkt[4:])
	return data, nil
}

// Short reads a length of two bytes.
func Short(r io.Reader) ([]byte, error) {
	var n uint16
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return nil, err
	}
	data := make([]byte, n) // FINE alloc-untrusted #short: at most 64 KiB
	_, err := io.ReadFull(r, data)
	return data, err
}

// Clamp clamps.
func Clamp(r *bufio.Reader) ([]uint64, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, 0, min(n, 1024)) // FINE alloc-untrusted #clamp: at most 1024 in advance
	for range n {
		v, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Copy makes room for what it has.
func Copy(b []byte) []byte {
	out := make([]byte, len(b), 2*len(b)) // FINE alloc-untrusted #copy: the length of what is there
	copy(out, b)
	return out
}

// Configured comes from our own configuration.
func Configured(size int) []byte {
	return make([]byte, size) // FINE alloc-untrusted #configured: of the caller, not off the wire
}
