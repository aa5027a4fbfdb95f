//go:build provoke

package text

import (
	"encoding/json"
	"fmt"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"string":       func() { fmt.Println(Name("a").String()) },
		"marshal":      func() { json.Marshal(Warnings{"a"}) },
		"digest":       func() { digest("a").Digest() },
		"unmarshal":    func() { new(Null).UnmarshalJSON([]byte(`"a"`)) },
		"code":         func() { fmt.Println(Code(1).Error()) },
		"stringfixed":  func() { fmt.Sprint(NameFixed("a")) },
		"marshalfixed": func() { json.Marshal(WarningsFixed{"a", "b"}) },
		"codefixed":    func() { fmt.Sprint(CodeFixed(1)) },
		"sum":          func() { (&Tree{}).Sum() },
		"tree":         func() { fmt.Sprint(&Tree{}) },
		"alias":        func() { json.Marshal(Alias{}) },
	}
}
