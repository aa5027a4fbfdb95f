//go:build provoke

package labels

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"kubectl":      func() { Apply(&Meta{}, []string{"a"}) },
		"containerd":   func() { New("a") },
		"flux":         func() { Event("a", nil) },
		"count":        func() { Count([]string{"a"}) },
		"index":        func() { Index([][2]string{{"a", "b"}}) },
		"kubectlfixed": func() { ApplyFixed(&Meta{}, []string{"a"}) },
		"get":          func() { (&Meta{}).Get("a") },
		"remove":       func() { Remove("a") },
		"annotate":     func() { (&Meta{}).Annotate("a", "b") },
		"decode":       func() { Decode([]byte("null")); Decode([]byte("{}")) },
		"indexfixed":   func() { IndexFixed([][2]string{{"a", "b"}}) },
		"later":        func() { Later(1); Later(11) },
	}
}
