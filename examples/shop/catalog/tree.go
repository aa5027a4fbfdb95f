package catalog

import "sync"

// A Tree says which category stands in which. It is safe for concurrent use.
type Tree struct {
	mu     sync.RWMutex
	parent map[string]string // "" is the root
}

// NewTree makes a tree of categories and their parents.
func NewTree(parent map[string]string) *Tree {
	t := &Tree{parent: make(map[string]string, len(parent))}
	for child, p := range parent {
		t.parent[child] = p
	}
	return t
}

// Move puts a category under another one. Both have to exist; that the result
// still is a tree is nobody's job.
func (t *Tree) Move(category, under string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.parent[category]; !ok {
		return ErrNotFound
	}
	if _, ok := t.parent[under]; !ok {
		return ErrNotFound
	}
	t.parent[category] = under
	return nil
}

// Path lists a category and everything above it, the topmost first: the bread
// crumbs of a page.
func (t *Tree) Path(category string) ([]string, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if _, ok := t.parent[category]; !ok {
		return nil, ErrNotFound
	}
	return t.path(category), nil
}

func (t *Tree) path(category string) []string {
	above := t.parent[category]
	if above == "" {
		return []string{category}
	}
	return append(t.path(above), category)
}
