package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"

	"github.com/backstop-go/backstop/cmd/backstop/internal/issue"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, opts Options) *DB {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon }
	}
	db, err := Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// save counts events as new occurrences, each of its own.
func save(t *testing.T, db *DB, events ...event.Event) {
	t.Helper()
	ctx := t.Context()
	tx, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var c store.Changes
	all := map[issue.Key]issue.State{}
	for i := range events {
		key := issue.KeyOf(&events[i])
		if _, ok := all[key]; !ok {
			known, err := tx.States(ctx, []issue.Key{key})
			if err != nil {
				t.Fatal(err)
			}
			all[key] = known[key]
		}
		all[key], _ = issue.Apply(all[key], &events[i])
		c.Edits = append(c.Edits, store.Edit{New: &store.Occurrence{Event: events[i], Received: events[i].OccurredAt, Issue: key, Whole: true}})
	}
	for _, s := range all {
		c.States = append(c.States, s)
	}
	if err := errors.Join(tx.Save(ctx, c), tx.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
}

func crashAt(at time.Time, change func(*event.Event)) event.Event {
	e := event.New(&crash.Report{
		Kind: crash.KindPanic, Class: "panic.custom", Message: "x", HasMessage: true, Crash: -1,
		Fingerprints: crash.Fingerprints{Tolerant: "f", Version: 1},
	}, event.Guard, at)
	e.Service, e.Release, e.Environment, e.Instance = "shop", "v1", "test", "web-1"
	if change != nil {
		change(&e)
	}
	return e
}

// Whatever a damaged file looks like, Open says so and changes nothing.
func TestBrokenFiles(t *testing.T) {
	good := t.TempDir()
	db := open(t, good, Options{})
	for i := range 300 {
		save(t, db, crashAt(noon, func(e *event.Event) { e.Report.Fingerprints.Tolerant = fmt.Sprint(i) }))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(good, FileName))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	for i := 8192; i < len(flipped)-4096; i += 512 {
		flipped[i] ^= 0xff
	}
	for name, content := range map[string][]byte{
		"text":                  []byte("Dear database,\nplease be one.\n"),
		"a few bytes":           []byte("SQL"),
		"the header only":       whole[:16],
		"the first page only":   whole[:4096],
		"cut off":               whole[:len(whole)/2],
		"bits flipped":          flipped,
		"zeroes":                make([]byte, 1<<16),
		"a header and nonsense": append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte("?"), 1<<14)...),
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, FileName)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(t.Context(), dir, Options{})
		var broken *store.BrokenError
		if !errors.As(err, &broken) || broken.Path != path {
			t.Errorf("%s: %v, want a BrokenError", name, err)
		}
		if err == nil {
			db.Close()
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
		if _, err := takeLock(filepath.Join(dir, "lock")); err != nil {
			t.Errorf("%s: the lock is still held: %v", name, err)
		}
	}
}

// TestFilesArePrivate uses a directory that others may read, as an
// administrator makes them.
func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits on Windows")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Options{})
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, want the database, its log and the lock (%v)", len(files), err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has permissions %v", f.Name(), info.Mode().Perm())
		}
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, Options{})
	if _, err := db.conn.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("open: %v", err)
	}
	if _, err := OpenRegistry(t.Context(), dir); !errors.Is(err, store.ErrNewer) {
		t.Errorf("open for projects: %v", err)
	}
}

func TestOneCollectorPerDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a?b#c%20d e") // what URLs make something else of
	db := open(t, dir, Options{})
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		t.Error(err)
	}
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Error(err)
	}
	open(t, dir, Options{})
}

func TestSettings(t *testing.T) {
	db := open(t, t.TempDir(), Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := db.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
		}
	}
	if _, err := db.read.ExecContext(t.Context(), `DELETE FROM issue`); err == nil {
		t.Error("readers can write")
	}
}

