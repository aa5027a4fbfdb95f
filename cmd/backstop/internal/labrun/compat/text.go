package compat

import (
	"strings"
	"sync"

	"github.com/backstop-go/backstop/cmd/backstop/internal/supervise"
)

// oneLine makes a foreign text fit for a line on a terminal.
func oneLine(s string) string { return supervise.OneLine(strings.TrimSpace(s), 300) }

// lastLines keeps the end of a text, on one line.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	lines = lines[max(0, len(lines)-n):]
	for i, l := range lines {
		lines[i] = oneLine(l)
	}
	return supervise.OneLine(strings.Join(lines, " / "), 700)
}

func list(names []string) string { return strings.Join(names, ", ") }

// A tail keeps the end of what was written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

const tailBytes = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if extra := len(t.data) - tailBytes; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
