// Package std is the table of the standard library: the summaries of its packages,
// made by the same code as those of any other package, and kept with the tool, so
// that nobody has to analyse the standard library.
//
// Its own panic sites are not in it: a caller who breaks a contract is told of by
// the rules, at the call.
package std

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"fmt"
	"io"

	"github.com/backstop-go/backstop/analysis/surface/summary"
)

//go:generate go run ./gen -out std.bin

//go:embed std.bin
var table []byte

// Version is the toolchain whose library the table tells of.
//
//go:embed version.txt
var Version string

// Summaries reads the table.
func Summaries() ([]*summary.Summary, error) {
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(table)))
	if err != nil {
		return nil, fmt.Errorf("read the table of the standard library: %w", err)
	}
	all, err := summary.DecodeAll(text)
	if err != nil {
		return nil, fmt.Errorf("read the table of the standard library: %w", err)
	}
	return all, nil
}
