package headline

import (
	"strconv"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	rows := 0
	for _, line := range strings.Split(strings.TrimSuffix(table, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		quoted, functions, ok := strings.Cut(line, "\t")
		text, err := strconv.Unquote(quoted)
		if !ok || err != nil || functions == "" {
			t.Errorf("row %q: %v", line, err)
		}
		if len(text) > MaxLen {
			t.Errorf("%q is longer than MaxLen", text)
		}
	}
	if rows < 800 || len(parsed().all) != rows {
		t.Errorf("%d rows, %d of them read", rows, len(parsed().all))
	}
}

// Each text is found where other texts stand behind it, as the linker puts them.
func TestFindWithoutEnd(t *testing.T) {
	p := parsed()
	for fn, texts := range p.byFunction {
		for _, text := range texts {
			memory := []byte(text + "fatal: morestack on g0")
			if got, _, ok := Find(fn, memory); !ok || got != text {
				t.Errorf("Find(%q, %q) = %q, %v", fn, memory, got, ok)
			}
			if got, _, ok := Find(fn+".func1", memory); !ok || got != text {
				t.Errorf("a closure of %s: %q, %v", fn, got, ok)
			}
		}
	}
	for _, text := range p.all {
		got, _, ok := Find("main.f", []byte(text+"\x00"))
		if ok != (len(text) >= minLen) || ok && got != text {
			t.Errorf("Find of %q by an unknown function: %q, %v", text, got, ok)
		}
	}
	for _, memory := range []string{"", "f", "faul", "\x00\x00", "stack overflo"} {
		if got, _, ok := Find("runtime.newstack", []byte(memory)); ok {
			t.Errorf("Find in %q: %q", memory, got)
		}
	}
}
