package labrun

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// An Exit is how a process ended: "0" to "255" by itself, Hang and Stopped when
// the lab had to end it, "" by a signal. In JSON a status is a number, and ""
// is null.
type Exit string

// What is no status.
const (
	Hang    Exit = "hang"
	Stopped Exit = "stopped"
)

// MarshalJSON writes a number, a word or null.
func (e Exit) MarshalJSON() ([]byte, error) {
	if e == "" {
		return []byte("null"), nil
	}
	if n, err := strconv.Atoi(string(e)); err == nil {
		return strconv.AppendInt(nil, int64(n), 10), nil
	}
	return json.Marshal(string(e))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Exit) UnmarshalJSON(text []byte) error {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		*e = ""
	case float64:
		*e = Exit(strconv.Itoa(int(v)))
	case string:
		*e = Exit(v)
	default:
		return fmt.Errorf("%s is no exit", text)
	}
	return nil
}
