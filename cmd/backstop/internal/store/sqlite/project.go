package sqlite

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// Projects are the one thing that another process may write while a collector
// runs: each of these calls is one short statement, and SQLite lets the writers
// take turns.

// A Registry opens a data directory for its projects only.
type Registry struct {
	db *sql.DB
}

// OpenRegistry opens the projects of a data directory, whether a collector is
// running on it or not. Where there is no database yet, it makes one.
func OpenRegistry(ctx context.Context, dir string) (*Registry, error) {
	db, err := Open(ctx, dir, Options{})
	if err == nil {
		err = db.Close() // made or migrated, and nobody else is using it
	}
	if err != nil && !errors.Is(err, store.ErrLocked) {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("open data directory: %w", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open database: %w", err) // a collector is starting this moment
	}
	pool, err := sql.Open("sqlite", dsn(path, false))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	r := &Registry{db: pool}
	if err := r.current(ctx); err != nil {
		return nil, errors.Join((&DB{path: path}).diagnose(err), r.Close())
	}
	return r, nil
}

// current checks that the schema is the one this version knows.
func (r *Registry) current(ctx context.Context) error {
	p, err := provider(r.db)
	if err != nil {
		return err
	}
	return notNewer(ctx, p)
}

// Close closes the registry.
func (r *Registry) Close() error { return r.db.Close() }

// Create makes a project and returns its key, which is stored nowhere: only
// its SHA-256 is. The key has 256 random bits.
func (r *Registry) Create(ctx context.Context, name string, now time.Time) (key string, err error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	key = "bk_" + base64.RawURLEncoding.EncodeToString(b[:])
	res, err := r.db.ExecContext(ctx, `INSERT INTO project (name, key_hash, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		name, hash(key), micros(now))
	if err != nil {
		return "", fmt.Errorf("create project: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return "", errors.Join(fmt.Errorf("project %q %w", name, store.ErrExists), err)
	}
	return key, nil
}

// Revoke makes the key of a project invalid from the next request on.
func (r *Registry) Revoke(ctx context.Context, name string, now time.Time) error {
	res, err := r.db.ExecContext(ctx, `UPDATE project SET revoked_at = ? WHERE name = ? AND revoked_at = 0`, micros(now), name)
	if err != nil {
		return fmt.Errorf("revoke project: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("project %q with a valid key: %w", name, store.ErrNotFound), err)
	}
	return nil
}

// List returns the projects by name.
func (r *Registry) List(ctx context.Context) ([]store.Project, error) {
	rows, err := r.db.QueryContext(ctx, `SELECT name, created_at, revoked_at FROM project ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	var list []store.Project
	return list, eachRow(rows, func(rows *sql.Rows) error {
		var p store.Project
		var created, revoked int64
		err := rows.Scan(&p.Name, &created, &revoked)
		p.CreatedAt, p.RevokedAt = fromMicros(created), fromMicros(revoked)
		list = append(list, p)
		return err
	})
}

// Authorise returns the project that a key belongs to, or store.ErrNotFound;
// any says whether there are projects at all, revoked ones included.
func (db *DB) Authorise(ctx context.Context, key string) (project string, any bool, err error) {
	// Looking a hash up in an index leaks nothing about the keys: what its
	// timing tells is about hashes of what the client made up.
	err = db.read.QueryRowContext(ctx, `SELECT COALESCE((SELECT name FROM project WHERE key_hash = ? AND revoked_at = 0), ''),
		EXISTS (SELECT 1 FROM project)`, hash(key)).Scan(&project, &any)
	if err != nil {
		return "", false, fmt.Errorf("authorise: %w", err)
	}
	if project == "" {
		return "", any, store.ErrNotFound
	}
	return project, any, nil
}

func hash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}
