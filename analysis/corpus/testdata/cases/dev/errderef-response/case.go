// Package fetch fetches documents.
//
// Incident #flagd,#flagdfixed: open-feature/flagd#79
// Incident #gzip,#gzipfixed: Clever/http-science#35
// Incident #status: fnproject/cli#653
// Incident #checkpoint,#checkpointfixed: weaveworks/scope#1117
package fetch

import (
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

// Get gets one document.
func Get(c *http.Client, req *http.Request) ([]byte, error) {
	resp, err := c.Do(req)
	defer func() { _ = resp.Body.Close() }() // FAULT err-deref #flagd panic: nil pointer dereference
	if err != nil {
		return nil, err
	}
	return io.ReadAll(resp.Body)
}

// Unpack unpacks one document.
func Unpack(r io.Reader) (n int64, err error) {
	z, err := gzip.NewReader(r)
	defer z.Close() // FAULT err-deref #gzip dies: nil pointer dereference
	if err != nil {
		return 0, err
	}
	return io.Copy(io.Discard, z)
}

// Status gets and tells.
func Status(url string) error {
	resp, err := http.Get(url)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %v, status %d", url, err, resp.StatusCode) // FAULT err-deref #status panic: nil pointer dereference
	}
	return resp.Body.Close()
}

type info struct{ Outdated bool }

// A Checker asks for news.
type Checker struct {
	ask func() (*info, error)
}

// Check says whether we are out of date.
func (c *Checker) Check() bool {
	i, err := c.ask()
	if err != nil {
		log.Printf("check: %v", err)
	}
	return i.Outdated // FAULT err-deref #checkpoint panic: nil pointer dereference
}

// GetFixed checks first.
func GetFixed(c *http.Client, req *http.Request) ([]byte, error) {
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() // FINE err-deref #flagdfixed: after the check
	return io.ReadAll(resp.Body)
}

// UnpackFixed checks first.
func UnpackFixed(r io.Reader) (n int64, err error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return 0, err
	}
	defer z.Close() // FINE err-deref #gzipfixed: after the check
	return io.Copy(io.Discard, z)
}

// CheckFixed leaves.
func (c *Checker) CheckFixed() bool {
	i, err := c.ask()
	if err != nil {
		log.Printf("check: %v", err)
		return false
	}
	return i.Outdated // FINE err-deref #checkpointfixed: after the check
}

// Size uses the nil check instead of the error.
func Size(path string) int64 {
	st, _ := os.Stat(path)
	if st == nil {
		return 0
	}
	return st.Size() // FINE err-deref #size: not nil here
}

// Close closes what may be nil: os.File may be closed when it is nil.
func Close(path string) error {
	f, err := os.Open(path)
	defer f.Close() // FINE err-deref #close: (*os.File).Close returns an error for nil
	if err != nil {
		return err
	}
	return nil
}

// Partial uses what Read gave together with the error.
func Partial(r io.Reader, buf []byte) []byte {
	n, err := r.Read(buf)
	if err != nil {
		log.Print(err)
	}
	return buf[:n] // FINE err-deref #partial: n counts even with an error
}

// Body closes the body when there is a response, error or not.
func Body(c *http.Client, req *http.Request) error {
	resp, err := c.Do(req)
	if resp != nil {
		defer resp.Body.Close() // FINE err-deref #body: not nil here
	}
	return err
}

// Fatal ends the process on an error.
func Fatal(url string) int {
	resp, err := http.Get(url)
	if err != nil {
		log.Fatalf("get: %v", err)
	}
	return resp.StatusCode // FINE err-deref: log.Fatalf does not return
}

// NewChecker makes a checker.
func NewChecker(ask func() (*info, error)) *Checker { return &Checker{ask: ask} }
