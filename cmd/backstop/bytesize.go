package main

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/postmortem/packed"
)

// A byteSize is a flag that is a number of bytes: 512MiB, 20G, 1000000. A unit is a
// power of 1024, however it is written.
type byteSize int64

func (b *byteSize) String() string { return packed.Bytes(int64(*b)) }

func (b *byteSize) Set(s string) error {
	number := strings.TrimRight(s, "KMGTPkmgtpiIbB ")
	unit := strings.ToLower(strings.TrimSpace(s[len(number):]))
	unit = strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")
	power := strings.Index("kmgtp", unit) + 1
	if unit == "" {
		power = 0
	}
	n, err := strconv.ParseFloat(number, 64)
	n *= math.Pow(1024, float64(power))
	if err != nil || len(unit) > 1 || !(n >= 1 && n < math.MaxInt64) {
		return errors.New("is no size, such as 512MiB or 20G")
	}
	*b = byteSize(n)
	return nil
}
