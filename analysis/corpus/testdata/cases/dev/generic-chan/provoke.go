//go:build provoke

package fan

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"cancel": func() {
			t := New[int]()
			c, cancel := t.Subscribe()
			t.Publish(1)
			cancel()
			cancel()
			t.Publish(2)
			<-c
		},
		"last":    func() { Last([]int{1}) },
		"cleanup": func() { Cleanup([]int{1}, func(int) {}) },
		"genshin": func() { Error(func() bool { return true }) },
		"select":  func() { c := make(chan int); close(c); <-Select(c, nil) },
	}
}
