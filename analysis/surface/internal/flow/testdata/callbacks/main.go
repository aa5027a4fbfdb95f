// Callbacks holds functions that the standard library calls.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

type byLen []string

func (b byLen) Len() int           { seen(); return len(b) }
func (b byLen) Less(i, j int) bool { seen(); return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { seen(); b[i], b[j] = b[j], b[i] }

type upper struct{ r io.Reader }

func (u upper) Read(p []byte) (int, error) { seen(); return u.r.Read(p) }

type sink struct{}

func (*sink) Write(p []byte) (int, error) { seen(); return len(p), nil }

type stringer struct{}

func (stringer) String() string { seen(); return "s" }

func less(a, b string) int { seen(); return strings.Compare(a, b) }

func main() {
	words := []string{"bb", "a", "ccc"}
	sort.Sort(byLen(words))
	sort.Slice(words, func(i, j int) bool { seen(); return words[i] < words[j] })
	slices.SortFunc(words, less)
	var once sync.Once
	once.Do(func() { seen() })
	io.Copy(&sink{}, bufio.NewReader(upper{strings.NewReader("x")}))
	fmt.Fprintf(new(bytes.Buffer), "%v", stringer{})
	w := bufio.NewWriter(&sink{})
	fmt.Fprint(w, "x")
	w.Flush()
	strings.Map(func(r rune) rune { seen(); return r }, "x")
	fired := make(chan bool)
	time.AfterFunc(time.Millisecond, func() { seen(); close(fired) })
	<-fired
	var m sync.Map
	m.Store(1, 2)
	m.Range(func(k, v any) bool { seen(); return true })
	pool := sync.Pool{New: func() any { seen(); return 1 }}
	pool.Get()
	done()
}
