package gobin

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
)

// The linker leaves a blob of build information at the start of the data
// segment, 16-byte aligned (cmd/link/internal/ld/data.go, Link.buildinfo): 32
// bytes of header, then from Go 1.18 the version and the module text, each after
// its length; before, the header points to two Go strings.
var buildInfoMagic = []byte("\xff Go buildinf:")

const (
	buildInfoHeader = 32
	buildInfoInline = 2  // flag: the strings follow
	moduleFrame     = 16 // sentinel bytes around the module text
)

// readBuildInfo reads the blob at addr.
func (m *image) readBuildInfo(addr uint64) (version, modules string, err error) {
	h, err := m.bytes(addr, buildInfoHeader)
	if err != nil {
		return "", "", err
	}
	if h[15]&buildInfoInline != 0 {
		version, next, err := m.prefixed(addr + buildInfoHeader)
		if err != nil {
			return "", "", err
		}
		modules, _, err := m.prefixed(next)
		if err != nil {
			return version, "", err
		}
		return version, unframe(modules), nil
	}
	var text [2]string
	for i := range text {
		header, err := m.pointer(addr + 16 + uint64(i)*m.ptr)
		if err != nil {
			return "", "", err
		}
		if header == 0 {
			continue
		}
		if text[i], err = m.goString(header); err != nil {
			return "", "", err
		}
	}
	return text[0], unframe(text[1]), nil
}

// prefixed reads a string after its length and returns the address behind it.
func (m *image) prefixed(addr uint64) (string, uint64, error) {
	s, ok := m.segment(addr)
	if !ok {
		return "", 0, fmt.Errorf("%#x is outside the file", addr)
	}
	head := s.end() - addr
	if head > binary.MaxVarintLen64 {
		head = binary.MaxVarintLen64
	}
	b, err := m.bytes(addr, head)
	if err != nil {
		return "", 0, err
	}
	length, n := binary.Uvarint(b)
	if n <= 0 {
		return "", 0, fmt.Errorf("length at %#x does not end", addr)
	}
	addr += uint64(n)
	if b, err = m.bytes(addr, length); err != nil {
		return "", 0, err
	}
	return string(b), addr + length, nil
}

// goString reads the string whose header stands at addr.
func (m *image) goString(addr uint64) (string, error) {
	data, err := m.pointer(addr)
	if err != nil {
		return "", err
	}
	n, err := m.pointer(addr + m.ptr)
	if err != nil {
		return "", err
	}
	b, err := m.bytes(data, n)
	return string(b), err
}

func unframe(text string) string {
	if n := len(text); n >= 2*moduleFrame+1 && text[n-moduleFrame-1] == '\n' {
		return text[moduleFrame : n-moduleFrame]
	}
	return ""
}

// parseBuildInfo makes what debug/buildinfo would.
func parseBuildInfo(version, modules string) (*debug.BuildInfo, error) {
	info, err := debug.ParseBuildInfo(modules)
	if err != nil {
		return nil, &CorruptError{"build information", err}
	}
	info.GoVersion = version
	return info, nil
}

// minor returns the number after "go1." of a version, -1 if there is none.
// Unreleased toolchains say "devel go1.28-0123abcd Mon Jan ...".
func minor(version string) int {
	i := strings.Index(version, "go1.")
	if i < 0 {
		return -1
	}
	digits := version[i+len("go1."):]
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}

// buildInfoIn looks for the blob in a piece of a data segment that begins at an
// address, and returns its offset or -1.
func buildInfoIn(piece []byte, addr uint64) int {
	for from := 0; ; {
		i := bytes.Index(piece[from:], buildInfoMagic)
		if i < 0 {
			return -1
		}
		if from += i; (addr+uint64(from))%16 == 0 {
			return from
		}
		from++
	}
}
