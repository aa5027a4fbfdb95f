package shapes

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

func decode(r io.Reader) (string, error) {
	var m map[string]any
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return "", err
	}
	return m["name"].(string), nil // want `use the form with ok`
}

func ids(b []byte) []string {
	var v struct{ Data any }
	if json.Unmarshal(b, &v) != nil {
		return nil
	}
	var out []string
	for _, x := range v.Data.([]any) { // want `use the form with ok`
		out = append(out, x.(string)) // want `use the form with ok`
	}
	return out
}

func nested(b []byte) float64 {
	m := map[string]any{}
	_ = json.Unmarshal(b, &m)
	u := m["user"].(map[string]any) // want `use the form with ok`
	return u["age"].(float64)       // want `use the form with ok`
}

func payload(body []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil
	}
	return v
}

func use(body []byte) {
	m := payload(body).(map[string]any) // want `use the form with ok`
	_ = m
}

type claims map[string]any

func (c claims) Sub() string { return c["sub"].(string) } // want `use the form with ok`

func parse(tok string) (string, error) {
	var c claims
	if err := json.NewDecoder(strings.NewReader(tok)).Decode(&c); err != nil {
		return "", err
	}
	return c.Sub(), nil
}

type userKey struct{}

func handler(w http.ResponseWriter, r *http.Request) {
	u := r.Context().Value("user").(*http.Cookie) // want `use the form with ok`
	_ = u
}

func conn(ctx context.Context) *http.Client {
	return ctx.Value(clientKey).(*http.Client) // want `use the form with ok`
}

type ck int

var clientKey ck = 1

type httpError struct{ code int }

func (*httpError) Error() string { return "" }

func code(err error) int {
	if err != nil {
		return err.(*httpError).code // want `use the form with ok`
	}
	return 200
}

type event struct {
	Type string
	Body any
}

func dispatch(b []byte) {
	var e event
	if err := json.Unmarshal(b, &e); err != nil {
		return
	}
	switch e.Type {
	case "a":
		f := e.Body.(map[string]interface{}) // want `use the form with ok`
		_ = f
	case "b":
		_ = int(e.Body.(float64)) // want `use the form with ok`
	}
}
