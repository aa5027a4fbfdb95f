// Package labels labels objects.
//
// Incident #kubectl,#kubectlfixed: kubernetes/kubernetes#5074
// Incident #containerd: containerd/containerd#1565
// Incident #flux: fluxcd/pkg#868
package labels

import (
	"encoding/json"
	"maps"
)

// Meta is what every object has.
type Meta struct {
	Name        string
	Labels      map[string]string
	annotations map[string]string
}

func parse(spec []string) (set map[string]string, remove []string) {
	for _, s := range spec {
		if s[len(s)-1] == '-' {
			remove = append(remove, s[:len(s)-1])
			continue
		}
		set[s] = "true" // FAULT nil-map #kubectl panic: assignment to entry in nil map
	}
	return set, remove
}

// Apply labels an object.
func Apply(m *Meta, spec []string) {
	set, remove := parse(spec)
	maps.Copy(m.Labels, set)
	for _, r := range remove {
		delete(m.Labels, r)
	}
}

// New makes an object and marks it.
func New(name string) *Meta {
	m := &Meta{Name: name}
	m.Labels["created-by"] = "labels" // FAULT nil-map #containerd panic: assignment to entry in nil map
	return m
}

// Event makes the metadata of an event.
func Event(kind string, extra map[string]string) map[string]string {
	var data map[string]string
	if len(extra) > 0 {
		data = maps.Clone(extra)
	}
	data["kind"] = kind // FAULT nil-map #flux panic: assignment to entry in nil map
	return data
}

// Count counts words.
func Count(words []string) map[string]int {
	var counts map[string]int
	for _, w := range words {
		counts[w]++ // FAULT nil-map #count panic: assignment to entry in nil map
	}
	return counts
}

// Index nests: the inner maps are never made.
func Index(rows [][2]string) map[string]map[string]bool {
	idx := make(map[string]map[string]bool)
	for _, r := range rows {
		idx[r[0]][r[1]] = true // FAULT nil-map #index panic: assignment to entry in nil map
	}
	return idx
}

// ApplyFixed makes the map first.
func ApplyFixed(m *Meta, spec []string) {
	if m.Labels == nil {
		m.Labels = make(map[string]string)
	}
	for _, s := range spec {
		m.Labels[s] = "true" // FINE nil-map #kubectlfixed: made above
	}
}

// Get reads a nil map, which is fine.
func (m *Meta) Get(k string) string {
	return m.annotations[k] // FINE nil-map #get: reading does not panic
}

// Remove deletes from a nil map, which is fine.
func Remove(k string) int {
	var m map[string]int
	delete(m, k) // FINE nil-map #remove: delete does not panic
	return len(m)
}

func (m *Meta) init() {
	if m.annotations == nil {
		m.annotations = map[string]string{}
	}
}

// Annotate makes the map in a helper.
func (m *Meta) Annotate(k, v string) {
	m.init()
	m.annotations[k] = v // FINE nil-map #annotate: init makes it
}

// Decode fills a nil map through a pointer.
func Decode(raw []byte) (map[string]any, error) {
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	if out != nil {
		out["decoded"] = true // FINE nil-map #decode: not nil here
	}
	return out, nil
}

// IndexFixed makes the inner maps.
func IndexFixed(rows [][2]string) map[string]map[string]bool {
	idx := make(map[string]map[string]bool)
	for _, r := range rows {
		if idx[r[0]] == nil {
			idx[r[0]] = make(map[string]bool)
		}
		idx[r[0]][r[1]] = true // FINE nil-map #indexfixed: made above
	}
	return idx
}

// Later declares and makes on one of two ways, both of which make it.
func Later(n int) map[int]bool {
	var seen map[int]bool
	if n > 10 {
		seen = make(map[int]bool, n)
	} else {
		seen = map[int]bool{}
	}
	seen[n] = true // FINE nil-map #later: made on both ways
	return seen
}
