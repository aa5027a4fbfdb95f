package b

import (
	"encoding/binary"
	"errors"
	"io"
)

// Size reads a length and believes it.
func Size(r io.Reader) (int, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint32(head[:])), nil
}

const most = 1 << 20

// Limited reads a length and refuses great ones.
func Limited(r io.Reader) (int, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n > most {
		return 0, errors.New("too large")
	}
	return n, nil
}
