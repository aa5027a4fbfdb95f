// Package lib is a dependency that panics on bad input.
package lib

// Third returns the third field of a record.
//
//go:noinline
func Third(fields []string) string {
	return fields[2]
}

// Parse splits a record and returns its third field.
//
//go:noinline
func Parse(record string) string {
	var fields []string
	for _, r := range record {
		fields = append(fields, string(r))
	}
	return Third(fields)
}

// A Handler is called for each record.
type Handler func(record string)

// Run calls a handler for each record.
//
//go:noinline
func Run(records []string, h Handler) {
	for _, r := range records {
		h(r)
	}
}
