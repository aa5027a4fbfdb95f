package backstop

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// A responseWriter remembers whether a response was begun. Handler uses it only
// where it may have to answer in place of a handler that panicked.
type responseWriter struct {
	http.ResponseWriter
	begun bool
}

// wrap returns w with a memory and with the optional interfaces it has, in the
// combinations that net/http's servers use (HTTP/1: Flusher, Hijacker and
// ReaderFrom; HTTP/2: Flusher and Pusher). Everything else is reached through
// Unwrap by http.ResponseController.
func (w *responseWriter) wrap(inner http.ResponseWriter) http.ResponseWriter {
	w.ResponseWriter = inner
	switch inner.(type) {
	case interface {
		http.Flusher
		http.Hijacker
		io.ReaderFrom
	}:
		return (*http1Writer)(w)
	case interface {
		http.Flusher
		http.Pusher
	}:
		return (*http2Writer)(w)
	case http.Flusher:
		return (*flushWriter)(w)
	}
	return w
}

// describing lists the headers that describe the body that did not come. Others,
// such as those of CORS, stay.
var describing = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range",
	"Etag", "Expires", "Last-Modified", "Trailer",
}

// answer writes an error page if nothing was written; otherwise it aborts.
func (w *responseWriter) answer(status int) {
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	h := w.ResponseWriter.Header()
	for _, name := range describing {
		h.Del(name)
	}
	http.Error(w.ResponseWriter, http.StatusText(status), status)
}

// Unwrap is for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader begins the response, unless it is informational (1xx).
func (w *responseWriter) WriteHeader(status int) {
	w.begun = w.begun || status >= 200 || status == http.StatusSwitchingProtocols
	w.ResponseWriter.WriteHeader(status)
}

// Write begins the response.
func (w *responseWriter) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(b)
}

// WriteString begins the response.
//
//go:noinline // for the size of programs: four types have it
func (w *responseWriter) WriteString(s string) (int, error) {
	w.begun = true
	return io.WriteString(w.ResponseWriter, s)
}

type flushWriter responseWriter

func (w *flushWriter) base() *responseWriter             { return (*responseWriter)(w) }
func (w *flushWriter) Header() http.Header               { return w.ResponseWriter.Header() }
func (w *flushWriter) Unwrap() http.ResponseWriter       { return w.ResponseWriter }
func (w *flushWriter) WriteHeader(status int)            { w.base().WriteHeader(status) }
func (w *flushWriter) Write(b []byte) (int, error)       { return w.base().Write(b) }
func (w *flushWriter) WriteString(s string) (int, error) { return w.base().WriteString(s) }

// Flush begins the response.
func (w *flushWriter) Flush() {
	w.begun = true
	w.ResponseWriter.(http.Flusher).Flush()
}

type http1Writer responseWriter

func (w *http1Writer) base() *responseWriter             { return (*responseWriter)(w) }
func (w *http1Writer) Header() http.Header               { return w.ResponseWriter.Header() }
func (w *http1Writer) Unwrap() http.ResponseWriter       { return w.ResponseWriter }
func (w *http1Writer) WriteHeader(status int)            { w.base().WriteHeader(status) }
func (w *http1Writer) Write(b []byte) (int, error)       { return w.base().Write(b) }
func (w *http1Writer) WriteString(s string) (int, error) { return w.base().WriteString(s) }
func (w *http1Writer) Flush()                            { (*flushWriter)(w).Flush() }

// Hijack takes the connection over: there is nothing left to answer.
func (w *http1Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.begun = true
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

// ReadFrom begins the response; net/http uses sendfile where it can.
func (w *http1Writer) ReadFrom(src io.Reader) (int64, error) {
	w.begun = true
	return w.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
}

type http2Writer responseWriter

func (w *http2Writer) base() *responseWriter             { return (*responseWriter)(w) }
func (w *http2Writer) Header() http.Header               { return w.ResponseWriter.Header() }
func (w *http2Writer) Unwrap() http.ResponseWriter       { return w.ResponseWriter }
func (w *http2Writer) WriteHeader(status int)            { w.base().WriteHeader(status) }
func (w *http2Writer) Write(b []byte) (int, error)       { return w.base().Write(b) }
func (w *http2Writer) WriteString(s string) (int, error) { return w.base().WriteString(s) }
func (w *http2Writer) Flush()                            { (*flushWriter)(w).Flush() }

// Push begins nothing: it announces a response of its own.
func (w *http2Writer) Push(target string, o *http.PushOptions) error {
	return w.ResponseWriter.(http.Pusher).Push(target, o)
}
