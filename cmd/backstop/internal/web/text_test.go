package web

import (
	"testing"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

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
