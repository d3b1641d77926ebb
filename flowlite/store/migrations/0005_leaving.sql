-- Runs whose own row is gone by retention, and whose other rows and files are still to go: a crash in between goes on.
CREATE TABLE leaving (
  run_id INTEGER PRIMARY KEY,
  dag_id TEXT NOT NULL,
  is_empty INTEGER NOT NULL DEFAULT 0 CHECK (is_empty IN (0, 1))
) STRICT;
-- When a pool got its size: what runs since before may hold more than there is now, until it ends.
ALTER TABLE pool ADD COLUMN changed_at REAL NOT NULL DEFAULT 0;
CREATE TRIGGER pool_changed AFTER UPDATE OF size ON pool WHEN old.size <> new.size
BEGIN UPDATE pool SET changed_at = (julianday('now') - 2440587.5) * 86400.0 WHERE name = new.name; END;
