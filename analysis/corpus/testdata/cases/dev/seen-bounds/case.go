// Package bounds has indexes that look unchecked and are not.
package bounds

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"regexp"
	"strings"
)

// Release cuts the prefix off.
func Release(version string) string {
	if !strings.HasPrefix(version, "go") {
		return ""
	}
	return strings.Split(version, " ")[0][2:] // FINE index-unchecked #release: the first part begins as the whole does
}

func pair(s string) (string, string) {
	parts := strings.SplitN(s, "=", 2)
	return parts[0], parts[1] // FINE index-unchecked #pair: every caller has looked for the separator
}

// Settings are pairs.
func Settings(args ...string) (list []string) {
	for _, a := range args {
		if strings.Contains(a, "=") {
			k, v := pair(a)
			list = append(list, k, v)
		}
	}
	return list
}

var software = regexp.MustCompile(`([a-z]*)(\d*)`)

// Software is the name in front.
func Software(name string) string {
	return software.FindAllStringSubmatch(name, -1)[0][1] // FINE index-unchecked #software: it matches everything
}

// A Reader reads.
type Reader struct {
	raw []byte
	off int
}

// New makes one.
func New(raw []byte) *Reader { return &Reader{raw: raw} }

func (r *Reader) next(n int) []byte {
	b := r.raw[r.off : r.off+n] // ALSO index-unchecked: what is left is not looked at here
	r.off += n
	return b
}

// Word is as long as it is told to be.
func (r *Reader) Word(size int) uint64 {
	switch size {
	case 4:
		return uint64(binary.BigEndian.Uint32(r.next(size))) // FINE panicking-stdlib-arg #word: next gives 4 bytes or does not return
	case 8:
		return binary.BigEndian.Uint64(r.next(size)) // FINE panicking-stdlib-arg: 8 bytes
	}
	return 0
}

func (r *Reader) number() (uint64, error) {
	n, size := binary.Uvarint(r.raw[r.off:])
	if size <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	r.off += size
	return n, nil
}

func (r *Reader) length() (int, error) {
	n, err := r.number()
	if err != nil {
		return 0, err
	}
	if n > 0 && n-1 > uint64(len(r.raw)-r.off) {
		return 0, io.ErrUnexpectedEOF
	}
	return int(n) - 1, nil
}

// Text reads a text.
func (r *Reader) Text() (string, error) {
	n, err := r.length()
	if err != nil || n < 0 {
		return "", err
	}
	s := string(r.raw[r.off : r.off+n]) // FINE index-unchecked #text: length compares with what is left
	r.off += n
	return s, nil
}

// Folders are read one by one.
type Folders struct{ list []string }

// Read reads them.
func (f *Folders) Read(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	f.list = make([]string, len(parts))
	for i, p := range parts {
		if err := json.Unmarshal(p, &f.list[i]); err != nil { // FINE index-unchecked #folders: made as long as what the loop runs over
			return err
		}
	}
	return nil
}
