package compat

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A pass is one line of BACKSTOP_POINTS_FILE: a point was passed.
type pass struct {
	point       string
	hits, fired int // of this point in this process so far
	pid         int
	goroutines  int
	trace       string // of the request, by what the SDK knew of it; may be empty
	panicked    bool   // this pass did
}

// readPasses reads the file that the SDK writes. A line that is still being
// written is left out.
func readPasses(file string) ([]pass, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	type counter struct {
		point string
		pid   int
	}
	before := make(map[counter]int)
	var all []pass
	for line := range strings.Lines(string(data)) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		p, err := parsePass(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("read passes: %q: %w", oneLine(line), err)
		}
		c := counter{p.point, p.pid}
		p.panicked = p.fired > before[c]
		before[c] = p.fired
		all = append(all, p)
	}
	return all, nil
}

func parsePass(words []string) (p pass, err error) {
	if len(words) < 4 {
		return p, errors.New("want a name and counts")
	}
	p.point = words[0]
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		var to *int
		switch key {
		case "hits":
			to = &p.hits
		case "fired":
			to = &p.fired
		case "pid":
			to = &p.pid
		case "goroutines":
			to = &p.goroutines
		case "trace":
			p.trace = value
			continue
		default:
			continue // of a newer SDK
		}
		if *to, err = strconv.Atoi(value); err != nil {
			return p, err
		}
	}
	return p, nil
}

// ofPoint are the passes of one point.
func ofPoint(all []pass, point string) []pass {
	return slices.DeleteFunc(slices.Clone(all), func(p pass) bool { return p.point != point })
}

// panicked are those that did.
func panicked(all []pass) []pass {
	return slices.DeleteFunc(slices.Clone(all), func(p pass) bool { return !p.panicked })
}

// pointsOf are the names, in the order of the first pass.
func pointsOf(all []pass) []string { return distinct(all, func(p pass) string { return p.point }) }
