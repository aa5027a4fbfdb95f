// Package globs searches files for a client.
//
// Incident #search,#searchfixed: mark3labs/mcp-filesystem-server#74
// Incident #tyk: TykTechnologies/tyk#1253
package globs

import (
	"encoding/json"
	"fmt"
	"regexp"

	"corpus.test/dev/must-third/glob"
)

// A Request is what the client asked.
type Request struct{ Args map[string]any }

// Search searches.
func Search(req Request, names []string) ([]string, error) {
	pattern, ok := req.Args["pattern"].(string)
	if !ok {
		return nil, fmt.Errorf("search: no pattern")
	}
	g := glob.MustCompile(pattern) // FAULT must-runtime #search dies: unclosed
	var found []string
	for _, n := range names {
		if g.Match(n) {
			found = append(found, n)
		}
	}
	return found, nil
}

// SearchFixed returns the error.
func SearchFixed(req Request, names []string) ([]string, error) {
	pattern, _ := req.Args["pattern"].(string)
	g, err := glob.Compile(pattern) // FINE must-runtime #searchfixed: returns the error
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprint(g.Match(names[0]))}, nil
}

// A Path is a path of an API definition.
type Path struct {
	Pattern string
	re      *regexp.Regexp
}

// UnmarshalJSON reads a path.
func (p *Path) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &p.Pattern); err != nil {
		return err
	}
	p.re = regexp.MustCompile(p.Pattern) // FAULT must-runtime #tyk dies: regexp: Compile
	return nil
}

var all = glob.MustCompile("*") // FINE must-runtime: a constant, at the start

// All matches everything.
func All(name string) bool { return all.Match(name) }
