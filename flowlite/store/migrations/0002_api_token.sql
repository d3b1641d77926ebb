-- Who may use the API over TCP. Of a token only its digest is kept; one that was revoked stays, to say whose it was.
CREATE TABLE api_token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  digest TEXT NOT NULL UNIQUE,
  created_at REAL NOT NULL,
  created_by TEXT NOT NULL,
  last_used_at REAL,
  revoked_at REAL
) STRICT;
CREATE UNIQUE INDEX api_token_in_use ON api_token (name) WHERE revoked_at IS NULL;
