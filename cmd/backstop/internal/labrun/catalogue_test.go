package labrun

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/lab/scenario"
)

// catalogue are the names of the classes that the lab must show.
//
//go:embed testdata/catalogue.txt
var catalogue string

// TestCatalogue: every name of the catalogue is a scenario, or absent with a
// reason; at least 200 are there, and every group is.
func TestCatalogue(t *testing.T) {
	have := make(map[string]bool)
	groups := make(map[string]int)
	for _, s := range scenario.All() {
		if have[s.Name] {
			t.Errorf("two scenarios are called %s", s.Name)
		}
		have[s.Name] = true
		groups[s.Group]++
	}
	absent := make(map[string]bool)
	for _, m := range scenario.Missing {
		absent[m.Name] = true
		if have[m.Name] || m.Why == "" {
			t.Errorf("%s is missing and there, or without a reason", m.Name)
		}
	}
	found := 0
	for _, name := range strings.Fields(catalogue) {
		switch {
		case have[name]:
			found++
		case !absent[name]:
			t.Errorf("%s is neither shown nor missing with a reason", name)
		}
	}
	if found < 200 {
		t.Errorf("%d classes of the catalogue, want at least 200", found)
	}
	for _, g := range scenario.Groups() {
		if groups[g.Name] == 0 {
			t.Errorf("group %s is empty", g.Name)
		}
	}
}

// TestDeclarations: what is declared can be shown and is known to crash.
func TestDeclarations(t *testing.T) {
	classes := make(map[string]bool)
	for _, info := range crash.Classes() {
		classes[string(info.Class)] = true
	}
	known := func(class string) bool {
		return class == scenario.None || classes[class] || strings.HasPrefix(class, "kill.sig")
	}
	groups := scenario.Groups()
	for _, s := range scenario.All() {
		if s.Shows == "" || strings.Contains(s.Shows, "TODO") || !slices.ContainsFunc(groups, func(g scenario.Group) bool { return g.Name == s.Group }) {
			t.Errorf("%s: %q in group %q", s.Name, s.Shows, s.Group)
		}
		if _, err := findProgram(s.Program); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if !known(s.Class) {
			t.Errorf("%s: package crash has no class %q", s.Name, s.Class)
		}
		for _, u := range s.Classes {
			if !known(u.Class) || u.Minor < s.Min {
				t.Errorf("%s: up to Go 1.%d class %q", s.Name, u.Minor, u.Class)
			}
		}
	}
}

// TestClassesNameScenarios: the scenarios that package crash names for a class
// are those that are declared to show it.
func TestClassesNameScenarios(t *testing.T) {
	// A kill by a signal of which the table has no class is in the table as kill.other.
	in := func(class string) crash.Class {
		if strings.HasPrefix(class, "kill.") && !slices.ContainsFunc(crash.Classes(), func(i crash.Info) bool { return string(i.Class) == class }) {
			return "kill.other"
		}
		return crash.Class(class)
	}
	for _, info := range crash.Classes() {
		for _, name := range info.Scenarios {
			s, err := scenario.Find(name)
			if err != nil {
				t.Errorf("%s: %v", info.Class, err)
				continue
			}
			shows := in(s.Class) == info.Class
			for _, u := range s.Classes {
				shows = shows || in(u.Class) == info.Class
			}
			if !shows {
				t.Errorf("package crash says that %s shows %s; it is declared to be %s", name, info.Class, s.Class)
			}
		}
	}
	for _, s := range scenario.All() {
		info := crash.Explain(in(s.Class))
		if s.Class == scenario.None {
			continue
		}
		if !slices.Contains(info.Scenarios, s.Name) && s.Class != "panic.custom" {
			t.Errorf("%s shows %s, which package crash does not say", s.Name, s.Class)
		}
	}
}

// TestRecoverableAsMeasured holds what package crash tells people, whether recover
// can catch a class, against what happened to the scenarios of that class.
func TestRecoverableAsMeasured(t *testing.T) {
	caught := make(map[crash.Class]string) // a scenario of the class that a guard caught
	died := make(map[crash.Class]string)
	for _, name := range pinned {
		rows, _, err := Baseline(name)
		if err != nil || rows == nil {
			t.Fatalf("baseline of %s: %v", name, err)
		}
		for i := range rows {
			if s, err := scenario.Find(rows[i].Scenario); err != nil || s.Group == "report" || s.Stderr != scenario.Recorded {
				continue // the report was lost, and the class with it
			}
			switch r := &rows[i]; r.Guard() {
			case "yes":
				caught[crash.Class(r.ClassifiedAs)] = r.Scenario
			case "no":
				died[crash.Class(r.ClassifiedAs)] = r.Scenario
			}
		}
	}
	checked := 0
	for _, info := range crash.Classes() {
		switch {
		case info.Recoverable == crash.RecoverNo && caught[info.Class] != "":
			t.Errorf("%s cannot be recovered, says package crash; a guard caught %s", info.Class, caught[info.Class])
		case info.Recoverable == crash.RecoverYes && caught[info.Class] == "" && died[info.Class] != "":
			t.Errorf("%s can be recovered, says package crash; no guard caught any, such as %s", info.Class, died[info.Class])
		case caught[info.Class] != "" || died[info.Class] != "":
			checked++
		}
	}
	if checked < 40 {
		t.Errorf("only %d classes were checked", checked)
	}
}
