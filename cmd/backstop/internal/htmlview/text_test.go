package htmlview

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, line string }{
		{"plain text, ünïcödé 漢字 עברית", "plain text, ünïcödé 漢字 עברית"},
		{"user\u202egnp.exe", "user‹U+202E›gnp.exe"},
		{"\x1b[31mred\x1b[0m", "‹U+001B›[31mred‹U+001B›[0m"},
		{"a\x00b\u200bc\ufeffd\u00ade", "a‹U+0000›b‹U+200B›c‹U+FEFF›d‹U+00AD›e"},
		{"two\nlines\tand\r\n", "two‹U+000A›lines‹U+0009›and‹U+000D›‹U+000A›"},
		{"bad \xff\xfe utf8 \xe2\x82", "bad ‹\\xff›‹\\xfe› utf8 ‹\\xe2›‹\\x82›"},
		{"a real \ufffd", "a real \ufffd"},
		{"\U000e0041\U000e0042", "‹U+E0041›‹U+E0042›"},
		{"\u2066\u2069\u061c\u2028", "‹U+2066›‹U+2069›‹U+061C›‹U+2028›"},
		{"", ""},
	} {
		if got := Plain(1000, c.in); got != c.line {
			t.Errorf("plain(%q) = %q, want %q", c.in, got, c.line)
		}
	}
	got := Lines(1000, "two\nlines\tand\r\nmore\rbut")
	if len(got.Spans) != 3 || got.Spans[0].Text != "two\nlines\tand\r\nmore" || got.Spans[1].Mark != "U+000D" {
		t.Errorf("lines: %+v", got)
	}
}

func TestTextIsBounded(t *testing.T) {
	got := Lines(10, strings.Repeat("é", 100))
	if got.Spans[0].Text != "ééééé" || got.Cut != 190 {
		t.Errorf("%+v", got)
	}
	if got := Plain(3, "aé€"); got != "aé…" {
		t.Errorf("cut inside of a character: %q", got)
	}
	got = Lines(1<<20, strings.Repeat("\u202e", 100_000))
	if len(got.Spans) != maxMarks || got.Cut != 3*(100_000-maxMarks) {
		t.Errorf("%d marks, cut %d", len(got.Spans), got.Cut)
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"plain", "\u202eevil", "\xff\xc0", "a\r\nb", strings.Repeat("\x00", 500)} {
		f.Add(s, 100)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = limit & 0xfff
		shown, marks := 0, 0
		for _, sp := range Lines(limit, s).Spans {
			if sp.Mark != "" {
				marks++
				continue
			}
			shown += len(sp.Text)
			for _, r := range sp.Text {
				if r != '\n' && r != '\t' && r != '\r' && hidden(r, 2) {
					t.Errorf("%q shows %U", s, r)
				}
			}
			if !utf8.ValidString(sp.Text) {
				t.Errorf("%q shows %q", s, sp.Text)
			}
		}
		if shown > limit || marks > maxMarks {
			t.Errorf("%d bytes and %d marks shown of %q", shown, marks, s)
		}
		if p := Plain(limit, s); strings.ContainsAny(p, "\n\r\x00\u202e") {
			t.Errorf("plain(%q) = %q", s, p)
		}
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1204: "1204", 12345: "12 345", 1234567: "1 234 567", -1234567: "-1 234 567"} {
		if got := strings.ReplaceAll(Count(n), "\u202f", " "); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}
