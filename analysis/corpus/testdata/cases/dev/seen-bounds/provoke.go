//go:build provoke

package bounds

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"release":  func() { Release("go"); Release("go1.26 linux"); Release("") },
		"pair":     func() { Settings("a", "=", "a=b") },
		"software": func() { Software(""); Software("9") },
		"word":     func() { New(make([]byte, 12)).Word(4); New(make([]byte, 12)).Word(8) },
		"text":     func() { New([]byte{9, 'a'}).Text(); New([]byte{2, 'a'}).Text(); New(nil).Text(); New([]byte{0}).Text() },
		"folders":  func() { new(Folders).Read([]byte(`["a","b"]`)) },
	}
}
