package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/internal/spool"
)

const groupDelivery = "delivery"

func (x *examiner) delivery(ctx context.Context) {
	x.spool()
	x.waiting(time.Now())
	x.collector(ctx)
}

// A place is where a spool may be.
type place struct {
	dir    string // whose subdirectories are spools
	prefix string // of their names
	lasts  bool   // longer than a container
}

// places are those that the SDK and backstop run try, best first.
func (x *examiner) places() []place {
	var all []place
	if dir := x.spoolDir(); dir != "" {
		return []place{{filepath.Dir(dir), filepath.Base(dir), true}}
	}
	cache := x.env["XDG_CACHE_HOME"]
	if home := x.env["HOME"]; cache == "" && home != "" {
		cache = filepath.Join(home, ".cache")
	}
	if x.options.PID == 0 {
		cache, _ = os.UserCacheDir() // "" when there is none
	}
	if cache != "" {
		all = append(all, place{filepath.Join(cache, "backstop"), "", true})
	}
	temp := x.env["TMPDIR"]
	if temp == "" {
		temp = os.TempDir()
	}
	mine := "backstop-" + x.uid() + "-"
	return append(all, place{temp, mine, false}, place{"/dev/shm", mine, false})
}

// uid is the user of the process that is examined, else ours.
func (x *examiner) uid() string {
	if x.options.PID != 0 {
		_, rest, _ := strings.Cut(x.read("/proc/"+strconv.Itoa(x.pid)+"/status"), "\nUid:")
		if f := strings.Fields(rest); len(f) > 0 {
			return f[0]
		}
	}
	return strconv.Itoa(os.Getuid())
}

func (x *examiner) spoolDir() string {
	if x.options.Spool != "" {
		return x.options.Spool
	}
	return x.env["BACKSTOP_SPOOL"]
}

// lowRoom is how much a spool may need.
const lowRoom = 100 << 20

func (x *examiner) spool() {
	const name = "spool"
	var refused []string
	for i, p := range x.places() {
		dir := x.nearest(p.dir)
		free, err := x.tryDirectory(dir)
		if err != nil {
			refused = append(refused, p.dir+": "+reason(err))
			continue
		}
		x.found.spool = true
		where := filepath.Join(p.dir, p.prefix+"SERVICE")
		if x.spoolDir() != "" {
			where = x.spoolDir()
		}
		what := fmt.Sprintf("%s, %s free", where, size(free))
		switch {
		case free > 0 && free < lowRoom:
			x.add(groupDelivery, name, Degraded, what, "a spool may hold 64 MB: make room")
		case i > 0 && !p.lasts:
			x.add(groupDelivery, name, Degraded, what+", and is gone with the container ("+strings.Join(refused, "; ")+")",
				"BACKSTOP_SPOOL names a directory on a volume that outlives the container")
		default:
			x.add(groupDelivery, name, OK, what, "")
		}
		return
	}
	x.add(groupDelivery, name, Missing, "events have nowhere to wait: "+strings.Join(refused, "; "), "BACKSTOP_SPOOL names a directory that this user may write to")
}

