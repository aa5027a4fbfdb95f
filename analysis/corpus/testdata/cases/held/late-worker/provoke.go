//go:build provoke

package ingest

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"handle": func() { New(nil).Handle("") },
		"next":   func() { New(nil).Next() },
		"timed": func() {
			if New(nil).Timed("") == nil {
				println("SHOWN")
			}
		},
		"json": func() {
			if New(nil).Json([]byte("{}")) == nil {
				println("SHOWN")
			}
		},
	}
}
