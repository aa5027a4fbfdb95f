package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A progress says what is going on while something takes its time: on a
// terminal in one line that changes, elsewhere in a line at the start and one
// at the end. It never writes to where the results go.
type progress struct {
	w        io.Writer
	terminal bool
	width    int

	mu   sync.Mutex
	line bool // a changing line stands on the terminal
}

const tick = 100 * time.Millisecond

var spinner = []string{"|", "/", "-", "\\"}

// begin announces work of noticeable length. The function it returns ends it
// and prints how long it took.
func (p *progress) begin(what, note string) func(ok bool) {
	started := time.Now()
	if !p.terminal {
		fmt.Fprintf(p.w, "%s (%s) ...\n", what, note)
		return func(ok bool) {
			if ok {
				fmt.Fprintf(p.w, "%s took %.1f s\n", what, time.Since(started).Seconds())
			}
		}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for i := 0; ; i++ {
			p.show(fmt.Sprintf("%s %s  %.0f s  (%s)", spinner[i%len(spinner)], what, time.Since(started).Seconds(), note))
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
		}
	}()
	return func(ok bool) {
		close(stop)
		<-stopped
		p.clear()
		if ok {
			fmt.Fprintf(p.w, "%s took %.1f s\n", what, time.Since(started).Seconds())
		}
	}
}

// show replaces the changing line. Elsewhere than on a terminal it is silent.
func (p *progress) show(text string) {
	if !p.terminal {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = true
	fmt.Fprintf(p.w, "\r\x1b[K%s", strings.TrimRight(fit(text, p.columns()-1), " "))
}

// columns is the width of the terminal, or a guess. A line that wraps could not
// be taken away.
func (p *progress) columns() int {
	if p.width > 0 {
		return p.width
	}
	return 80
}

// clear takes the changing line away before something else is printed.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line {
		p.line = false
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
