"""Gives DuckDB's SQL a function `make_folder(path)`: its COPY writes a file but creates no folders above it."""

import os

from dbt.adapters.duckdb.plugins import BasePlugin


def make_folder(path: str) -> bool:
    """Create the folder, unless the path is on an object store, which has none."""
    if "://" in path:
        return False
    os.makedirs(path, exist_ok=True)
    return True


class Plugin(BasePlugin):
    """Loaded by dbt-duckdb, named in profiles.yml."""

    def configure_connection(self, conn):
        """Called once for each new database."""
        conn.create_function("make_folder", make_folder, side_effects=True)
