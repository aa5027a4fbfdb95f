package a

import (
	"b"
	"container/heap"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Explicit panics.

func explicit(n int) {
	if n < 0 {
		panic("negative") // want `possible explicit: panics with "negative"`
	}
}

func onError(path string) {
	f, err := os.Open(path)
	if err != nil {
		panic(err) // want `likely explicit`
	}
	f.Close()
}

type state int

const (
	idle state = iota
	busy
)

// The default of a switch over all values of a type is an invariant.
func (s state) String() string {
	switch s {
	case idle:
		return "idle"
	case busy:
		return "busy"
	default:
		panic(fmt.Sprintf("unknown state %d", int(s)))
	}
}

// The author holds it impossible.
func unreachable(n int) int {
	if n > 0 {
		return 1
	}
	panic("unreachable")
}

type server struct {
	closed bool
	onName func(string)
	clock  func() int
	queue  chan string
	hooks  []func(string)
	byName map[string]func()
	users  map[string]*user
	pool   sync.Pool
}

type user struct{ name string }

func newServer(on func(string)) *server {
	if on == nil {
		panic("no callback") // want `possible explicit`
	}
	return &server{onName: on}
}

func (s *server) start() {
	if s.closed {
		panic("closed") // want `possible explicit`
	}
}

func compile(expr string) *regexp.Regexp {
	_ = regexp.MustCompile("^a+$") // a constant
	_ = regexp.MustCompile("^" + regexp.QuoteMeta(expr))
	return regexp.MustCompile(expr) // want `likely explicit: calls MustCompile`
}

// Assertions.

func assert(v any, m map[string]any) {
	_ = v.(string)       // want `likely assertion: asserts v.\(string\) without ok`
	_ = m["n"].(float64) // want `likely assertion`
	if _, ok := m["k"].(int); ok {
		_ = m["k"].(int) // checked before
	}
	if s, ok := v.(string); ok {
		_ = s
	}
}

func (s *server) get() *user {
	return s.pool.Get().(*user) // it holds what the program puts there
}

type queue []int

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i] < q[j] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(v any)        { *q = append(*q, v.(int)) }
func (q *queue) Pop() any {
	old := *q
	v := old[len(old)-1]
	*q = old[:len(old)-1]
	return v
}

func pop(q *queue) int { return heap.Pop(q).(int) }

// Maps.

var registry map[string]int

func maps() {
	var m map[string]int
	m["a"] = 1        // want `likely nil-map`
	registry["a"] = 1 // want `likely nil-map`
	n := map[string]int{}
	n["a"] = 1
}

func (s *server) user(name string) string {
	return s.users[name].name // want `possible nil-deref`
}

func (s *server) userChecked(name string) string {
	u := s.users[name]
	if u == nil {
		return ""
	}
	return u.name
}

// Indexes.

func index(line string, list []string, n int) {
	parts := strings.Split(line, ":")
	_ = parts[0] // there is always one
	_ = parts[1] // want `likely index: reads strings.Split\[1\]`
	if len(parts) == 3 {
		_ = parts[2]
	}
	_ = list[0] // want `possible index`
	_ = list[n] // want `possible index`
	if n < len(list) {
		_ = list[n]
	}
	for i := range list {
		_ = list[i]
	}
	for i := 0; i < len(list)-1; i++ {
		_ = list[i+1]
	}
	i := strings.Index(line, "=")
	_ = line[:i] // want `likely index: cuts line at strings.Index`
	if j := strings.Index(line, "="); j >= 0 {
		_ = line[:j]
	}
	var table [256]int
	_ = table[line[0]]
	sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
}

// The remainder of a negative number is negative.
func parsed(list []string, text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return ""
	}
	_ = list[n%3]  // want `likely index`
	return list[n] // want `likely index`
}

func remainder(list []string, text string) string {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || len(list) < 3 {
		return ""
	}
	return list[n%3]
}

func never() {
	var list []string
	_ = list[5] // want `likely index: uses list\[5\], which is beyond the end whenever it runs`
}

func arguments() string {
	_ = os.Args[0]
	return os.Args[3] // want `likely index: uses os.Args\[3\] without a check`
}

func argumentsCut() []string {
	return os.Args[2:] // want `likely index: cuts os.Args\[2:\] without a check`
}

func (r *request) fill() {
	r.Items = make([]string, 1)
	r.Items[0] = "first"
}

func whole(r *request) bool { return len(r.Items) > 0 }

func decodedAsked(data []byte) string {
	r := new(request)
	if err := json.Unmarshal(data, r); err != nil || !whole(r) {
		return ""
	}
	return r.Items[len(r.Items)-1]
}

