package capture

import (
	"regexp"
	"testing"

	"github.com/backstop-go/backstop/crash"
)

// TestCases holds the list against the survey that the figures compare with.
func TestCases(t *testing.T) {
	groups := map[string]int{
		"control": 3,
		"handler": 3, "goroutine": 15, "guarded": 2, "init": 1, "error method": 1, "sync": 3, "deadlock": 2,
		"resource": 3, "threads": 1, "fault": 2, "signal": 3, "C": 4, "end": 6,
	}
	known := map[crash.Class]bool{}
	for _, c := range crash.Classes() {
		known[c.Class] = true
	}
	names := map[string]bool{}
	got := map[string]int{}
	crashes, requests, first := 0, 0, true
	for _, c := range Cases() {
		got[c.Group]++
		if names[c.Name] {
			t.Errorf("%s: twice", c.Name)
		}
		names[c.Name] = true
		if c.Silent {
			if !first {
				t.Errorf("%s: the controls stand first", c.Name)
			}
			continue
		}
		first = false
		crashes++
		count(&requests, c.Request)
		if len(c.Class) == 0 {
			t.Errorf("%s: no class", c.Name)
		}
		for _, class := range c.Class {
			if !known[class] {
				t.Errorf("%s: there is no class %s", c.Name, class)
			}
		}
		if _, err := regexp.Compile(c.Reason); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	for g, n := range groups {
		if got[g] != n {
			t.Errorf("group %s has %d cases, want %d", g, got[g], n)
		}
	}
	if len(got) != len(groups) || crashes != Counted || requests < 42 {
		t.Errorf("%d groups, %d crashes, %d with a request, want %d, %d and at least 42", len(got), crashes, requests, len(groups), Counted)
	}
}
