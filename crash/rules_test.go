package crash

import (
	"strings"
	"testing"
)

// tables lists every table of rows, with the kind of the crashes it is for.
func tables() map[string]struct {
	rows rows
	kind Kind
} {
	return map[string]struct {
		rows rows
		kind Kind
	}{
		"panicTexts":   {panicTexts, KindPanic},
		"panicFuncs":   {panicFuncs, KindPanic},
		"panicCallers": {panicCallers, KindPanic},
		"fatalTexts":   {fatalTexts, KindFatal},
		"fatalWords":   {fatalWords, KindFatal},
		"fatalFuncs":   {fatalFuncs, KindFatal},
		"userFuncs":    {userFuncs, KindFatal},
		"fatalFiles":   {fatalFiles, KindFatal},
		"memoryFuncs":  {memoryFuncs, KindFatal},
		"signals":      {signals, KindSignal},
		"cgoSignals":   {cgoSignals, KindSignal},
		"kills":        {kills, KindKill},
	}
}

// single lists the rows outside the tables.
func single() []*row {
	all := []*row{&faultPanic, &faultFatal, &faultInRuntime, &resultOfGo.row}
	for i := range panicParts {
		all = append(all, &panicParts[i].row)
	}
	return all
}

// The search needs sorted tables. A row that is not found by its own text can
// never decide anything.
func TestTablesAreSorted(t *testing.T) {
	for name, table := range tables() {
		for i := range table.rows {
			r := &table.rows[i]
			if i > 0 && table.rows[i-1].text >= r.text {
				t.Errorf("%s: %q stands behind %q", name, r.text, table.rows[i-1].text)
			}
			if got := table.rows.find(strings.TrimSuffix(r.text, "\n")); got != r {
				t.Errorf("%s: %q finds %v", name, r.text, got)
			}
			if wider := table.rows[:i].find(r.text); wider != nil && wider.class == r.class {
				t.Errorf("%s: %q says what %q says", name, r.text, wider.text)
			}
		}
	}
}

// find returns what looking at every row would.
func TestFindIsALongestPrefix(t *testing.T) {
	slow := func(table rows, s string) *row {
		var best *row
		for i := range table {
			r := &table[i]
			if strings.HasPrefix(s+"\n", r.text) && (best == nil || len(r.text) > len(best.text)) {
				best = r
			}
		}
		return best
	}
	table := rows{{"a", "1"}, {"a\n", "2"}, {"ab", "3"}, {"ab\n", "4"}, {"abc", "5"}, {"abe\n", "6"}, {"b\n", "7"}, {"c", "8"}}
	texts := []string{"", "a", "ab", "abc", "abcd", "abd", "abe", "abef", "ac", "b", "ba", "bb", "c", "ca", "d", "A", "\x00", "ab\x00", "a\xff", "\xff"}
	for _, s := range texts {
		if got, want := table.find(s), slow(table, s); got != want {
			t.Errorf("find(%q) = %v, want %v", s, got, want)
		}
	}
	compared := 0
	for _, m := range readMessages(t) {
		for name, table := range tables() {
			for _, s := range []string{m.text, m.text + "x", m.text[:len(m.text)/2]} {
				s = headline(s)
				if got, want := table.rows.find(s), slow(table.rows, s); got != want {
					t.Fatalf("%s.find(%q) = %v, want %v", name, s, got, want)
				}
				compared++
			}
		}
	}
	if compared < 50000 {
		t.Errorf("only %d compared", compared)
	}
}

func TestRowsAndClassesAgree(t *testing.T) {
	made := make(map[Class]bool)
	check := func(where string, r *row, kind Kind) {
		made[r.class] = true
		if got := kindOf(r.class); got != kind {
			t.Errorf("%s: %q gives class %s to a %s", where, r.text, r.class, kind)
		}
		if _, ok := lookup(r.class); !ok {
			t.Errorf("%s: class %s of %q is not in the table of classes", where, r.class, r.text)
		}
	}
	for name, table := range tables() {
		for i := range table.rows {
			check(name, &table.rows[i], table.kind)
		}
	}
	for _, r := range single() {
		check("a row of its own", r, kindOf(r.class))
	}
	// Classes that no row gives, and who does.
	for _, c := range []Class{
		"panic.custom", "fatal.runtime", "fatal.unknown", "signal.other", "kill.other", // Classify, when no row matches
		"exit.os_exit", "exit.log_fatal", "race", "hang", "fragment", // Classify, by kind
		"kill.oom",     // the supervisor and the monitor, from the kernel's counters
		"exit.unknown", // the monitor, where the kernel does not tell
	} {
		if made[c] {
			t.Errorf("class %s has rows", c)
		}
		made[c] = true
	}
	for _, info := range Classes() {
		if !made[info.Class] {
			t.Errorf("class %s is in the table, and nothing gives it", info.Class)
		}
	}
}

func TestClassTableIsComplete(t *testing.T) {
	for _, info := range Classes() {
		switch {
		case info.Title == "", info.Explanation == "", info.FirstCheck == "", len(info.Causes) == 0:
			t.Errorf("class %s: something is missing: %+v", info.Class, info)
		case strings.HasSuffix(info.Title, "."), !strings.HasSuffix(info.Explanation, "."):
			t.Errorf("class %s: a title has no dot, an explanation has one", info.Class)
		case info.Kind != kindOf(info.Class):
			t.Errorf("class %s has kind %s", info.Class, info.Kind)
		}
	}
}

// A scenario shows one class.
func TestScenariosShowOneClass(t *testing.T) {
	shows := make(map[string]Class)
	for _, info := range Classes() {
		for _, s := range info.Scenarios {
			if other, ok := shows[s]; ok {
				t.Errorf("scenario %s shows %s and %s", s, other, info.Class)
			}
			shows[s] = info.Class
		}
	}
}

func TestExplainUnknownClass(t *testing.T) {
	for class, want := range map[Class]struct {
		kind        Kind
		recoverable Recoverable
	}{
		"panic.from_the_future":  {KindPanic, RecoverYes},
		"fatal.from_the_future":  {KindFatal, RecoverNo},
		"signal.from_the_future": {KindSignal, RecoverNo},
		"kill.sigfoo":            {KindKill, RecoverNo},
		"nonsense":               {KindFragment, RecoverMaybe},
	} {
		info := Explain(class)
		if info.Class != class || info.Kind != want.kind || info.Recoverable != want.recoverable || info.Title == "" {
			t.Errorf("Explain(%q) = %+v, want kind %s, recoverable %s", class, info, want.kind, want.recoverable)
		}
	}
}
