// Package sqlite keeps everything in one SQLite file. Start with [Open]. A
// database has one writer, which goes through [DB.Begin], and any number of
// readers with connections of their own. What was committed survives the death
// of the process and of the machine (WAL, synchronous=FULL).
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/pressly/goose/v3"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// FileName is the name of the database in a data directory.
const FileName = "backstop.db"

// Options of a store. The zero value is right for a collector.
type Options struct {
	// RememberFor is how long the id of an event is remembered, so that a
	// sender that repeats it is recognised; 7 days when 0.
	RememberFor time.Duration
	// RememberMost is how many occurrences are remembered at most, the newest
	// ones; 1 000 000 when 0 (about 250 MB on disk).
	RememberMost int
	// MinutesFor is how long counts per minute are kept; 31 days when 0. The
	// totals are kept for ever.
	MinutesFor time.Duration
	// Now is the clock of the readers; time.Now when nil.
	Now func() time.Time
}

func (o *Options) setDefaults() {
	if o.RememberFor == 0 {
		o.RememberFor = 7 * 24 * time.Hour
	}
	if o.RememberMost == 0 {
		o.RememberMost = 1_000_000
	}
	if o.MinutesFor == 0 {
		o.MinutesFor = 31 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// A DB is an open store. It implements store.Reader and store.Writer.
type DB struct {
	opts  Options
	path  string
	lock  io.Closer
	write *sql.DB
	read  *sql.DB

	encoder *zstd.Encoder // used by the writer only
	decoder *zstd.Decoder

	conn     *sql.Conn // of the writer
	prepared map[string]*sql.Stmt
	services map[string]int64 // ids of the services that exist for certain

	closing sync.Once
	closed  error
}

var (
	_ store.Reader = (*DB)(nil)
	_ store.Writer = (*DB)(nil)
)

// Open opens the database of a data directory, which it makes if it has to,
// brings it up to date, and takes the directory for this process alone: a
// second Open returns store.ErrLocked. A file that is no database, or a damaged
// one, is a *store.BrokenError and stays as it is.
func Open(ctx context.Context, dir string, opts Options) (_ *DB, err error) {
	opts.setDefaults()
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	db := &DB{opts: opts, path: filepath.Join(dir, FileName), prepared: map[string]*sql.Stmt{}, services: map[string]int64{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	if db.lock, err = takeLock(filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	if err := checkHeader(db.path); err != nil {
		return nil, err
	}
	if db.write, err = sql.Open("sqlite", dsn(db.path, false)); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if err := db.prepare(ctx); err != nil {
		return nil, db.diagnose(err)
	}
	if db.read, err = sql.Open("sqlite", dsn(db.path, true)); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.read.SetMaxOpenConns(4)
	return db, db.diagnose(db.read.PingContext(ctx))
}

// prepare checks and migrates the database and readies the writer.
func (db *DB) prepare(ctx context.Context) error {
	if err := quickCheck(ctx, db.write, db.path); err != nil {
		return err
	}
	if err := migrate(ctx, db.write); err != nil {
		return err
	}
	var err error
	if db.conn, err = db.write.Conn(ctx); err != nil {
		return err
	}
	if db.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
		return err
	}
	db.decoder, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(64<<20))
	return err
}

// Close lets go of the database and the directory. It may be called twice.
func (db *DB) Close() error {
	db.closing.Do(func() {
		var errs []error
		for _, s := range db.prepared {
			errs = append(errs, s.Close())
		}
		if db.conn != nil {
			errs = append(errs, db.conn.Close())
		}
		if db.read != nil {
			errs = append(errs, db.read.Close())
		}
		if db.write != nil {
			errs = append(errs, db.write.Close())
		}
		if db.encoder != nil {
			errs = append(errs, db.encoder.Close())
		}
		if db.decoder != nil {
			db.decoder.Close()
		}
		if db.lock != nil {
			errs = append(errs, db.lock.Close())
		}
		db.closed = errors.Join(errs...)
	})
	return db.closed
}

// dsn names the file and the settings of each connection to it.
func dsn(path string, readOnly bool) string {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(1)"}}
	if readOnly {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	} else {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-65536)", "temp_store(MEMORY)")
		q.Set("_txlock", "immediate")
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// checkHeader looks at a file before SQLite does, which would otherwise create
// its own files next to it.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makePrivate(path)
	}
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer f.Close()
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	switch {
	case errors.Is(err, io.EOF):
		return nil // empty: SQLite takes it for a new database
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read database: %w", err)
	case string(head[:n]) != "SQLite format 3\x00":
		return &store.BrokenError{Path: path, Err: errors.New("it is not a SQLite database")}
	}
	return nil
}

// makePrivate makes an empty database that only its owner can read, also in a
// directory that others can. SQLite would let everybody read it, and gives its
// -wal and -shm files the permissions that it has.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return f.Close()
}

// quickCheckBelow bounds the time that a start takes: a check reads the whole
// file, at some hundred MB a second.
const quickCheckBelow = 256 << 20

func quickCheck(ctx context.Context, db *sql.DB, path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() > quickCheckBelow {
		return db.PingContext(ctx)
	}
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return &store.BrokenError{Path: path, Err: errors.New(answer)}
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, dir)
}

// migrate brings the schema up to date. One that is ahead of us is left alone.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	if err := notNewer(ctx, p); err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

func notNewer(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("%w: its schema is version %d, this one knows %d", store.ErrNewer, have, newest)
	}
	return nil
}

// diagnose turns the codes of a damaged file into a *store.BrokenError.
func (db *DB) diagnose(err error) error {
	var broken *store.BrokenError
	if errors.As(err, &broken) {
		return broken
	}
	var e *sqlitedriver.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return &store.BrokenError{Path: db.path, Err: err}
		}
	}
	if err != nil {
		return fmt.Errorf("open database %s: %w", db.path, err)
	}
	return nil
}
