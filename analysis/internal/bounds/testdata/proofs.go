package proofs

import "strings"

func loops(xs []int, s string) {
	for i := range xs {
		_ = xs[i] // proven
	}
	for i := 0; i < len(xs); i++ {
		_ = xs[i] // proven
	}
	for i := 0; i <= len(xs); i++ {
		_ = xs[i] // open
	}
	for i := len(xs) - 1; i >= 0; i-- {
		_ = xs[i] // proven
	}
	for i := len(xs); i > 0; i-- {
		_ = xs[i-1] // proven
	}
	for i := 0; i < len(xs)-1; i++ {
		_ = xs[i+1] // proven
	}
	for i := range xs {
		_ = xs[i+1] // open
	}
	for i := range s {
		_ = s[i] // proven
	}
	for i, j := 0, len(xs)-1; i < j; i, j = i+1, j-1 {
		_ = xs[i] // proven
		_ = xs[j] // proven
	}
	for i := range len(xs) / 2 {
		_ = xs[i] // proven
	}
}

func conditions(xs []int, n int) {
	if len(xs) > 2 {
		_ = xs[2] // proven
	}
	if len(xs) > 2 {
		_ = xs[3] // open
	}
	if n >= 0 && n < len(xs) {
		_ = xs[n] // proven
	}
	if n < len(xs) {
		_ = xs[n] // open
	}
	if uint(n) < uint(len(xs)) {
		_ = xs[n] // proven
	}
	switch len(xs) {
	case 3, 4:
		_ = xs[2] // proven
	case 1:
		_ = xs[1] // open
	}
	ok := len(xs) == 2 && n == 1
	if ok {
		_ = xs[n] // proven
	}
	if len(xs) == 0 {
		xs = []int{1}
	}
	_ = xs[0] // proven
	_ = xs[1] // open
}

func accesses(xs []int) {
	_ = xs[3] // open
	_ = xs[2] // proven
}

func arithmetic(xs []int, h uint32, b byte, n int) {
	var t [256]int
	_ = t[b]        // proven
	_ = t[h&0xff]   // proven
	_ = t[h>>24]    // proven
	_ = t[h%256]    // proven
	_ = t[h%257]    // open
	_ = t[h>>23]    // open
	if len(xs) > 0 {
		_ = xs[h%uint32(len(xs))] // proven
		_ = xs[n%len(xs)]         // open
		_ = xs[len(xs)-1]         // proven
		_ = xs[len(xs)/2]         // proven
		_ = xs[min(3, len(xs)-1)] // proven
	}
}

func slices(xs []int, n int) {
	ys := make([]int, n)
	for i := range n {
		_ = ys[i] // proven
	}
	zs := append(xs, 1, 2)
	_ = zs[1] // proven
	_ = zs[2] // open
	ws := xs[1:]
	for i := range ws {
		_ = xs[i+1] // proven
	}
	var a [4]int
	_ = a[1:3][1] // proven
}

func texts(s string) {
	_ = strings.Split(s, ",")[0] // proven
	_ = strings.Split(s, ",")[1] // open
	if strings.Contains(s, "=") {
		_ = strings.Split(s, "=")[1] // proven
	}
	if i := strings.Index(s, "="); i >= 0 {
		_ = s[i] // proven
	}
	if strings.HasPrefix(s, "abc") {
		_ = s[2] // proven
	}
	if s != "" {
		_ = s[0] // proven
	}
}

func paths(xs []int, n int) {
	if n < 0 {
		n = 0
	}
	if n >= len(xs) {
		n = len(xs) - 1
	}
	_ = xs[n] // open
	if len(xs) > 0 {
		_ = xs[n] // proven
	}
}

func literal(xs []int) func() int {
	if len(xs) < 2 {
		return nil
	}
	return func() int {
		return xs[1] // proven
	}
}
