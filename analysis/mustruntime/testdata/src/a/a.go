package a

import (
	"b"
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Faults.

type filter struct {
	Pattern string
	re      *regexp.Regexp
}

func (f *filter) compile() error {
	f.re = regexp.MustCompile(f.Pattern) // want `regexp.MustCompile panics when it does not accept f.Pattern, which is only known at run time: call the function that returns an error`
	return nil
}

func Match(pattern, s string) bool {
	return regexp.MustCompile(pattern).MatchString(s) // want `regexp.MustCompile panics when it does not accept pattern`
}

func All(patterns []string) (list []*regexp.Regexp) {
	for _, p := range patterns {
		list = append(list, regexp.MustCompile("(?i)"+p)) // want `regexp.MustCompile`
	}
	return list
}

func page(w http.ResponseWriter, r *http.Request) {
	t := template.Must(template.New("t").Parse(r.FormValue("t"))) // want `template.Must`
	_ = t.Execute(w, nil)
	addr := netip.MustParseAddr(r.RemoteAddr) // want `netip.MustParseAddr panics when it does not accept r.RemoteAddr`
	_ = addr
	_ = uuid.MustParse(r.FormValue("id"))          // want `uuid.MustParse`
	id := uuid.Must(uuid.Parse(r.PathValue("id"))) // want `uuid.Must`
	_ = id
	_ = b.MustPort(r.FormValue("port")) // want `b.MustPort panics`
}

func lazily(pattern string) func(string) bool {
	return func(s string) bool {
		return regexp.MustCompilePOSIX(pattern).MatchString(s) // want `regexp.MustCompilePOSIX`
	}
}

func env(s string) bool {
	re := regexp.MustCompile(os.Getenv("PATTERN")) // want `regexp.MustCompile`
	return re.MatchString(s)
}

func goroutine(patterns chan string) {
	go func() {
		for p := range patterns {
			regexp.MustCompile(p) // want `regexp.MustCompile`
		}
	}()
}

func generic[T ~string](pattern T) *regexp.Regexp {
	return regexp.MustCompile(string(pattern)) // want `regexp.MustCompile`
}

func mustPort(s string) int {
	if s == "" {
		panic("no port")
	}
	return len(s)
}

func listen(s string) error {
	_ = mustPort(s) // want `mustPort panics when it does not accept s`
	return nil
}

func show(s string) {
	println(mustPort(s)) // want `mustPort panics when it does not accept s`
}

// No faults.

// A number makes no bad pattern.
func numbers(n int) *regexp.Regexp {
	_ = regexp.MustCompile("^a{" + strconv.Itoa(n%9) + "}$")
	return regexp.MustCompile(fmt.Sprintf(`^\d{%d}$`, n%9))
}

const digits = `\d+`

var (
	word    = regexp.MustCompile(`^\w+$`)
	both    = regexp.MustCompile("^" + digits + "$")
	home    = template.Must(template.ParseFiles("home.html"))
	kinds   = []string{"digit", "space"}
	table   = map[string]string{"a": "^a"}
	started = build("x")
)

func init() {
	for _, k := range strings.Fields(os.Getenv("KINDS")) {
		regexp.MustCompile(k) // at the start
	}
	setup(os.Getenv("SETUP"))
}

// Only init and a variable call them.
func setup(s string) { regexp.MustCompile(s) }

func build(s string) *regexp.Regexp { return regexp.MustCompile("^" + s) }

func constants(s string) bool {
	if regexp.MustCompile(`^v` + digits).MatchString(s) {
		return true
	}
	for _, k := range kinds {
		if regexp.MustCompile("[[:" + k + ":]]").MatchString(s) { // of a variable of the package
			return true
		}
	}
	for _, p := range []string{"^a", "^b"} {
		if regexp.MustCompile(p).MatchString(s) {
			return true
		}
	}
	for _, p := range table {
		if regexp.MustCompile(p).MatchString(s) {
			return true
		}
	}
	return regexp.MustCompile("^" + regexp.QuoteMeta(s) + "$").MatchString(s) // quoted
}

// Its own name says it.
func MustMatch(pattern, s string) bool {
	return regexp.MustCompile(pattern).MatchString(s)
}

func mustAll(patterns []string) {
	for _, p := range patterns {
		regexp.MustCompile(p)
	}
}

func fresh() uuid.UUID {
	return uuid.Must(uuid.NewRandom()) // no input
}

func fine(pattern string) (*regexp.Regexp, error) {
	_ = b.MustReturn(pattern) // it panics nowhere
	_ = b.MustPort("80")      // a constant
	return regexp.Compile(pattern)
}

// A guard of its own makes an error of it.
func guarded(pattern string) (re *regexp.Regexp, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = os.ErrInvalid
		}
	}()
	return regexp.MustCompile(pattern), nil
}

// The function that returns an error has said yes.
func asked(s string) (netip.Addr, bool) {
	if _, err := netip.ParseAddr(s); err != nil {
		return netip.Addr{}, false
	}
	return netip.MustParseAddr(s), true
}

// It was asked for something else.
func askedElse(s, t string) (netip.Addr, bool) {
	if _, err := netip.ParseAddr(s); err != nil {
		return netip.Addr{}, false
	}
	return netip.MustParseAddr(t), true // want `netip.MustParseAddr panics when it does not accept t`
}

// Only constants are given.
func strip(tag string, names ...string) string {
	for _, n := range names {
		tag = regexp.MustCompile("("+n+"(:.*?)?)").ReplaceAllString(tag, "")
	}
	return tag
}

func stripped(tag string) string { return strip(strip(tag, "embedded"), "type", "size") }

// Compared with a constant before.
func precision(kind, full string) bool {
	return kind == "decimal" || kind == "numeric" && regexp.MustCompile(kind+`\(.*\)`).FindString(full) != ""
}

// A constructor without an error: the program calls it while it starts.
func NewRules(rules map[string]string) (list []*regexp.Regexp) {
	for k := range rules {
		list = append(list, regexp.MustCompile(k+"$"))
	}
	return list
}

// It could have returned one.
func NewRule(rule string) (*regexp.Regexp, error) {
	return regexp.MustCompile(rule), nil // want `regexp.MustCompile panics when it does not accept rule`
}

type ready struct{ status byte }

func (r *ready) Encode(to []byte) ([]byte, error) { return append(to, r.status), nil }

func mustEncode(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// An encoder fails of the program's own types.
func answer(to []byte) []byte { return mustEncode((&ready{1}).Encode(to)) }

func mustValid(p netip.Prefix) netip.Prefix {
	if !p.IsValid() {
		panic("no prefix")
	}
	return p
}

// The error has been looked at, and what was parsed once is so again.
func parsed(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	_ = netip.MustParseAddr(p.Addr().String())
	return mustValid(p), nil
}

// It compiles, because it was compiled.
func anchored(r *regexp.Regexp) *regexp.Regexp { return regexp.MustCompile("^" + r.String()) }
