// Package config reads documents of unknown shape.
//
// Incident #root,#rootfixed: uber-go/nilaway#150
// Incident #args,#argsfixed: SigNoz/signoz-mcp-server#207
// Incident #items: ernestio/ernest#38
// Incident #transition: qmuntal/stateless#36
package config

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Children reads a document.
func Children(raw []byte) ([]any, error) {
	var data map[string]any
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, err
	}
	root := data["root"].(map[string]any) // FAULT type-assert #root panic: interface conversion
	return root["children"].([]any), nil  // FAULT type-assert #root2 panic: interface conversion
}

// A Call is a call of a tool.
type Call struct{ Arguments any }

// Limit reads an argument.
func Limit(raw []byte) (int, error) {
	var c Call
	if err := json.Unmarshal(raw, &c); err != nil {
		return 0, err
	}
	args := c.Arguments.(map[string]any) // FAULT type-assert #args panic: interface conversion
	n, ok := args["limit"].(float64)
	if !ok {
		return 0, errors.New("no limit")
	}
	return int(n), nil
}

// Items reads a list that is null in a first build.
func Items(raw []byte) (names []string) {
	var doc any
	_ = json.Unmarshal(raw, &doc)
	for _, it := range doc.([]any) { // FAULT type-assert #items panic: interface conversion
		names = append(names, fmt.Sprint(it))
	}
	return names
}

type key struct{}

// Transition reads the context.
func Transition(ctx context.Context) string {
	return ctx.Value(key{}).(string) // FAULT type-assert #transition panic: interface conversion
}

// ChildrenFixed checks.
func ChildrenFixed(raw []byte) ([]any, error) {
	var data map[string]any
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, err
	}
	root, ok := data["root"].(map[string]any) // FINE type-assert #rootfixed: comma ok
	if !ok {
		return nil, errors.New("no root")
	}
	list, _ := root["children"].([]any) // FINE type-assert #rootfixed: comma ok
	return list, nil
}

// LimitFixed switches.
func LimitFixed(v any) int {
	switch v := v.(type) { // FINE type-assert #argsfixed: a type switch
	case float64:
		return int(v)
	case int:
		return v
	}
	return 0
}

type queue []int

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i] < q[j] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(int)) } // FINE type-assert #heap: only our own calls of heap.Push
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// Smallest uses the heap.
func Smallest(in []int) int {
	q := &queue{}
	for _, v := range in {
		heap.Push(q, v)
	}
	return heap.Pop(q).(int) // FINE type-assert #heap: the heap holds ints only
}

var buffers = sync.Pool{New: func() any { return new([64]byte) }}

// Buffer takes a buffer.
func Buffer() *[64]byte {
	return buffers.Get().(*[64]byte) // FINE type-assert #pool: the pool holds one type
}

var current atomic.Value

// Store stores and loads.
func Store(names []string) []string {
	current.Store(names)
	return current.Load().([]string) // FINE type-assert #atomic: stored on the line above, and nothing else is
}

// Known tests first.
func Known(v any) string {
	if _, ok := v.(string); !ok {
		return ""
	}
	return v.(string) // FINE type-assert #known: tested above
}
