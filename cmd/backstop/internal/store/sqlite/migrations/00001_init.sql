-- Times are microseconds since 1970 UTC, minutes are minutes since 1970; 0 is "not known".

-- +goose Up
CREATE TABLE project (
    name       TEXT    NOT NULL PRIMARY KEY,
    key_hash   BLOB    NOT NULL UNIQUE, -- SHA-256
    created_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE service (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE,
    first_seen   INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    last_release TEXT    NOT NULL,
    dropped      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE service_environment (
    service_id  INTEGER NOT NULL REFERENCES service (id),
    environment TEXT    NOT NULL,
    PRIMARY KEY (service_id, environment)
) STRICT, WITHOUT ROWID;

-- events is exact and goes down when an event turns out to be of another kind;
-- peak is the most it ever was, which is what a Prometheus counter may show.
CREATE TABLE counter (
    service_id  INTEGER NOT NULL REFERENCES service (id),
    environment TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    events      INTEGER NOT NULL,
    peak        INTEGER NOT NULL,
    PRIMARY KEY (service_id, environment, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- links to an issue never lead to another
    service_id    INTEGER NOT NULL REFERENCES service (id),
    fingerprint   TEXT    NOT NULL,
    algorithm     INTEGER NOT NULL,
    class         TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    culprit       TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    count         INTEGER NOT NULL,
    first_seen    INTEGER NOT NULL,
    last_seen     INTEGER NOT NULL,
    first_release TEXT    NOT NULL,
    last_release  TEXT    NOT NULL,
    resolved_at   INTEGER NOT NULL,
    UNIQUE (service_id, fingerprint)
) STRICT;
CREATE INDEX issue_last_seen ON issue (last_seen);

CREATE TABLE issue_release (
    issue_id    INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    release     TEXT    NOT NULL,
    environment TEXT    NOT NULL,
    count       INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    PRIMARY KEY (issue_id, release, environment)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_instance (
    issue_id INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    instance TEXT    NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (issue_id, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_minute (
    issue_id    INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    minute      INTEGER NOT NULL,
    environment TEXT    NOT NULL,
    release     TEXT    NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (issue_id, minute, environment, release)
) STRICT, WITHOUT ROWID;

CREATE TABLE service_minute (
    service_id INTEGER NOT NULL REFERENCES service (id),
    minute     INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (service_id, minute)
) STRICT, WITHOUT ROWID;

-- Whole events: of each issue the first and the newest ones. body is the event
-- as JSON, compressed with zstd; the other columns are what a list shows.
CREATE TABLE sample (
    seq         INTEGER PRIMARY KEY, -- in the order of arrival
    event_id    BLOB    NOT NULL UNIQUE,
    issue_id    INTEGER NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    first       INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    release     TEXT    NOT NULL,
    instance    TEXT    NOT NULL,
    observers   TEXT    NOT NULL,
    request     TEXT    NOT NULL, -- JSON, or empty
    body        BLOB    NOT NULL
) STRICT;
CREATE INDEX sample_issue ON sample (issue_id, first);

-- One run of one program: what observers that never met agree on.
CREATE TABLE process (
    id      INTEGER PRIMARY KEY,
    boot_id TEXT    NOT NULL,
    pid     INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    host    TEXT    NOT NULL,
    UNIQUE (pid, start, boot_id, host)
) STRICT;

-- The recent occurrences, narrow: what each was counted under, and what it takes
-- to recognise another observation of it.
CREATE TABLE occurrence (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of arrival
    event_id    BLOB    NOT NULL UNIQUE,
    issue_id    INTEGER NOT NULL,
    process_id  INTEGER,                           -- NULL when the process is not known
    goroutine   INTEGER NOT NULL,
    stack_hash  TEXT    NOT NULL,
    at          INTEGER NOT NULL,                  -- by the clock of the host
    occurred_at INTEGER NOT NULL,                  -- as counted
    received_at INTEGER NOT NULL,
    observers   TEXT    NOT NULL,
    terminal    INTEGER NOT NULL,
    recovered   INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    class       TEXT    NOT NULL,
    has_message INTEGER NOT NULL,
    exit        TEXT    NOT NULL,                  -- JSON, or empty
    environment TEXT    NOT NULL,
    release     TEXT    NOT NULL,
    instance    TEXT    NOT NULL
) STRICT;
CREATE INDEX occurrence_stack ON occurrence (process_id, goroutine, stack_hash, at) WHERE process_id IS NOT NULL;
CREATE INDEX occurrence_end ON occurrence (process_id) WHERE process_id IS NOT NULL AND terminal = 1;

-- The ids of observations that were merged into an occurrence.
CREATE TABLE alias (
    event_id   BLOB    NOT NULL PRIMARY KEY,
    occurrence INTEGER NOT NULL REFERENCES occurrence (seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_occurrence ON alias (occurrence);

-- One row that a health check writes.
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
