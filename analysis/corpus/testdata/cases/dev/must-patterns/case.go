// Package match matches names by patterns of users.
//
// Incident #ruleset,#rulesetfixed: go-vela/community#435
// Incident #exclude: openshift/source-to-image#613
// Incident #agents: ua-parser/uap-go#67
// Incident #route: VividCortex/siesta#17
package match

import (
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
)

var (
	word  = regexp.MustCompile(`^\w+$`)                                            // FINE must-runtime: a constant, at the start
	page  = template.Must(template.New("page").Parse("<b>{{.}}</b>"))              // FINE must-runtime: a constant, at the start
	local = netip.MustParsePrefix("127.0.0.0/8")                                   // FINE must-runtime: a constant, at the start
	kinds = map[string]*regexp.Regexp{"word": regexp.MustCompile("^[a-z" + "]+$")} // FINE must-runtime: a constant, at the start
)

// A Ruleset is what a user wrote.
type Ruleset struct {
	Matcher string
	Paths   []string
}

// Match matches one path.
func (r *Ruleset) Match(path string) bool {
	for _, p := range r.Paths {
		if r.Matcher == "regexp" && regexp.MustCompile(p).MatchString(path) { // FAULT must-runtime #ruleset dies: regexp: Compile
			return true
		}
	}
	return false
}

// Exclude makes the filter of a configuration.
func Exclude(config map[string]string) func(string) bool {
	re := regexp.MustCompile(config["exclude"]) // FAULT must-runtime #exclude dies: regexp: Compile
	return func(name string) bool { return !re.MatchString(name) }
}

// Agents loads the patterns that come over the network.
func Agents(lines []string) (list []*regexp.Regexp) {
	for _, l := range lines {
		list = append(list, regexp.MustCompile("(?i)"+l)) // FAULT must-runtime #agents dies: regexp: Compile
	}
	return list
}

// Route compiles the route of a request.
func Route(w http.ResponseWriter, r *http.Request) {
	t := template.Must(template.New("route").Parse(r.FormValue("t"))) // FAULT must-runtime #route dies: template
	_ = t.Execute(w, nil)
}

// Allow says whether an address is allowed.
func Allow(w http.ResponseWriter, r *http.Request) {
	addr := netip.MustParseAddr(r.Header.Get("X-Real-IP")) // FAULT must-runtime #allow dies: ParseAddr
	if !local.Contains(addr) {
		w.WriteHeader(http.StatusForbidden)
	}
}

// MatchFixed returns the error.
func (r *Ruleset) MatchFixed(path string) (bool, error) {
	for _, p := range r.Paths {
		re, err := regexp.Compile(p) // FINE must-runtime #rulesetfixed: returns an error
		if err != nil {
			return false, fmt.Errorf("pattern %q: %w", p, err)
		}
		if re.MatchString(path) {
			return true, nil
		}
	}
	return false, nil
}

// Literal quotes what it is given.
func Literal(s string) *regexp.Regexp {
	return regexp.MustCompile("^" + regexp.QuoteMeta(s) + "$") // FINE must-runtime #literal: quoted
}

func init() {
	for _, k := range strings.Fields("digit space") {
		kinds[k] = regexp.MustCompile(`^[[:` + k + `:]]+$`) // FINE must-runtime: at the start
	}
}

// Fixed compiles a constant at run time, which cannot fail.
func Fixed(s string) bool {
	return regexp.MustCompile(`^v\d+$`).MatchString(s) // FINE must-runtime #fixed: a constant
}

// MustMatch says in its name that it panics; so do its callers know.
func MustMatch(pattern, s string) bool {
	return regexp.MustCompile(pattern).MatchString(s) // FINE must-runtime: the name says Must
}
