package supervise

import "fmt"

// maxCapture is how much of one crash text is kept: its head and its tail.
const maxCapture = 32 << 20

// A headTail keeps the first and the last bytes of what is written to it, at
// most max in all.
type headTail struct {
	max   int // 0: maxCapture
	head  []byte
	tail  []byte // a ring once it is full
	next  int    // where the ring continues
	total int    // bytes written
}

func (h *headTail) limit() int {
	if h.max > 0 {
		return h.max
	}
	return maxCapture
}

func (h *headTail) write(p []byte) {
	h.total += len(p)
	half := h.limit() / 2
	if room := half - len(h.head); room > 0 {
		n := min(room, len(p))
		h.head = append(h.head, p[:n]...)
		p = p[n:]
	}
	if len(p) > half {
		p = p[len(p)-half:]
	}
	if room := half - len(h.tail); room > 0 && len(p) > 0 {
		n := min(room, len(p))
		h.tail = append(h.tail, p[:n]...)
		p = p[n:]
	}
	for len(p) > 0 {
		n := copy(h.tail[h.next:], p)
		h.next = (h.next + n) % half
		p = p[n:]
	}
}

// text joins head and tail, with a line between them that says what is missing.
func (h *headTail) text() (text []byte, cut bool) {
	missing := h.total - len(h.head) - len(h.tail)
	if missing == 0 && h.next == 0 {
		return append(h.head, h.tail...), false
	}
	text = make([]byte, 0, len(h.head)+len(h.tail)+64)
	text = append(text, h.head...)
	text = fmt.Appendf(text, "\n...%d bytes left out...\n", missing)
	text = append(text, h.tail[h.next:]...)
	return append(text, h.tail[:h.next]...), true
}
