// Package packet reads packets off the wire.
//
// Incident #socks,#socksfixed: shadowsocks/shadowsocks-go#168
// Incident #mac: janimo/textsecure#9
// Incident #match: arriqaaq/art#7
package packet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

const headerLen = 4

// Address reads an address: one byte of length, the name, two bytes of port.
func Address(conn io.Reader) (string, error) {
	buf := make([]byte, 32)
	n, err := conn.Read(buf)
	if err != nil {
		return "", err
	}
	l := int(buf[0])
	name := buf[1 : 1+l] // FAULT index-unchecked #socks panic: slice bounds out of range
	return fmt.Sprintf("%s of %d", name, n), nil
}

// Body cuts the checksum off a message.
func Body(msg []byte) (body, mac []byte) {
	at := len(msg) - 10
	return msg[:at], msg[at:] // FAULT index-unchecked #mac panic: slice bounds out of range
}

// Match compares a prefix of a key.
func Match(key, prefix []byte, depth int) bool {
	rest := key[depth:] // ALSO index-unchecked: the depth is of the caller
	for i := range prefix {
		if rest[i] != prefix[i] { // FAULT index-unchecked #match panic: index out of range
			return false
		}
	}
	return true
}

// Kind reads the kind of a datagram.
func Kind(pc net.PacketConn, buf []byte) (uint16, error) {
	n, _, err := pc.ReadFrom(buf)
	if err != nil {
		return 0, err
	}
	pkt := buf[:n]                                // FINE index-unchecked: ReadFrom gives at most the length
	return binary.BigEndian.Uint16(pkt[2:4]), nil // FAULT index-unchecked
}

// AddressFixed reads fully and checks.
func AddressFixed(conn io.Reader) (string, error) {
	buf := make([]byte, 1+255)
	if _, err := io.ReadFull(conn, buf[:1]); err != nil {
		return "", err
	}
	l := int(buf[0])
	if _, err := io.ReadFull(conn, buf[1:1+l]); err != nil { // FINE index-unchecked #socksfixed: 1+255 is the most
		return "", err
	}
	return string(buf[1 : 1+l]), nil // FINE index-unchecked #socksfixed: 1+255 is the most
}

// Header checks once and reads often.
func Header(b []byte) (kind, size uint16, err error) {
	if len(b) < headerLen {
		return 0, 0, errors.New("short header")
	}
	return binary.LittleEndian.Uint16(b[:2]), binary.LittleEndian.Uint16(b[2:headerLen]), nil // FINE index-unchecked #header: the length was tested
}

// Chunks cuts in pieces.
func Chunks(b []byte, n int) (out [][]byte) {
	for n > 0 && len(b) > n {
		out = append(out, b[:n])
		b = b[n:] // FINE index-unchecked #chunks: longer than n here
	}
	return append(out, b)
}

// Hex writes hexadecimal digits.
func Hex(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15]) // FINE index-unchecked #hex: below sixteen
	}
	return string(out)
}

// Last takes the last of at least one.
func Last(b []byte) (byte, bool) {
	if len(b) > 0 {
		return b[len(b)-1], true // FINE index-unchecked #last: not empty
	}
	return 0, false
}

// Table indexes a table of 256 by a byte.
func Table(t *[256]uint32, b byte) uint32 {
	return t[b] // FINE index-unchecked #table: a byte is below 256
}
