package supervise

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}

func (b *lockedBuffer) String() string { return string(b.Bytes()) }

func randomBytes(n int) []byte {
	p := make([]byte, n)
	rnd := rand.NewChaCha8([32]byte{7})
	_, _ = rnd.Read(p) // never fails
	return p
}

func TestRelayBytes(t *testing.T) {
	var out lockedBuffer
	r := startRelay(&out)
	want := randomBytes(8 << 20)
	for p := want; len(p) > 0; {
		n := min(len(p), 50_000)
		r.put(p[:n])
		p = p[n:]
	}
	if !r.close() {
		t.Error("close reports a loss")
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Error("the bytes are not the same")
	}
}

// A slowWriter takes its time and loses nothing.
type slowWriter struct {
	lockedBuffer
	pause time.Duration
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(w.pause)
	return w.lockedBuffer.Write(p)
}

func TestRelaySlowDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &slowWriter{pause: 900 * time.Millisecond} // each write shorter than the stall
		r := startRelay(out)
		want := randomBytes(4 * relayQueue)
		r.put(want)
		r.close()
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%d of %d bytes arrived although the destination moved", len(out.Bytes()), len(want))
		}
	})
}

// A gate blocks every write until it is opened.
type gate struct {
	lockedBuffer
	open chan struct{}
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.lockedBuffer.Write(p)
}

func TestRelayBlockedDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		r := startRelay(out)
		start := time.Now()
		r.put(randomBytes(10 * relayQueue))
		if took := time.Since(start); took > 2*relayStall {
			t.Errorf("the child was held for %v", took)
		}
		close(out.open)
		synctest.Wait()
		r.put([]byte("afterwards"))
		if !r.close() {
			t.Error("close reports a failure")
		}
		got := out.String()
		note := regexp.MustCompile(`\nbackstop: (\d+) bytes of stderr are missing here: nobody read it\n`).FindStringSubmatchIndex(got)
		if note == nil {
			t.Fatal("no note about what is missing")
		}
		missing, err := strconv.Atoi(got[note[2]:note[3]])
		if err != nil {
			t.Fatal(err)
		}
		if note[0]+missing != 10*relayQueue {
			t.Errorf("%d bytes came, %d are said to be missing, of %d", note[0], missing, 10*relayQueue)
		}
		if rest := got[note[1]:]; rest != "afterwards" {
			t.Errorf("after the note came %q", rest)
		}
	})
}

func TestRelayNeverOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		r := startRelay(out)
		r.put([]byte("hello"))
		start := time.Now()
		if r.close() {
			t.Error("close says that all went out")
		}
		if took := time.Since(start); took > 2*relayStall {
			t.Errorf("close took %v", took)
		}
		close(out.open)
	})
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestRelayBrokenDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(failingWriter{})
		start := time.Now()
		r.put(randomBytes(4 * relayQueue))
		if r.close() {
			t.Error("close says that all went out")
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("a broken destination held the child for %v", took)
		}
	})
}
