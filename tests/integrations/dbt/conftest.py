"""The real history as Bronze objects in a lake, and small dbt projects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from flowlite.demo.bronze import objects_of
from flowlite.demo.history import history

ROOT = Path(__file__).parents[3]


SMALL_PROJECT = {
    "dbt_project.yml": "{name: small, version: '1.0', profile: small, models: {+materialized: table}}",
    "profiles.yml": """
small:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('FILE', 'w.duckdb') }}"}
""",
    "models/schema.yml": """
models:
  - {name: first, columns: [{name: id, data_tests: [unique]}]}
  - {name: last, columns: [{name: id, data_tests: [not_null]}]}
""",
    "models/first.sql": "select 1 as id",
    "models/broken.sql": """
-- depends_on: {{ ref('first') }}
select id from {{ ref('first') if env_var('HEALED', 'no') == 'yes' else 'missing_table' }}
""",
    "models/last.sql": "select id from {{ ref('broken') }}",
    "models/beside.sql": "select 2 as id",
}


@pytest.fixture(scope="session")
def put_bronze() -> Callable[[Path, str], None]:
    """Puts all hours of a date below a lake's root."""
    past = history(ROOT / "pipelines" / "data" / "bike_sharing_hour.csv.gz")

    def put(lake: Path, day: str) -> None:
        for hour in objects_of(past, date.fromisoformat(day)):
            for one in hour:
                path = lake / one.key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(one.body)

    return put


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """first -> broken -> last, and one beside them. `broken` works once HEALED says so; dbt tests all of them."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "models").mkdir()
    for name, text in SMALL_PROJECT.items():
        (folder / name).write_text(text)
    return folder
