//go:build provoke

package globs

import (
	"encoding/json"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"search":      func() { Search(Request{map[string]any{"pattern": "["}}, nil) },
		"searchfixed": func() { SearchFixed(Request{map[string]any{"pattern": "["}}, nil) },
		"tyk":         func() { json.Unmarshal([]byte(`"("`), new(Path)) },
	}
}
