// Package osinfo reads what commands print.
//
// Incident #uname,#unamefixed: matishsiao/goInfo#15
// Incident #iso: kdomanski/iso9660#9
// Incident #args,#argsfixed: ameshkov/dnslookup#72
// Incident #goman: appliedgocode/goman#1
package osinfo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Kernel takes kernel and release of the output of uname.
func Kernel(out string) (name, release string) {
	parts := strings.Split(strings.TrimSpace(out), " ")
	return parts[0], parts[1] // FAULT index-unchecked #uname panic: index out of range
}

// Extension takes what stands behind the dot.
func Extension(identifier string) string {
	file := strings.Split(identifier, ";")[0]
	return strings.Split(file, ".")[1] // FAULT index-unchecked #iso panic: index out of range
}

// Question reads the arguments of the command.
func Question(args []string) (domain, server string) {
	domain = args[1] // FAULT index-unchecked #args panic: index out of range
	if len(args) > 2 {
		server = args[2]
	}
	return domain, server
}

// Host cuts the scheme off.
func Host(url string) string {
	return url[len("https://"):] // FAULT index-unchecked #goman panic: slice bounds out of range
}

// Lines reads key=value lines.
func Lines(r io.Reader) map[string]string {
	out := make(map[string]string)
	s := bufio.NewScanner(r)
	for s.Scan() {
		f := strings.Fields(s.Text())
		out[f[0]] = strings.Join(f[1:], " ") // FAULT index-unchecked #fields panic: out of range
	}
	return out
}

// KernelFixed checks the length.
func KernelFixed(out string) (name, release string, err error) {
	parts := strings.Fields(out)
	if len(parts) < 2 {
		return "", "", errors.New("short output")
	}
	return parts[0], parts[1], nil // FINE index-unchecked #unamefixed: the length was tested
}

// First takes what Split always has.
func First(s string) string {
	return strings.Split(s, ",")[0] // FINE index-unchecked #first: Split with a separator has at least one element
}

// QuestionFixed checks.
func QuestionFixed(args []string) string {
	if len(args) == 1 || len(args) == 0 {
		return ""
	}
	return args[1] // FINE index-unchecked #argsfixed: at least two here
}

// Program has a name always.
func Program() string { return os.Args[0] } // FINE index-unchecked #program: the first argument is the program

// Pair uses Cut.
func Pair(s string) (k, v string, ok bool) {
	return strings.Cut(s, "=") // FINE index-unchecked #pair: no index
}

// Sum indexes by range.
func Sum(in [][]int) (n int) {
	for i := range in {
		for j := 0; j < len(in[i]); j++ {
			n += in[i][j] // FINE index-unchecked #sum: below the length
		}
	}
	return n
}

// Three gets three parts or an error.
func Three(s string) string {
	p := strings.SplitN(s, ":", 3)
	if len(p) != 3 {
		return fmt.Sprint(len(p))
	}
	return p[2] + p[0] // FINE index-unchecked #three: exactly three
}

var weekday = [...]string{"mo", "tu", "we", "th", "fr", "sa", "su"}

// Day masks its index.
func Day(n uint) string {
	return weekday[n%7] // FINE index-unchecked #day: below seven
}

// Trim cuts what HasPrefix has seen.
func Trim(url string) string {
	if strings.HasPrefix(url, "https://") {
		return url[len("https://"):] // FINE index-unchecked #trim: the prefix is there
	}
	return url
}
