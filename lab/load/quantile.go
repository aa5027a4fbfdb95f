package main

import (
	"math"
	"sort"
	"time"
)

// quantile is the smallest value that a share q of the sample does not exceed; 0
// of an empty one. It sorts the sample.
func quantile(sample []time.Duration, q float64) time.Duration {
	if len(sample) == 0 {
		return 0
	}
	sort.Slice(sample, func(i, j int) bool { return sample[i] < sample[j] })
	i := int(math.Ceil(q*float64(len(sample)))) - 1
	if i < 0 {
		i = 0
	}
	return sample[i]
}