func argumentsAsked() (string, []string) {
	if len(os.Args) < 4 {
		return "", nil
	}
	return os.Args[3], os.Args[2:]
}

func made() string {
	list := make([]string, 6)
	return list[5]
}

func mayBeNil(full bool) string {
	var list []string
	if full {
		list = []string{"a", "b", "c"}
	}
	if len(list) > 2 {
		return list[2]
	}
	return ""
}

func theSame(a, b []byte) bool {
	return Equal(a, b)
}

func Equal(a, b []byte) bool {
	for n := range a {
		if a[n] != b[n] { // want `possible index: uses b\[n\] without a check`
			return false
		}
	}
	return true
}

func callNever() { // want `can panic: likely index in never`
	never()
}

func lines(text string) {
	for _, line := range strings.Split(text, "\n") {
		_ = strings.Fields(line)[1] // want `likely index`
	}
}

func divide(a, b int) int {
	_ = a / 2
	return a % b // want `possible divide`
}

func divideChecked(a, b int) int {
	if b != 0 {
		return a / b
	}
	return 0
}

// Results.

func unchecked(url string) {
	resp, _ := http.Get(url)
	defer resp.Body.Close() // want `likely unchecked-result: uses the result of http.Get`
}

func logged(url string) {
	resp, err := http.Get(url)
	if err != nil {
		println(err.Error())
	}
	_ = resp.Status // want `likely unchecked-result`
}

func fine(url string) {
	resp, err := http.Get(url)
	if err != nil {
		return
	}
	_ = resp.Status
}

type request struct {
	User  *user
	Items []string
}

func decode(data []byte) {
	var r request
	if json.Unmarshal(data, &r) != nil {
		return
	}
	_ = r.User.name // want `likely nil-deref: uses r.User`
	_ = r.Items[0]  // want `likely index`
	if r.User != nil {
		_ = r.User.name
	}
}

func find(users []*user, name string) *user {
	for _, u := range users {
		if u.name == name {
			return u
		}
	}
	return nil
}

func found(users []*user) string {
	return find(users, "a").name // want `possible nil-deref: uses what find returns`
}

func foundChecked(users []*user) string {
	if u := find(users, "a"); u != nil {
		return u.name
	}
	return ""
}

func makes(text string) []byte {
	n, _ := strconv.Atoi(text)
	return make([]byte, n) // want `possible make`
}

func cut(data []byte, n int) []byte {
	return data[:n] // want `possible index`
}

// Callbacks.

func (s *server) emit(name string) {
	s.onName(name) // want `possible callback`
	_ = s.clock()  // a seam for tests
	for _, h := range s.hooks {
		h(name) // want `possible callback`
	}
	s.byName[name]() // want `possible callback`
}

func worker(jobs <-chan func()) {
	for job := range jobs {
		job() // want `likely callback`
	}
}

type option func(*server)

// Options set fields.
func configure(s *server, opts []option) {
	for _, o := range opts {
		o(s)
	}
}

func variadic(s *server, opts ...func(*server)) {
	for _, o := range opts {
		o(s)
	}
}

// What is passed to it is looked at where it is passed.
func with(f func()) {
	f()
}

// It is there to run what others pass.
func goAll(f func()) {
	go func() {
		f() // want `likely callback`
	}()
}

func fields(u struct{ each func() }, checks []func()) {
	u.each()
	for _, c := range checks {
		c()
	}
}

func local() {
	f := func() {}
	f()
}

// Calls.

func callExplicit(n int) { // want `can panic: possible explicit in explicit`
	explicit(n)
}

func callFar(s string) { // want `can panic: likely explicit in Explode`
	b.Deep(s)
}

func callQuiet(s string) { b.Quiet(s) }

func callGuarded(n int) {
	defer func() {
		if r := recover(); r != nil {
			println("recovered")
		}
	}()
	explicit(n)
}

func callWith() { // want `can panic: possible explicit in explicit`
	with(func() { explicit(1) })
}

func callWithFine() {
	with(func() { println("nothing") })
}

func callSpawns() {
	go explicit(1)
}

func callRecursive(n int) { // want `can panic: possible explicit in explicit`
	if n > 0 {
		callRecursive(n - 1)
	}
	explicit(n)
}

func callState(s state) string { return s.String() }

func callUnreachable() int { return unreachable(1) }

func callGeneric() { // want `can panic: likely assertion in generic`
	generic[int](1)
}

func generic[T any](v any) T { return v.(T) } // want `likely assertion`

func callOwn(jobs chan int) {
	for j := range jobs {
		println(j)
	}
}
