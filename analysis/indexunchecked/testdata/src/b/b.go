package b

import (
	"errors"
	"strings"
)

// Columns gives at least one.
func Columns(line string) []string {
	return strings.Split(line, "|")
}

// Pair gives two, or an error.
func Pair(s string) ([]string, error) {
	parts := strings.Split(s, "=")
	if len(parts) != 2 {
		return nil, errors.New("no pair")
	}
	return parts, nil
}

type Parser struct{}

func (Parser) Words(line string) []string { return strings.Fields(line) }
