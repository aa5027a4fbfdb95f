//go:build provoke

package routines

import "sync"

type store struct{}

func (store) Put(_ string, locked sync.Locker) error {
	locked.Unlock()
	return nil
}

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"work": func() {
			done := make(chan int)
			Work(&Ring{n: 3}, done)
			<-done
		},
		"thread": func() { Start().Both() },
		"ticker": func() {
			done := make(chan int)
			(&Ticker{}).Start(done)
			<-done
			done = make(chan int)
			(&Ticker{every: 2}).Start(done)
			<-done
		},
		"close": func() {
			b := &Balancer{}
			var wg sync.WaitGroup
			for range 4 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for range 500 {
						b.Add("a", func() {})
						b.Close()
					}
				}()
			}
			wg.Wait()
		},
		"stream": func() { (&Balancer{}).Stream("a", "", "b") },
		"put": func() {
			k := &Keeper{mu: new(sync.RWMutex), store: store{}}
			k.Put("a")
			k.Put("b")
		},
		"strip":   func() { Strip("embedded;type:x") },
		"precise": func() { Precise("numeric", "numeric(1)"); Precise("(", "") },
	}
}
