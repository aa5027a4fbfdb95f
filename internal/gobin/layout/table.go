package layout

import (
	_ "embed"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// text is the tables, a row for each field and a column for each release:
//
//	# comment
//	releases	go1.21.13	go1.22.12	...
//	same	go1.23.12	go1.23.6	...         releases whose values are the same
//	experiments	go1.26.8	jsonv2	...         GOEXPERIMENTs that change none of them
//	arch	any                                 what follows is of all architectures
//	const _Gidle	0	0	...
//	runtime.g goid	152	152	160	...          offset; - where there is none
//	waitreason "GC assist wait"	5	5	...
//	labels	map	map	map	list	...
//	arch	amd64                               what follows is of this one
//
//go:embed table.txt
var text string

// A table is text, parsed.
type table struct {
	releases    []string // oldest first
	sames       map[string][]string
	experiments map[string][]string
	archs       []string
	layouts     map[string][]*Layout // by architecture, then like releases
}

var known = sync.OnceValues(func() (*table, error) { return parse(text) })

// rows are the values of one architecture, by the name of the row.
type rows map[string][]string

// parse reads a table.
func parse(text string) (*table, error) {
	t := &table{sames: map[string][]string{}, experiments: map[string][]string{}, layouts: map[string][]*Layout{}}
	archs := map[string]rows{}
	var current rows
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		name, values := cells[0], cells[1:]
		switch {
		case name == "releases":
			t.releases = values
		case name == "same" && len(values) > 1:
			t.sames[values[0]] = values[1:]
		case name == "experiments" && len(values) > 0:
			t.experiments[values[0]] = values[1:]
		case name == "arch" && len(values) == 1:
			current = rows{}
			archs[values[0]] = current
			if values[0] != "any" {
				t.archs = append(t.archs, values[0])
			}
		case current != nil && len(values) == len(t.releases):
			current[name] = values
		default:
			return nil, fmt.Errorf("table of runtime structures: line %d is no row of %d releases", n+1, len(t.releases))
		}
	}
	for _, arch := range t.archs {
		for i, release := range t.releases {
			l, err := fill(archs[arch], archs["any"], i)
			if err != nil {
				return nil, fmt.Errorf("table of runtime structures: %s, %s: %w", release, arch, err)
			}
			l.Release, l.Arch = release, arch
			t.layouts[arch] = append(t.layouts[arch], l)
		}
	}
	return t, nil
}

// fill makes the layout of the release in a column.
func fill(arch, everywhere rows, column int) (*Layout, error) {
	l := &Layout{}
	for _, r := range Rows() {
		cells, ok := arch[r.Name]
		if !ok {
			cells, ok = everywhere[r.Name]
		}
		if !ok {
			return nil, fmt.Errorf("no row %q: run go generate", r.Name)
		}
		cell, field := cells[column], r.field(l)
		if cell == "-" {
			if r.Const {
				field.SetUint(uint64(NoStatus))
			} else {
				field.SetInt(int64(Absent))
			}
			continue
		}
		n, err := strconv.ParseUint(cell, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", r.Name, err)
		}
		if r.Const {
			field.SetUint(n)
		} else {
			field.SetInt(int64(n))
		}
	}
	return l, l.others(everywhere, column)
}

// others reads the rows that are no fields.
func (l *Layout) others(everywhere rows, column int) error {
	for name, cells := range everywhere {
		quoted, ok := strings.CutPrefix(name, "waitreason ")
		if !ok || cells[column] == "-" {
			continue
		}
		reason, err := strconv.Unquote(quoted)
		if err != nil {
			return fmt.Errorf("row %s: %w", name, err)
		}
		n, err := strconv.ParseUint(cells[column], 10, 8)
		if err != nil {
			return fmt.Errorf("row %s: %w", name, err)
		}
		for uint64(len(l.WaitReasons)) <= n {
			l.WaitReasons = append(l.WaitReasons, "")
		}
		l.WaitReasons[n] = reason
	}
	forms, ok := everywhere["labels"]
	if !ok {
		return fmt.Errorf("no row %q", "labels")
	}
	switch forms[column] {
	case "map":
		l.Labels = LabelMap
	case "list":
		l.Labels = LabelList
	default:
		return fmt.Errorf("labels are kept in an unknown form, %q", forms[column])
	}
	return nil
}

// A Row is what one row of the table says.
type Row struct {
	Name   string   // in the table
	Struct []string // what the structure is called; one of these
	Fields []string // what the field is called, "sizeof" for the size of the structure; one of these
	Width  int64    // of the field in bytes; 0 when it does not matter
	Const  bool     // a constant of package runtime, Fields[0]

	index []int // of the field in Layout
}

func (r Row) field(l *Layout) reflect.Value { return reflect.ValueOf(l).Elem().FieldByIndex(r.index) }

// Value returns what a layout has for the row, -1 if it has nothing.
func (r Row) Value(l *Layout) int64 {
	v := r.field(l)
	if !r.Const {
		return v.Int()
	}
	if n := v.Uint(); n != uint64(NoStatus) {
		return int64(n)
	}
	return -1
}

// Rows returns the rows that [Layout] has fields for, as their tags say.
func Rows() []Row { return allRows() }

var allRows = sync.OnceValue(func() []Row {
	var all []Row
	for _, s := range reflect.VisibleFields(reflect.TypeOf(Layout{})) {
		if s.Type.Kind() != reflect.Struct {
			continue
		}
		names := s.Tag.Get("layout")
		for _, f := range reflect.VisibleFields(s.Type) {
			index := append(append([]int(nil), s.Index...), f.Index...)
			if name := f.Tag.Get("const"); name != "" {
				all = append(all, Row{Name: "const " + name, Fields: []string{name}, Const: true, index: index})
				continue
			}
			path, width, _ := strings.Cut(f.Tag.Get("layout"), ",")
			bytes, err := strconv.ParseInt(width, 10, 64)
			if err != nil {
				bytes = 0
			}
			all = append(all, Row{
				Name: names + " " + path, Struct: strings.Split(names, "|"), Fields: strings.Split(path, "|"), Width: bytes, index: index,
			})
		}
	}
	return all
})

// nearest returns the columns of a minor release, the one of the nearest patch
// release first.
func (t *table) nearest(v version) []int {
	var columns []int
	distances := map[int]int{}
	for i, r := range t.releases {
		for _, name := range append([]string{r}, t.sames[r]...) {
			one, ok := parseVersion(name)
			if !ok || one.minor != v.minor {
				continue
			}
			d := max(one.patch-v.patch, v.patch-one.patch)
			if before, ok := distances[i]; !ok {
				columns, distances[i] = append(columns, i), d
			} else if d < before {
				distances[i] = d
			}
		}
	}
	slices.SortStableFunc(columns, func(a, b int) int { return distances[a] - distances[b] })
	return columns
}

// measured says whether the values of a column are those of a patch release: it
// was extracted, or lies between two that have these values and follow on each
// other among all that were extracted.
func (t *table) measured(column int, v version) bool {
	type measure struct{ patch, column int }
	var all []measure
	for i, r := range t.releases {
		for _, name := range append([]string{r}, t.sames[r]...) {
			if one, ok := parseVersion(name); ok && one.minor == v.minor {
				all = append(all, measure{one.patch, i})
			}
		}
	}
	slices.SortFunc(all, func(a, b measure) int { return a.patch - b.patch })
	at, found := slices.BinarySearchFunc(all, v.patch, func(m measure, patch int) int { return m.patch - patch })
	if found {
		return all[at].column == column
	}
	return at > 0 && at < len(all) && all[at-1].column == column && all[at].column == column
}
