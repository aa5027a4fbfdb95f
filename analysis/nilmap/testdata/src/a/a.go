package a

import (
	"encoding/json"
	"maps"
	"net/textproto"

	"b"
)

func declared() {
	var m map[string]int
	m["x"] = 1 // want `nil-map: the map is declared and never made: the write panics`
}

func onAPath(big bool) map[string]int {
	var m map[string]int
	if big {
		m = make(map[string]int, 100)
	}
	m["x"]++ // want `the map m has not been made on a path that leads here`
	return m
}

func switched(kind string) {
	var m map[string]int
	switch kind {
	case "a":
		m = map[string]int{"a": 1}
	case "b":
		m = map[string]int{"b": 1}
	}
	m["x"] = 1 // want `the map m has not been made`
}

func inClosure() {
	var m map[string]int
	func() {
		m["x"] = 1 // want `never made`
	}()
}

func inLoop(words []string) {
	var counts map[string]int
	for _, w := range words {
		counts[w]++ // want `never made`
	}
}

type cache struct {
	m map[string]int
	n int
}

func newCache() *cache { return &cache{n: 1} }

func (c *cache) set(k string) {
	c.m[k] = 1 // want `nothing in the package makes the map m`
}

func (c *cache) get(k string) int { return c.m[k] }

type generic[K comparable, V any] struct {
	entries map[K]V
}

func newGeneric[K comparable, V any]() *generic[K, V] { return new(generic[K, V]) }

func (g *generic[K, V]) put(k K, v V) {
	g.entries[k] = v // want `nothing in the package makes the map entries`
}

var registry map[string]func()

func register(name string, f func()) {
	registry[name] = f // want `nothing in the package makes the map registry`
}

type Options struct {
	Labels map[string]string
	Name   string
}

func literal() *Options {
	o := &Options{Name: "x"}
	o.Labels["a"] = "b" // want `never made`
	return o
}

func zeroStruct() Options {
	var o Options
	o.Labels["a"] = "b" // want `never made`
	return o
}

func newStruct() *Options {
	o := new(Options)
	o.Labels["a"] = "b" // want `never made`
	return o
}

func fromFunction(name string) map[string]string {
	m := b.Labels(name)
	m["x"] = "y" // want `the map that b.Labels returned is nil on a path`
	return m
}

func withError(name string) map[string]string {
	m, _ := b.Load(name)
	m["x"] = "y" // want `the map that b.Load returned is nil`
	return m
}

func notReturned(name string) map[string]string {
	m, err := b.Load(name)
	if err != nil {
		println(err.Error())
	}
	m["x"] = "y" // want `the map that b.Load returned is nil`
	return m
}

func given() {
	var m map[string]int
	b.Fill(m) // want `b.Fill writes to it`
}

func method() {
	var s b.Set
	s.Add("x") // want `Add writes to it`
}

func header() {
	var h textproto.MIMEHeader
	h.Set("a", "b") // want `Set writes to it`
}

func copied(src map[string]int) map[string]int {
	var dst map[string]int
	maps.Copy(dst, src) // want `maps.Copy writes to it`
	return dst
}

func nested() {
	m := make(map[string]map[string]int)
	m["a"]["b"] = 1 // want `entries are nil until they are made`
}

func slice(n int) {
	shards := make([]map[string]int, n)
	shards[0]["a"] = 1 // want `make leaves elements nil`
}

func checkedWrongWay() {
	var m map[string]int
	if m == nil {
		m["x"] = 1 // want `never made`
	}
}

// Look-alikes.

// Reading, ranging, deleting and clearing are fine.
func reads() int {
	var m map[string]int
	delete(m, "x")
	clear(m)
	for range m {
	}
	return m["x"] + len(m)
}

// Made before the write.
func made() {
	var m map[string]int
	m = make(map[string]int)
	m["x"] = 1
}

// Made on both ways.
func both(big bool) {
	var m map[string]int
	if big {
		m = make(map[string]int, 100)
	} else {
		m = map[string]int{}
	}
	m["x"] = 1
}

// Made when it is found to be nil.
func lazily(words []string) map[string]int {
	var m map[string]int
	for _, w := range words {
		if m == nil {
			m = make(map[string]int)
		}
		m[w]++
	}
	return m
}

// The same condition guards both.
func sameCondition(on bool) {
	var m map[string]int
	if on {
		m = make(map[string]int)
	}
	println("now")
	if on {
		m["x"] = 1
	}
}

// Made for something, and written for each of it.
func forEach(words []string) map[string]int {
	var m map[string]int
	if len(words) > 0 {
		m = make(map[string]int)
	}
	for _, w := range words {
		m[w]++
	}
	return m
}

// Decoded before the write.
func decoded(data []byte) error {
	var m map[string]int
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	m["x"] = 1
	return nil
}

// Others make it: the package only gets it.
type part struct{ m map[string]int }

func (p *part) add() { p.m["x"]++ }

// The map is the one that was given, or nil for nil.
func cloned(m map[string]int) map[string]int {
	m = maps.Clone(m)
	m["x"] = 1
	return m
}

type lazy struct{ m map[string]int }

// Made when it is found to be nil.
func (l *lazy) set(k string) {
	if l.m == nil {
		l.m = make(map[string]int)
	}
	l.m[k] = 1
}

type initialised struct{ m map[string]int }

func newInitialised() *initialised { return &initialised{m: map[string]int{}} }

// The constructor makes it.
func (i *initialised) set(k string) { i.m[k] = 1 }

// The field is set before the write.
func later() *Options {
	o := &Options{}
	o.Labels = make(map[string]string)
	o.Labels["a"] = "b"
	return o
}

// Somebody is given the struct first.
func setup(init func(*Options)) {
	o := &Options{}
	init(o)
	o.Labels["a"] = "b"
}

// An exported field may be set by others.
func (o *Options) Set(k, v string) { o.Labels[k] = v }

var table = map[string]int{}

// A package variable with a value.
func count(k string) { table[k]++ }

var later2 map[string]int

func init() { later2 = make(map[string]int) }

// A package variable that init gives a value.
func count2(k string) { later2[k]++ }

// The result is checked.
func resultChecked(name string) map[string]string {
	m := b.Labels(name)
	if m == nil {
		m = make(map[string]string)
	}
	m["x"] = "y"
	return m
}

// The error is checked.
func errorChecked(name string) map[string]string {
	m, err := b.Load(name)
	if err != nil {
		return nil
	}
	m["x"] = "y"
	return m
}

// The callee makes its own.
func givenSafe() map[string]int {
	var m map[string]int
	return b.FillSafe(m)
}

// The entry is made first.
func nestedMade(k string) {
	m := make(map[string]map[string]int)
	m[k] = make(map[string]int)
	m[k]["b"] = 1
}

// The elements are made first.
func sliceMade(n int) {
	shards := make([]map[string]int, n)
	for i := range shards {
		shards[i] = make(map[string]int)
	}
	shards[0]["a"] = 1
}

// Assigned by a literal that runs before.
func assignedInLiteral(once func(func())) {
	var m map[string]int
	once(func() { m = make(map[string]int) })
	m["x"] = 1
}
