package shapes

import (
	"container/heap"
	"container/list"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

var pool = sync.Pool{New: func() any { return new([]byte) }}

func g1() *[]byte { return pool.Get().(*[]byte) }

type pq []int

func (p pq) Len() int           { return len(p) }
func (p pq) Less(i, j int) bool { return p[i] < p[j] }
func (p pq) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *pq) Push(x any)        { *p = append(*p, x.(int)) }
func (p *pq) Pop() any          { o := *p; x := o[len(o)-1]; *p = o[:len(o)-1]; return x }

func g2(p *pq) int { return heap.Pop(p).(int) }

var cfg atomic.Value

func g3() string { return cfg.Load().(string) }

func g4(l *list.List) {
	for e := l.Front(); e != nil; e = e.Next() {
		fmt.Println(e.Value.(string))
	}
}

func g5(b []byte) (string, error) {
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return "", err
	}
	s, ok := m["x"].(string)
	if !ok {
		return "", errors.New("x")
	}
	return s, nil
}

func g6(v any) string {
	switch v.(type) {
	case string:
		return v.(string)
	case fmt.Stringer:
		return v.(fmt.Stringer).String()
	}
	return ""
}

func g7(b []byte) string {
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	if _, ok := m["a"].(string); ok {
		return m["a"].(string)
	}
	return ""
}

type privKey struct{}

func with(ctx context.Context, u *pq) context.Context { return context.WithValue(ctx, privKey{}, u) }
func g8(ctx context.Context) *pq {
	v := ctx.Value(privKey{})
	if v == nil {
		return nil
	}
	return v.(*pq)
}

func g9(c net.Conn) *net.TCPConn {
	if _, ok := c.(*net.TCPConn); !ok {
		return nil
	}
	return c.(*net.TCPConn)
}

func g10(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func g11() map[string]any {
	m := map[string]any{"a": 1}
	_ = m["a"].(int)
	return m
}

var sm sync.Map

func g12(k string) int {
	v, _ := sm.LoadOrStore(k, 1)
	return v.(int)
}

type node interface{ kind() int }
type lit struct{}

func (lit) kind() int { return 1 }

func g13(n node) lit {
	if n.kind() == 1 {
		return n.(lit)
	}
	return lit{}
}

func g14(err error) bool {
	var e *httpError
	return errors.As(err, &e)
}
