-- The first schema. Times are seconds since the epoch (UTC); JSON is text; the numbers of tasks are those of a graph version.

CREATE TABLE state_meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- what was declared
CREATE TABLE dag_version (
  version INTEGER PRIMARY KEY,
  dag_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  graph TEXT NOT NULL,
  file TEXT,
  about TEXT NOT NULL,
  made_at REAL NOT NULL,
  UNIQUE (dag_id, fingerprint)
) STRICT;

CREATE TABLE task (
  version INTEGER NOT NULL REFERENCES dag_version,
  number INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  pool TEXT NOT NULL,
  slots INTEGER NOT NULL CHECK (slots >= 0),
  is_map INTEGER NOT NULL CHECK (is_map IN (0, 1)),
  PRIMARY KEY (version, number),
  UNIQUE (version, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_approval ON task (version, number) WHERE kind = 'approval';

-- is_paused and priority are what a person set by hand; NULL: the DAG file decides.
CREATE TABLE dag (
  dag_id TEXT PRIMARY KEY,
  version INTEGER REFERENCES dag_version,
  is_paused INTEGER CHECK (is_paused IN (0, 1)),
  unpaused_at REAL,
  priority INTEGER
) STRICT, WITHOUT ROWID;

-- How far the schedule of a DAG is decided, and by which rule; what comes after that is due or will be.
CREATE TABLE schedule (
  dag_id TEXT PRIMARY KEY,
  decided_until REAL,
  rule TEXT NOT NULL,
  was_paused INTEGER NOT NULL CHECK (was_paused IN (0, 1)),
  seen_update INTEGER NOT NULL,
  next_due_at REAL
) STRICT, WITHOUT ROWID;

CREATE TABLE pool (
  name TEXT PRIMARY KEY,
  size INTEGER NOT NULL CHECK (size >= 0),
  is_by_hand INTEGER NOT NULL CHECK (is_by_hand IN (0, 1))
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- what happens
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  dag_id TEXT NOT NULL,
  version INTEGER NOT NULL REFERENCES dag_version,
  kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'manual', 'backfill', 'asset', 'dag')),
  lane TEXT NOT NULL,
  lane_order REAL NOT NULL,
  logical_date REAL NOT NULL,
  data_interval_start REAL NOT NULL,
  data_interval_end REAL NOT NULL,
  params TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  created_at REAL NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed', 'cancelled')),
  priority INTEGER,
  wish TEXT,
  to_do TEXT,
  has_rows INTEGER NOT NULL CHECK (has_rows IN (0, 1)),
  base_at REAL,
  started_at REAL,
  ended_at REAL,
  had_failures INTEGER NOT NULL CHECK (had_failures IN (0, 1)),
  CHECK ((ended_at IS NOT NULL) = (state IN ('success', 'failed', 'cancelled')))
) STRICT;
CREATE UNIQUE INDEX run_date ON run (dag_id, logical_date);
CREATE INDEX run_of_dag ON run (dag_id, id);
CREATE INDEX run_of_dag_in_state ON run (dag_id, state, id);
CREATE INDEX run_in_state ON run (state, id);
CREATE INDEX run_ended ON run (dag_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX run_of_version ON run (version);

-- No index beside the key: each would cost every move. What is unfinished is found through the runs that are.
CREATE TABLE task_instance (
  run_id INTEGER NOT NULL,
  task_no INTEGER NOT NULL,
  map_index INTEGER NOT NULL CHECK (map_index >= -1),
  state TEXT NOT NULL CHECK (state IN ('pending', 'queued', 'running', 'success', 'failed', 'skipped', 'upstream_failed',
    'retrying', 'waiting', 'cancelled')),
  since REAL NOT NULL,
  attempt INTEGER NOT NULL,
  poke INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  ooms INTEGER NOT NULL,
  started_at REAL,
  resume_at REAL,
  wait_until REAL,
  wish TEXT,
  width INTEGER,
  facts TEXT,
  PRIMARY KEY (run_id, task_no, map_index),
  CHECK (state <> 'running' OR (attempt >= 1 AND started_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  run_id INTEGER NOT NULL,
  task_no INTEGER NOT NULL,
  map_index INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  pokes INTEGER NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('success', 'failed', 'timed_out', 'out_of_memory', 'skipped', 'cancelled',
    'interrupted', 'lost')),
  exit_code INTEGER,
  error TEXT,
  peak_rss_bytes INTEGER,
  log TEXT,
  result TEXT,
  PRIMARY KEY (run_id, task_no, map_index, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
  run_id INTEGER NOT NULL,
  task_no INTEGER NOT NULL,
  map_index INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  node_id TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at REAL,
  ended_at REAL,
  rows INTEGER,
  message TEXT,
  at REAL NOT NULL,
  PRIMARY KEY (run_id, task_no, map_index, attempt, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
  run_id INTEGER NOT NULL,
  task_no INTEGER NOT NULL,
  map_index INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  done REAL NOT NULL,
  total REAL,
  note TEXT NOT NULL,
  at REAL NOT NULL,
  PRIMARY KEY (run_id, task_no, map_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_retry (
  run_id INTEGER NOT NULL,
  group_id TEXT NOT NULL,
  retries INTEGER NOT NULL,
  resume_at REAL,
  PRIMARY KEY (run_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE intent (
  id INTEGER PRIMARY KEY,
  dag_id TEXT NOT NULL,
  logical_date REAL NOT NULL,
  cause INTEGER NOT NULL
) STRICT;

CREATE TABLE deadline (
  run_id INTEGER NOT NULL,
  task_no INTEGER NOT NULL,
  due_at REAL NOT NULL,
  was_met INTEGER NOT NULL CHECK (was_met IN (0, 1)),
  PRIMARY KEY (run_id, task_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_due ON deadline (due_at);
CREATE INDEX deadline_missed ON deadline (due_at) WHERE was_met = 0;

CREATE TABLE asset_update (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  asset TEXT NOT NULL,
  at REAL NOT NULL,
  run_id INTEGER,
  task_no INTEGER,
  map_index INTEGER
) STRICT;
CREATE INDEX asset_update_of ON asset_update (asset, seq);
CREATE INDEX asset_update_by ON asset_update (run_id);

-- Which updates a run answers: written with its creation, so that no update is used up twice or lost.
CREATE TABLE asset_use (
  run_id INTEGER NOT NULL,
  update_seq INTEGER NOT NULL,
  PRIMARY KEY (run_id, update_seq)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- what is planned
-- Every due interval with its decision: nothing is missed in silence.
CREATE TABLE due_interval (
  dag_id TEXT NOT NULL,
  starts_at REAL NOT NULL,
  ends_at REAL NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('ran', 'skipped')),
  run_id INTEGER,
  reason TEXT NOT NULL,
  at REAL NOT NULL,
  PRIMARY KEY (dag_id, starts_at),
  CHECK ((decision = 'ran') = (run_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Whether a backfill is running, done or failed follows from its runs, which are in the lane `backfill:ID`.
CREATE TABLE backfill (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dag_id TEXT NOT NULL,
  starts_at REAL NOT NULL,
  ends_at REAL NOT NULL,
  concurrency INTEGER NOT NULL CHECK (concurrency >= 1),
  reprocess TEXT NOT NULL CHECK (reprocess IN ('none', 'failed', 'all')),
  is_newest_first INTEGER NOT NULL CHECK (is_newest_first IN (0, 1)),
  params TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  created_at REAL NOT NULL,
  is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
  is_cancelled INTEGER NOT NULL CHECK (is_cancelled IN (0, 1))
) STRICT;
CREATE INDEX backfill_of_dag ON backfill (dag_id, id);

-- Each day with its decision: it runs, anew or again, as run_id, or is skipped because of the reason.
CREATE TABLE backfill_day (
  backfill_id INTEGER NOT NULL REFERENCES backfill ON DELETE CASCADE,
  logical_date REAL NOT NULL,
  data_interval_end REAL NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('run', 'again', 'skip')),
  reason TEXT NOT NULL,
  run_id INTEGER,
  PRIMARY KEY (backfill_id, logical_date),
  CHECK ((decision = 'skip') = (run_id IS NULL) AND (decision = 'skip') = (reason <> ''))
) STRICT, WITHOUT ROWID;
CREATE INDEX backfill_day_of_run ON backfill_day (run_id) WHERE run_id IS NOT NULL;

-- ---------------------------------------------------------------- what is told
-- One row a commit: seq is the number of its last event, size how many it holds, body what they are (see events.py).
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  size INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  payload TEXT NOT NULL,
  due_at REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  sent_at REAL,
  last_error TEXT,
  UNIQUE (channel, dedup_key)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (due_at) WHERE sent_at IS NULL;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL,
  by TEXT NOT NULL,
  verb TEXT NOT NULL,
  target TEXT NOT NULL,
  why TEXT NOT NULL
) STRICT;
CREATE INDEX audit_target ON audit (target, id);
CREATE TRIGGER audit_stays_as_written BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