// nearest is the directory, or what is there of the path to it.
func (x *examiner) nearest(dir string) string {
	for !x.exists(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	return dir
}

// waiting counts what earlier runs could not deliver.
func (x *examiner) waiting(now time.Time) {
	var events, rejected int
	var oldest time.Time
	var dropped uint64
	var dirs []string
	for _, p := range x.places() {
		entries, _ := os.ReadDir(x.path(p.dir)) // what cannot be read holds nothing of ours
		for _, e := range entries {
			if !e.IsDir() || !strings.HasPrefix(e.Name(), p.prefix) {
				continue
			}
			s := spool.Look(filepath.Join(x.path(p.dir), e.Name()))
			events, rejected, dropped = events+s.Events, rejected+s.Rejected, dropped+s.Dropped
			if s.Events > 0 && (oldest.IsZero() || s.Oldest.Before(oldest)) {
				oldest = s.Oldest
			}
			if s.Events > 0 {
				dirs = append(dirs, filepath.Join(p.dir, e.Name()))
			}
		}
	}
	var also []string
	if dropped > 0 {
		also = append(also, fmt.Sprintf("%d were dropped and will be told of", dropped))
	}
	if rejected > 0 {
		also = append(also, fmt.Sprintf("%d were refused and are kept in a folder \"rejected\"", rejected))
	}
	if events == 0 {
		x.add(groupDelivery, "undelivered", OK, strings.Join(append([]string{"none"}, also...), "; "), "")
		return
	}
	if more := len(dirs) - 3; more > 0 {
		dirs = append(dirs[:3], fmt.Sprintf("%d more", more))
	}
	noun := "events"
	if events == 1 {
		noun = "event"
	}
	what := fmt.Sprintf("%d %s since %s, in %s", events, noun, oldest.Local().Format("2006-01-02 15:04"), strings.Join(dirs, ", "))
	s, hint := Info, ""
	if now.Sub(oldest) > time.Hour {
		s, hint = Degraded, "the next start of the program delivers them, if it has a collector"
	}
	x.add(groupDelivery, "undelivered", s, strings.Join(append([]string{what}, also...), "; "), hint)
}

// collectorTime bounds each of two requests.
const collectorTime = 10 * time.Second

// collector asks whether a collector is there, and whether it would take events:
// a body without events is refused for that, but only after the key was looked
// at.
func (x *examiner) collector(ctx context.Context) {
	const name = "collector"
	base, key := x.options.Collector, x.options.Key
	if base == "" {
		base = x.env["BACKSTOP_COLLECTOR"]
	}
	if key == "" {
		key = x.env["BACKSTOP_KEY"]
	}
	if base == "" {
		x.add(groupDelivery, name, Info, "none is given, events stay in the spool", "-collector URL, or BACKSTOP_COLLECTOR")
		return
	}
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		x.add(groupDelivery, name, Missing, fmt.Sprintf("%q is no URL of a collector", base), "as in http://collector:7070")
		return
	}
	status, said, date, err := ask(ctx, base, key)
	switch {
	case err != nil:
		x.add(groupDelivery, name, Missing, base+" cannot be reached: "+plain(err), "is backstop serve running there? is the way open for this host?")
		return
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		x.add(groupDelivery, name, Missing, fmt.Sprintf("%s refuses the key: %s", base, said), "backstop project create NAME, on the collector's host, prints one")
		return
	case status != http.StatusBadRequest || said == "":
		x.add(groupDelivery, name, Missing, fmt.Sprintf("%s answers %d %s, and not as a collector", base, status, http.StatusText(status)), "check the URL, and proxies between")
		return
	}
	what := base + " takes events"
	if key != "" {
		what += " with this key"
	}
	if skew := time.Since(date); !date.IsZero() && skew.Abs() > time.Minute {
		x.add(groupDelivery, name, Degraded, fmt.Sprintf("%s; its clock differs by %s", what, skew.Abs().Round(time.Second)), "synchronise the clocks: events of both are compared by time")
		return
	}
	x.add(groupDelivery, name, OK, what, "")
}

// ask posts no events, and returns the error that a collector names in its
// answer.
func ask(ctx context.Context, base, key string) (status int, said string, date time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, collectorTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(base, "/")+"/api/v1/events", bytes.NewReader(nil))
	if err != nil {
		return 0, "", date, err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("X-Backstop-Key", key)
	}
	resp, err := spool.NewClient().Do(req)
	if err != nil {
		return 0, "", date, err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a collector's answer is short
	var answer struct {
		Error string `json:"error"`
	}
	json.Unmarshal(text, &answer) //nolint:errcheck // then it says nothing
	date, _ = http.ParseTime(resp.Header.Get("Date"))
	return resp.StatusCode, strings.ToValidUTF8(answer.Error, "?"), date, nil
}

// plain is an error of net/http without the URL, which is said already.
func plain(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}
