-- What is wrong with DAG files right now, for whoever looks at the state without loading them.
CREATE TABLE problem (
  file TEXT NOT NULL,
  line INTEGER,
  message TEXT NOT NULL,
  fix TEXT NOT NULL,
  since REAL NOT NULL,
  PRIMARY KEY (file, message)
) STRICT, WITHOUT ROWID;
