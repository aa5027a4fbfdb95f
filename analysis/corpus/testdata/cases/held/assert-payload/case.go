// Package payload handles messages of other services.
//
// Incident #olric: olric-data/olric#282
// Incident #chi: go-chi/chi#284
package payload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

type ctxKey string

const userKey ctxKey = "user"

// A User sent a request.
type User struct{ Name string }

// WhoAmI answers; without the middleware there is no user.
func WhoAmI(w http.ResponseWriter, r *http.Request) {
	u := r.Context().Value(userKey).(*User) // FAULT type-assert #chi panic: interface conversion
	fmt.Fprint(w, u.Name)
}

// Hook handles the call of a webhook.
func Hook(w http.ResponseWriter, r *http.Request) {
	var doc map[string]any
	if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := doc["id"].(string)             // FAULT type-assert #hook panic: interface conversion
	count := int(doc["count"].(float64)) // FAULT type-assert #hook2 panic: interface conversion
	fmt.Fprint(w, id, count)
}

type command struct{ val any }

func (c *command) Val() any { return c.val }

// Result reads the result of a command.
func Result(c *command) (s string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("result: %w", err)
		}
	}()
	raw, ok := c.Val().([]byte)
	if !ok {
		return "", errors.New("no bytes")
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "", err
	}
	return v.(string), nil // FAULT type-assert #olric panic: interface conversion
}

// Reader gives what it was made with.
func Reader(r io.Reader) io.ReaderAt {
	if ra, ok := r.(io.ReaderAt); ok { // FINE type-assert #reader: comma ok
		return ra
	}
	return nil
}

// Flush flushes when it can.
func Flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok { // FINE type-assert #flush: comma ok
		f.Flush()
	}
}

// Numbers reads numbers of a list it checks.
func Numbers(raw []byte) (sum float64, err error) {
	var list []any
	if err := json.Unmarshal(raw, &list); err != nil {
		return 0, err
	}
	for i, v := range list {
		n, ok := v.(float64) // FINE type-assert #numbers: comma ok
		if !ok {
			return 0, fmt.Errorf("element %d is %T", i, v)
		}
		sum += n
	}
	return sum, nil
}

// Boxed asserts what it boxed itself.
func Boxed(n int) int {
	var v any = n
	return v.(int) // FINE type-assert #boxed: boxed on the line above
}

// Done makes the result of a command.
func Done(raw []byte) *command { return &command{val: raw} }
