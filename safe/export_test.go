package safe

// Waiting is how many wait for a limiter's capacity.
func Waiting(l *Limiter) int {
	l.room.mu.Lock()
	defer l.room.mu.Unlock()
	return l.room.waiting.Len()
}

// Blocked is how many wait in Submit.
func Blocked(p *Pool) int {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.room.waiting.Len()
}

// Workers is how many goroutines a pool has.
func Workers(p *Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.active
}

// Stopped reports whether a ticker was stopped.
func Stopped(t *Ticker) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped
}
