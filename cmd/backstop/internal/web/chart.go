package web

import (
	"fmt"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A chart is a bar chart as numbers; the template writes the SVG. Its labels
// stand outside of the SVG, so that it may stretch without bending letters.
type chart struct {
	ID          string // unique on the page, for aria-labelledby
	Title, Desc string
	Bars        []bar
	Width       int // of the view box
	Max         int64
	Total       int64
	Per         string // what one bar stands for: "minute"
	From, To    time.Time
}

const barHeight = 100 // height of the view box

// A bar has its place in the view box and the words for it.
type bar struct {
	X, Y, H int
	Label   string
}

// A span of time that a chart can show.
type window struct {
	Name   string // in the URL: "1h"
	Label  string
	Length time.Duration
	Bucket time.Duration
	Per    string
}

var windows = []window{
	{"1h", "last hour", time.Hour, time.Minute, "minute"},
	{"24h", "last 24 hours", 24 * time.Hour, 15 * time.Minute, "15 minutes"},
	{"7d", "last 7 days", 7 * 24 * time.Hour, 2 * time.Hour, "2 hours"},
}

// bounds returns the whole minutes of the window that ends with now's minute.
func (w window) bounds(now time.Time) (from, to time.Time) {
	to = now.UTC().Truncate(time.Minute).Add(time.Minute)
	return to.Add(-w.Length), to
}

// newChart adds up points into the bars of a window. Points outside of it are
// not shown.
func newChart(id, title string, w window, points []store.Point, now time.Time) chart {
	from, to := w.bounds(now)
	sums := make([]int64, int(w.Length/w.Bucket))
	for _, p := range points {
		if p.Minute.Before(from) || !p.Minute.Before(to) {
			continue
		}
		sums[int(p.Minute.Sub(from)/w.Bucket)] += p.Count
	}
	c := chart{ID: id, Title: title, Width: len(sums) * 10, Per: w.Per, From: from, To: to}
	peak := 0
	for i, n := range sums {
		c.Total += n
		if n > c.Max {
			c.Max, peak = n, i
		}
	}
	for i, n := range sums {
		if n <= 0 {
			continue
		}
		// One event must be visible next to thousands.
		h := max(int(n*barHeight/c.Max), 4)
		at := from.Add(time.Duration(i) * w.Bucket)
		c.Bars = append(c.Bars, bar{
			X: i * 10, Y: barHeight - h, H: h,
			Label: fmt.Sprintf("%s UTC: %s", at.Format("Jan 2 15:04"), htmlview.Plural(n, "event")),
		})
	}
	switch c.Total {
	case 0:
		c.Desc = "No events in the " + w.Label + "."
	case c.Max:
		at := from.Add(time.Duration(peak) * w.Bucket).Format("Jan 2 15:04")
		c.Desc = fmt.Sprintf("%s in the %s, at %s UTC.", htmlview.Plural(c.Total, "event"), w.Label, at)
	default:
		at := from.Add(time.Duration(peak) * w.Bucket).Format("Jan 2 15:04")
		c.Desc = fmt.Sprintf("%s in the %s; at most %s per %s, at %s UTC.", htmlview.Plural(c.Total, "event"), w.Label, htmlview.Count(c.Max), w.Per, at)
	}
	return c
}
