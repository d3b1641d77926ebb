-- Who may use the API, with a role; teams is a JSON list of those whose DAGs they may act on, and an empty one means all.
CREATE TABLE user (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  teams TEXT NOT NULL,
  created_at REAL NOT NULL,
  created_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- A token of a user may what the user may; any other what stands beside it.
ALTER TABLE api_token ADD COLUMN user TEXT;
ALTER TABLE api_token ADD COLUMN teams TEXT NOT NULL DEFAULT '[]';
