package claims

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
	"github.com/backstop-go/backstop/lab/scenario"
)

func findScenario(name string) (scenario.Scenario, error) { return scenario.Find(name) }

// scenario takes the fields of a row, and the text that its runs printed.
func (e *engine) scenario(ctx context.Context, u *unit) (found, error) {
	s, err := findScenario(u.name)
	if err != nil {
		return nil, err
	}
	t := u.toolchain.Toolchain
	if !s.On(t.Minor) {
		return u.notRun(fmt.Sprintf("Go 1.%d does not have scenario %s", t.Minor, s.Name)), nil
	}
	row, runs, err := e.lab.Observe(ctx, t, s, setting(u.variant))
	if err != nil {
		return nil, err
	}
	if row.NotRun != "" {
		return u.notRun(row.NotRun), nil
	}
	fields, err := rowFields(&row)
	if err != nil {
		return nil, err
	}
	values := make(found)
	for _, m := range u.measures {
		text, ok := fields[m.Key]
		if name, guarded := strings.CutPrefix(m.Key, "guarded_"); !ok && (name == "stderr" || name == "stdout") {
			trace := runs.Plain
			if guarded {
				trace = runs.Guarded
			}
			text, ok = string(trace.Stderr), true
			if name == "stdout" {
				text = string(trace.Stdout)
			}
		}
		if !ok {
			return nil, fmt.Errorf("a row has no field %q", m.Key)
		}
		values[m] = claim.Value{Text: text}
	}
	return values, nil
}

// rowFields are the fields of a row by their names in JSON, as text.
func rowFields(row *labrun.Row) (map[string]string, error) {
	text, err := json.Marshal(row)
	if err != nil {
		return nil, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	fields := map[string]string{"class": row.ClassifiedAs, "recovered_value": "null"}
	for name, value := range raw {
		var s string
		if json.Unmarshal(value, &s) != nil || string(value) == "null" {
			s = string(value) // a number, true, false, null
		}
		fields[name] = s
	}
	return fields, nil
}
