package summary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// version changes with the format and with what analyzers put in it.
const version = "backstop surface 1\n"

// ErrFormat is returned for bytes that are no summary of this version.
var ErrFormat = errors.New("no summary of this version")

// Encode returns the summary as bytes for [Decode].
func (s *Summary) Encode() []byte { return EncodeAll([]*Summary{s}) }

// EncodeAll returns several summaries as bytes for [DecodeAll]. Texts that they
// share are written once.
func EncodeAll(all []*Summary) []byte {
	c := &codec{writing: true, ids: make(map[string]uint32)}
	list(c, &all, func(s **Summary) { c.summary(*s) })
	out := []byte(version)
	out = binary.AppendUvarint(out, uint64(len(c.table)))
	for _, t := range c.table {
		out = binary.AppendUvarint(out, uint64(len(t)))
	}
	for _, t := range c.table {
		out = append(out, t...)
	}
	return append(out, c.buf...)
}

// Decode reads what Encode wrote. Damaged bytes are an error, or a summary that
// keeps its indexes within bounds.
func Decode(b []byte) (*Summary, error) {
	all, err := DecodeAll(b)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("%w: %d summaries instead of one", ErrFormat, len(all))
	}
	return all[0], nil
}

// DecodeAll reads what EncodeAll wrote.
func DecodeAll(b []byte) ([]*Summary, error) {
	rest, ok := strings.CutPrefix(string(b), version)
	if !ok {
		return nil, ErrFormat
	}
	c := &codec{}
	if err := c.readTable(rest); err != nil {
		return nil, err
	}
	var all []*Summary
	list(c, &all, func(s **Summary) { *s = new(Summary); c.summary(*s) })
	switch {
	case c.failed:
		return nil, fmt.Errorf("%w: it ends early, or counts more than there is", ErrFormat)
	case len(c.buf) > 0:
		return nil, fmt.Errorf("%w: %d bytes too many", ErrFormat, len(c.buf))
	}
	for _, s := range all {
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	return all, nil
}

// A codec walks a summary once to write it and once to read it, so that the two
// cannot disagree.
type codec struct {
	writing bool
	failed  bool
	buf     []byte
	table   []string
	ids     map[string]uint32 // when writing
}

func (c *codec) readTable(rest string) error {
	c.buf = []byte(rest)
	var n uint32
	c.num(&n)
	if int(n) > len(c.buf) {
		return fmt.Errorf("%w: %d strings in %d bytes", ErrFormat, n, len(c.buf))
	}
	sizes := make([]uint32, n)
	total := 0
	for i := range sizes {
		c.num(&sizes[i])
		total += int(sizes[i])
	}
	if c.failed || total > len(c.buf) {
		return fmt.Errorf("%w: the strings are cut", ErrFormat)
	}
	text := rest[len(rest)-len(c.buf):]
	c.table = make([]string, n)
	for i, size := range sizes {
		c.table[i], text = text[:size], text[size:]
	}
	c.buf = c.buf[total:]
	return nil
}

func (c *codec) num(p *uint32) {
	if c.writing {
		c.buf = binary.AppendUvarint(c.buf, uint64(*p))
		return
	}
	v, n := binary.Uvarint(c.buf)
	if n <= 0 || v > 1<<31 {
		c.failed, c.buf, *p = true, nil, 0
		return
	}
	*p, c.buf = uint32(v), c.buf[n:]
}

func (c *codec) text(p *string) {
	if c.writing {
		id, ok := c.ids[*p]
		if !ok {
			id = uint32(len(c.table))
			c.ids[*p] = id
			c.table = append(c.table, *p)
		}
		c.num(&id)
		return
	}
	var id uint32
	c.num(&id)
	if int(id) >= len(c.table) {
		c.failed = true
		return
	}
	*p = c.table[id]
}

// bits carries booleans together in one number.
func (c *codec) bits(flags ...*bool) {
	var n uint32
	for i, f := range flags {
		if *f {
			n |= 1 << i
		}
	}
	c.num(&n)
	for i, f := range flags {
		*f = n&(1<<i) != 0
	}
}

func list[T any](c *codec, p *[]T, each func(*T)) {
	n := uint32(len(*p))
	c.num(&n)
	if !c.writing {
		if int(n) > len(c.buf) { // each takes a byte at least
			c.failed = true
			return
		}
		if n > 0 {
			*p = make([]T, n)
		}
	}
	for i := range *p {
		if c.failed {
			return
		}
		each(&(*p)[i])
	}
}

func (c *codec) summary(s *Summary) {
	c.text(&s.Path)
	c.text(&s.Name)
	list(c, &s.Files, c.text)
	list(c, &s.Nodes, func(n *Node) {
		c.num((*uint32)(&n.Kind))
		if n.Kind != Local {
			c.text(&n.Name)
			c.num(&n.Index)
		}
	})
	list(c, &s.Filters, func(f *Filter) { list(c, &f.Methods, c.text); c.text(&f.Sig) })
	list(c, &s.Types, func(t *Type) {
		c.text(&t.Name)
		list(c, &t.Methods, func(m *Method) { c.text(&m.Name); c.text(&m.Func); c.bits(&m.Pointer) })
	})
	list(c, &s.Funcs, c.function)
}

func (c *codec) pos(p *Pos) { c.num(&p.File); c.num(&p.Line) }

func (c *codec) function(f *Func) {
	c.text(&f.Name)
	c.text(&f.Sig)
	c.pos(&f.Pos)
	c.bits(&f.Exported)
	c.num(&f.Guard)
	list(c, &f.Callbacks, func(b *Callback) { c.num(&b.Param); c.text(&b.Where); c.bits(&b.Guarded); c.text(&b.By) })
	list(c, &f.Seeds, func(s *Seed) { c.num(&s.To); c.bits(&s.Func, &s.Pointer); c.text(&s.Name) })
	list(c, &f.Edges, func(e *Edge) { c.num(&e.From); c.num(&e.To); c.num(&e.Filter) })
	list(c, &f.Calls, c.call)
	list(c, &f.Sites, func(s *Site) { c.text(&s.Kind); c.num(&s.Grade); c.text(&s.Why); c.bits(&s.Covered); c.pos(&s.Pos) })
}

func (c *codec) call(l *Call) {
	arg := func(a *Arg) { c.num(&a.Index); c.num(&a.Node); list(c, &a.Methods, c.text) }
	static := l.Callee != ""
	c.bits(&static, &l.Covered)
	c.num(&l.Mode)
	if static {
		c.text(&l.Callee)
	} else {
		c.text(&l.Method)
		c.text(&l.Sig)
		c.num(&l.On)
	}
	c.pos(&l.Pos)
	list(c, &l.Args, arg)
	list(c, &l.Results, arg)
}

// check keeps indexes within bounds, so that who links needs not ask.
func (s *Summary) check() error {
	node := func(n NodeID) bool { return int(n) < len(s.Nodes) || n == 0 }
	pos := func(p Pos) bool { return int(p.File) < len(s.Files) || p == (Pos{}) }
	arg := func(a Arg) bool { return !node(a.Node) }
	for _, n := range s.Nodes {
		if n.Kind >= lastKind {
			return fmt.Errorf("node of kind %d", n.Kind)
		}
	}
	for _, f := range s.Funcs {
		ok := pos(f.Pos)
		for _, seed := range f.Seeds {
			ok = ok && node(seed.To)
		}
		for _, e := range f.Edges {
			ok = ok && node(e.From) && node(e.To) && int(e.Filter) <= len(s.Filters)
		}
		for _, l := range f.Calls {
			ok = ok && node(l.On) && pos(l.Pos) && !slices.ContainsFunc(l.Args, arg) && !slices.ContainsFunc(l.Results, arg)
		}
		for _, site := range f.Sites {
			ok = ok && pos(site.Pos)
		}
		if !ok {
			return fmt.Errorf("an index in %s is out of bounds", f.Name)
		}
	}
	return nil
}
