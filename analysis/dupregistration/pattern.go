package dupregistration

import (
	"go/version"
	"strings"

	"github.com/backstop-go/backstop/analysis/rule"
)

// conflict reports whether the second registration panics because of the first.
func conflict(pass *rule.Pass, a, b registration) bool {
	if a.kind != b.kind || a.owner != b.owner || a.name == "" || b.name == "" {
		return false
	}
	switch a.kind {
	case "gob":
		return (a.name == b.name) != (a.shape == b.shape)
	case "ServeMux":
		if v := pass.Pkg.GoVersion(); v != "" && version.Compare(version.Lang(v), "go1.22") < 0 {
			return a.name == b.name
		}
		return patternsConflict(a.name, b.name)
	case "gin":
		return ginShape(a.name) == ginShape(b.name)
	}
	return a.name == b.name
}

// ginShape is the path without the names of its parameters.
func ginShape(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		if strings.HasPrefix(s, ":") {
			parts[i] = ":"
		}
	}
	return strings.Join(parts, "/")
}

// A relation says how the requests of two patterns lie to each other.
type relation int

const (
	equal relation = iota
	moreGeneral
	moreSpecific
	disjoint
	overlaps
)

// patternsConflict follows the documentation of http.ServeMux: two patterns
// conflict when they have requests in common and neither is the more special one.
func patternsConflict(a, b string) bool {
	ma, ha, pa, ok := split(a)
	if !ok {
		return false
	}
	mb, hb, pb, ok := split(b)
	if !ok || ha != hb {
		return false // a pattern with a host goes before one without
	}
	r := combine(methods(ma, mb), paths(pa, pb))
	return r == equal || r == overlaps
}

func split(p string) (method, host, path string, ok bool) {
	method, rest, found := strings.Cut(p, " ")
	if !found {
		method, rest = "", p
	}
	rest = strings.TrimLeft(rest, " \t")
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return "", "", "", false
	}
	return method, rest[:i], rest[i:], true
}

func methods(a, b string) relation {
	switch {
	case a == b:
		return equal
	case a == "":
		return moreGeneral
	case b == "":
		return moreSpecific
	case a == "GET" && b == "HEAD":
		return moreGeneral
	case a == "HEAD" && b == "GET":
		return moreSpecific
	}
	return disjoint
}

func combine(a, b relation) relation {
	switch {
	case a == equal:
		return b
	case b == equal || a == b:
		return a
	case a == disjoint || b == disjoint:
		return disjoint
	}
	return overlaps // one is more general, the other more special
}

// A segment of a path: a literal, {x}, {$}, or the rest of the path.
type segment struct {
	text        string
	wild, multi bool
}

func segments(path string) []segment {
	var list []segment
	path = path[1:]
	for {
		part, rest, more := strings.Cut(path, "/")
		switch {
		case part == "" && !more:
			return append(list, segment{wild: true, multi: true}) // the slash at the end
		case part == "{$}":
			return append(list, segment{text: "/"})
		case strings.HasPrefix(part, "{") && strings.HasSuffix(part, "...}"):
			return append(list, segment{wild: true, multi: true})
		case strings.HasPrefix(part, "{") && strings.HasSuffix(part, "}"):
			list = append(list, segment{wild: true})
		default:
			list = append(list, segment{text: part})
		}
		if !more {
			return list
		}
		path = rest
	}
}

func paths(a, b string) relation {
	s, t := segments(a), segments(b)
	lastS, lastT := s[len(s)-1], t[len(t)-1]
	if len(s) != len(t) && !lastS.multi && !lastT.multi {
		return disjoint
	}
	r := equal
	i := 0
	for ; i < len(s) && i < len(t); i++ {
		if r = combine(r, segmentRelation(s[i], t[i])); r == disjoint {
			return disjoint
		}
		if s[i].multi || t[i].multi {
			break
		}
	}
	switch {
	case i == len(s) && i == len(t), len(s) == len(t):
		return r
	case len(s) < len(t) && lastS.multi:
		return combine(r, moreGeneral)
	case len(s) > len(t) && lastT.multi:
		return combine(r, moreSpecific)
	}
	return disjoint
}

func segmentRelation(a, b segment) relation {
	switch {
	case a.multi && b.multi:
		return equal
	case a.multi:
		return moreGeneral
	case b.multi:
		return moreSpecific
	case a.wild && b.wild:
		return equal
	case a.wild:
		if b.text == "/" {
			return disjoint // {$} is the end, and no segment
		}
		return moreGeneral
	case b.wild:
		if a.text == "/" {
			return disjoint
		}
		return moreSpecific
	case a.text == b.text:
		return equal
	}
	return disjoint
}
