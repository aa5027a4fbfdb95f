package web

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
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
		if got := plain(1000, c.in); got != c.line {
			t.Errorf("plain(%q) = %q, want %q", c.in, got, c.line)
		}
	}
	got := lines(1000, "two\nlines\tand\r\nmore\rbut")
	if len(got.Spans) != 3 || got.Spans[0].Text != "two\nlines\tand\r\nmore" || got.Spans[1].Mark != "U+000D" {
		t.Errorf("lines: %+v", got)
	}
}

func TestTextIsBounded(t *testing.T) {
	got := lines(10, strings.Repeat("é", 100))
	if got.Spans[0].Text != "ééééé" || got.Cut != 190 {
		t.Errorf("%+v", got)
	}
	if got := plain(3, "aé€"); got != "aé…" {
		t.Errorf("cut inside of a character: %q", got)
	}
	got = lines(1<<20, strings.Repeat("\u202e", 100_000))
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
		for _, sp := range lines(limit, s).Spans {
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
		if p := plain(limit, s); strings.ContainsAny(p, "\n\r\x00\u202e") {
			t.Errorf("plain(%q) = %q", s, p)
		}
	})
}

func TestAgo(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "just now"},
		{1900 * time.Millisecond, "just now"},
		{2 * time.Second, "2 s ago"},
		{59 * time.Second, "59 s ago"},
		{time.Minute, "1 min ago"},
		{59*time.Minute + 59*time.Second, "59 min ago"},
		{time.Hour, "1 h ago"},
		{47 * time.Hour, "47 h ago"},
		{48 * time.Hour, "2 days ago"},
		{400 * 24 * time.Hour, "400 days ago"},
		{-time.Second, "just now"},
		{-3 * time.Minute, "3 min ahead"},
	} {
		if got := ago(now, now.Add(-c.d)); got != c.want {
			t.Errorf("%v: %q, want %q", c.d, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1204: "1204", 12345: "12 345", 1234567: "1 234 567", -1234567: "-1 234 567"} {
		if got := strings.ReplaceAll(count(n), "\u202f", " "); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in   string
		want name
	}{
		{"main.main", name{"", "main.main"}},
		{"github.com/acme/shop/cart.(*Cart).Add", name{"github.com/acme/shop/", "cart.(*Cart).Add"}},
		{"a/b.F[c/d.T]", name{"a/", "b.F[c/d.T]"}},
		{"a/b.(*G[c/d.T]).M", name{"a/", "b.(*G[c/d.T]).M"}},
		{"panic", name{"", "panic"}},
		{"", name{}},
	} {
		if got := splitFunc(c.in); got != c.want {
			t.Errorf("splitFunc(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	for _, c := range []struct {
		in   string
		want name
	}{
		{"/home/me/shop/cart/cart.go", name{"/home/me/shop/", "cart/cart.go"}},
		{`C:\shop\cart\cart.go`, name{`C:\shop\`, `cart\cart.go`}},
		{"cart/cart.go", name{"", "cart/cart.go"}},
		{"/cart.go", name{"/", "cart.go"}},
		{"cart.go", name{"", "cart.go"}},
		{"", name{}},
	} {
		if got := splitFile(c.in); got != c.want {
			t.Errorf("splitFile(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestChart(t *testing.T) {
	hour := windows[0]
	from, to := hour.bounds(now)
	if from.Second() != 0 || to.Sub(from) != time.Hour || to.Before(now) {
		t.Fatalf("bounds %v to %v of %v", from, to, now)
	}
	c := newChart("c", "t", hour, []store.Point{
		{Minute: from.Add(-time.Minute), Count: 500}, {Minute: from, Count: 1}, {Minute: to.Add(-time.Minute), Count: 1000}, {Minute: to, Count: 500},
	}, now)
	if c.Total != 1001 || c.Max != 1000 || len(c.Bars) != 2 {
		t.Fatalf("%+v", c)
	}
	if first := c.Bars[0]; first.X != 0 || first.H != 4 || first.Y+first.H != barHeight {
		t.Errorf("a minute with one event: %+v", first)
	}
	if last := c.Bars[1]; last.X != 590 || last.H != barHeight || last.Label != "Nov 20 14:32 UTC: 1000\u00a0events" {
		t.Errorf("the busiest minute: %+v", last)
	}
	for _, w := range windows {
		from, to := w.bounds(now)
		var points []store.Point
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			points = append(points, store.Point{Minute: at, Count: 1})
		}
		c := newChart("c", "t", w, points, now)
		if c.Total != int64(w.Length/time.Minute) || c.Max != int64(w.Bucket/time.Minute) || len(c.Bars) != int(w.Length/w.Bucket) {
			t.Errorf("%s: total %d, max %d, %d bars", w.Name, c.Total, c.Max, len(c.Bars))
		}
	}
	if c := newChart("c", "t", hour, nil, now); c.Desc != "No events in the last hour." || len(c.Bars) != 0 {
		t.Errorf("an empty chart: %+v", c)
	}
}
