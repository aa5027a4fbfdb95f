package layout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An UnknownReleaseError says that there is no table for a release: it is newer
// or older than those known, unreleased, or of another architecture.
type UnknownReleaseError struct {
	GoVersion string // as the executable states it
	Arch      string
	Reason    string
}

func (e *UnknownReleaseError) Error() string {
	return fmt.Sprintf("runtime structures of %q on %s are not known: %s", e.GoVersion, e.Arch, e.Reason)
}

// For returns the structures of a release on amd64. The version is what an
// executable states (runtime.Version), "go1.26.8" or "go1.26.8 X:jsonv2". An
// unknown patch release of a known minor one gets the nearest table of that minor
// release, with Exact false: patch releases do differ, so that it must be
// verified before it is used. The error is an [*UnknownReleaseError].
func For(goVersion string) (*Layout, error) {
	all, err := Candidates(goVersion, "amd64")
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Candidates returns what the structures of a release may be on an architecture,
// as GOARCH names it: the one table that is Exact, or else those of its minor
// release, the nearest first; see [Layout.Verify].
func Candidates(goVersion, arch string) ([]*Layout, error) {
	refuse := func(format string, args ...any) ([]*Layout, error) {
		return nil, &UnknownReleaseError{goVersion, arch, fmt.Sprintf(format, args...)}
	}
	t, err := known()
	if err != nil {
		return nil, err // the embedded table is damaged: a test would have failed
	}
	if !slices.Contains(t.archs, arch) {
		return refuse("there are tables for %s", strings.Join(t.archs, " and "))
	}
	v, ok := parseVersion(goVersion)
	switch {
	case goVersion == "":
		return refuse("the executable does not state its release")
	case !ok:
		return refuse("it is no release")
	}
	columns := t.nearest(v)
	if len(columns) == 0 {
		return refuse("there are tables for Go %s to %s", minorOf(t.releases[0]), minorOf(t.releases[len(t.releases)-1]))
	}
	exact := v.plain && t.measured(columns[0], v)
	if exact {
		columns = columns[:1]
	}
	var all []*Layout
	for _, column := range columns {
		release := t.releases[column]
		for _, x := range v.experiments {
			if arch != t.archs[0] || !slices.Contains(t.experiments[release], x) { // they were tried on one only
				return refuse("it was built with GOEXPERIMENT=%s, which may change them", x)
			}
		}
		l := *t.layouts[arch][column]
		l.WaitReasons = slices.Clone(l.WaitReasons)
		l.Exact = exact
		all = append(all, &l)
	}
	return all, nil
}

// Releases returns the releases that tables were extracted from, oldest first.
func Releases() []string {
	t, err := known()
	if err != nil {
		return nil
	}
	return slices.Clone(t.releases)
}

// A version is what a version string says.
type version struct {
	minor, patch int
	plain        bool     // a release as published; not a candidate, nor changed by a vendor
	experiments  []string // that differ from the usual ones
}

// parseVersion reads "go1.26.8", "go1.27rc1", "go1.21.13 (Vendor 1.21.13-1)" and
// "go1.26.8-X:one,two" (internal/buildcfg, runtime.Version). What is not
// a release, such as "devel go1.28-0123abcd Mon Jan ...", is not ok. A first
// release is "go1.20", without a patch number, before Go 1.21.
func parseVersion(s string) (v version, ok bool) {
	// From Go 1.26 on a dash stands before "X:", where there is no other
	// (cmd/link/internal/ld/main.go, go.dev/issue/75953).
	words := strings.Fields(strings.Replace(s, "-X:", " X:", 1))
	if len(words) == 0 {
		return v, false
	}
	rest, ok := strings.CutPrefix(words[0], "go1.")
	if !ok {
		return v, false
	}
	v.minor, rest = number(rest)
	v.plain = true
	if strings.HasPrefix(rest, ".") {
		v.patch, rest = number(rest[1:])
	}
	switch {
	case v.minor < 0 || v.patch < 0:
		return v, false
	case strings.HasPrefix(rest, "-") && unreleased(rest[1:]):
		return v, false
	case rest != "":
		v.plain = false // rc1, -vendor
	}
	for _, w := range words[1:] {
		if list, found := strings.CutPrefix(w, "X:"); found {
			v.experiments = append(v.experiments, strings.Split(list, ",")...)
		} else {
			v.plain = false
		}
	}
	return v, true
}

// unreleased tells "0123abcd", "devel_0123abcd" and the date of a vendor's own
// versions, which stand between releases, from the name of a vendor.
func unreleased(s string) bool {
	head, _, _ := strings.Cut(s, "-")
	return strings.HasPrefix(s, "devel") || len(head) >= 7 && strings.Trim(head, "0123456789abcdef") == ""
}

// number reads the digits that s begins with; -1 if there are none or too many.
func number(s string) (n int, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	if end == 0 || end > 4 {
		return -1, s
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil {
		return -1, s
	}
	return n, s[end:]
}

// minorOf returns "1.26" for "go1.26.8".
func minorOf(release string) string {
	parts := strings.Split(strings.TrimPrefix(release, "go"), ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}
