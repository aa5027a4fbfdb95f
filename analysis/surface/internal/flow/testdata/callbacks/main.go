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

	"github.com/backstop-go/backstop/analysis/surface/internal/flow/testdata/internal/seen"
)

type byLen []string

func (b byLen) Len() int           { seen.Call(); return len(b) }
func (b byLen) Less(i, j int) bool { seen.Call(); return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { seen.Call(); b[i], b[j] = b[j], b[i] }

type upper struct{ r io.Reader }

func (u upper) Read(p []byte) (int, error) { seen.Call(); return u.r.Read(p) }

type sink struct{}

func (*sink) Write(p []byte) (int, error) { seen.Call(); return len(p), nil }

type stringer struct{}

func (stringer) String() string { seen.Call(); return "s" }

func less(a, b string) int { seen.Call(); return strings.Compare(a, b) }

func main() {
	words := []string{"bb", "a", "ccc"}
	sort.Sort(byLen(words))
	sort.Slice(words, func(i, j int) bool { seen.Call(); return words[i] < words[j] })
	slices.SortFunc(words, less)
	var once sync.Once
	once.Do(func() { seen.Call() })
	io.Copy(&sink{}, bufio.NewReader(upper{strings.NewReader("x")}))
	fmt.Fprintf(new(bytes.Buffer), "%v", stringer{})
	w := bufio.NewWriter(&sink{})
	fmt.Fprint(w, "x")
	w.Flush()
	strings.Map(func(r rune) rune { seen.Call(); return r }, "x")
	fired := make(chan bool)
	time.AfterFunc(time.Millisecond, func() { seen.Call(); close(fired) })
	<-fired
	var m sync.Map
	m.Store(1, 2)
	m.Range(func(k, v any) bool { seen.Call(); return true })
	pool := sync.Pool{New: func() any { seen.Call(); return 1 }}
	pool.Get()
	seen.Done()
}