func TestRollbackForgets(t *testing.T) {
	db := open(t, t.TempDir(), Options{})
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Announce(t.Context(), event.Hello{Service: "ghost"}, noon); err != nil {
		t.Fatal(err)
	}
	tx.Rollback()
	save(t, db, crashAt(noon, func(e *event.Event) { e.Service = "ghost" })) // its id must not be remembered
	if list, err := db.Services(t.Context()); err != nil || len(list) != 1 || list[0].Events != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestRate(t *testing.T) {
	db := open(t, t.TempDir(), Options{})
	save(t, db,
		crashAt(noon, nil), crashAt(noon.Add(59*time.Second), nil),
		crashAt(noon.Add(2*time.Minute), func(e *event.Event) { e.Service = "till" }))
	for _, c := range []struct {
		service  string
		from, to time.Time
		want     []int64
	}{
		{"", noon, noon.Add(3 * time.Minute), []int64{2, 0, 1}},
		{"shop", noon, noon.Add(3 * time.Minute), []int64{2, 0, 0}},
		{"till", noon.Add(-time.Minute), noon.Add(time.Minute), []int64{0, 0}},
		{"none", noon, noon.Add(time.Minute), []int64{0}},
		{"shop", noon.Add(30 * time.Second), noon.Add(90 * time.Second), []int64{2, 0}},
		{"shop", noon, noon, []int64{}},
		{"shop", noon, noon.Add(-time.Hour), []int64{}},
	} {
		points, err := db.Rate(t.Context(), c.service, c.from, c.to)
		got := []int64{}
		for _, p := range points {
			got = append(got, p.Count)
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q from %v to %v: %v (%v), want %v", c.service, c.from, c.to, got, err, c.want)
		}
		if len(points) > 0 && !points[0].Minute.Equal(c.from.Truncate(time.Minute)) {
			t.Errorf("%q: starts at %v", c.service, points[0].Minute)
		}
	}
	if points, err := db.Rate(t.Context(), "", noon.AddDate(-50, 0, 0), noon); err != nil || len(points) != maxMinutes {
		t.Errorf("fifty years are %d points (%v)", len(points), err)
	}
}

func TestPrune(t *testing.T) {
	db := open(t, t.TempDir(), Options{RememberMost: 10})
	old, recent := crashAt(noon.AddDate(0, 0, -40), nil), crashAt(noon, nil)
	old.Process, recent.Process = event.Process{PID: 1, BootID: "b"}, event.Process{PID: 2, BootID: "b"}
	save(t, db, old, recent)
	prune := func() {
		t.Helper()
		if more, err := db.Prune(t.Context(), noon); more || err != nil {
			t.Fatalf("%v, %v", more, err)
		}
	}
	prune()
	known := func(e event.Event) bool {
		t.Helper()
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		list, err := tx.Recall(t.Context(), []*event.Event{&e})
		if err != nil {
			t.Fatal(err)
		}
		return len(list) > 0
	}
	if known(old) || !known(recent) {
		t.Error("what is older than a week is forgotten, and nothing else")
	}
	if n := count(t, db, `SELECT count(*) FROM process`); n != 1 {
		t.Errorf("%d processes are remembered, want 1", n)
	}
	if n := count(t, db, `SELECT count(*) FROM issue_minute`); n != 1 {
		t.Errorf("%d minutes are kept, want 1", n)
	}
	for range 30 {
		save(t, db, crashAt(noon, nil))
	}
	prune()
	if n := count(t, db, `SELECT count(*) FROM occurrence`); n != 10 {
		t.Errorf("%d occurrences are remembered, want 10", n)
	}
	list, err := db.Issues(context.Background(), store.IssueFilter{})
	if err != nil || len(list) != 1 || list[0].Count != 32 {
		t.Errorf("%+v (%v): counts are for ever", list, err)
	}
}

func count(t *testing.T, db *DB, query string) (n int) {
	t.Helper()
	if err := db.read.QueryRowContext(t.Context(), query).Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return n
}

// Being new wears off without anybody writing anything, in the list, in the
// filter and on the page alike.
func TestNewWearsOff(t *testing.T) {
	now := noon
	db := open(t, t.TempDir(), Options{Now: func() time.Time { return now }})
	save(t, db, crashAt(noon, nil))
	for _, c := range []struct {
		after time.Duration
		want  issue.Status
	}{{issue.NewFor - 1, issue.New}, {issue.NewFor, issue.Ongoing}} {
		now = noon.Add(c.after)
		list, err := db.Issues(t.Context(), store.IssueFilter{Status: c.want})
		if err != nil || len(list) != 1 || list[0].Status != c.want {
			t.Errorf("after %v: %+v (%v), want %s", c.after, list, err, c.want)
			continue
		}
		if d, err := db.Issue(t.Context(), list[0].ID); err != nil || d.Status != c.want {
			t.Errorf("after %v: %+v (%v), want %s", c.after, d.State, err, c.want)
		}
	}
}

// Names are anything; none of them may be taken for a separator.
func TestOddNames(t *testing.T) {
	db := open(t, t.TempDir(), Options{})
	save(t, db, crashAt(noon, func(e *event.Event) { e.Environment = `a,b"c` }), crashAt(noon, func(e *event.Event) { e.Environment = "" }))
	list, err := db.Issues(t.Context(), store.IssueFilter{})
	if err != nil || fmt.Sprintf("%q", list[0].Environments) != `["" "a,b\"c"]` {
		t.Errorf("%+v, %v", list, err)
	}
	services, err := db.Services(t.Context())
	if err != nil || len(services[0].Environments) != 2 {
		t.Errorf("%+v, %v", services, err)
	}
	counters, err := db.Counters(t.Context())
	if err != nil || len(counters) != 2*len(crash.Kinds()) {
		t.Errorf("%d counters (%v)", len(counters), err)
	}
}
