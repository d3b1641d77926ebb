"""Makes a dbt project of any size on DuckDB: models in layers, each reading one to three of the one above; tests."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

PER_LAYER = 25
TEST_EVERY = 5  # every fifth model has a test
ROWS = 1000


def write_project(folder: Path, models: int, seed: int = 7) -> None:
    """The same project each time for the same arguments. Its warehouse is the file that BENCH_WAREHOUSE names."""
    luck = Random(seed)
    (folder / "models").mkdir(parents=True)
    project = {"name": "bench", "version": "1.0", "profile": "bench", "models": {"+materialized": "table"}}
    write(folder / "dbt_project.yml", project)
    warehouse = {"type": "duckdb", "path": "{{ env_var('BENCH_WAREHOUSE', 'w.duckdb') }}", "threads": 2}
    write(folder / "profiles.yml", {"bench": {"target": "dev", "outputs": {"dev": warehouse}}})
    layers = [range(first, min(first + PER_LAYER, models)) for first in range(0, models, PER_LAYER)]
    for above, layer in zip([None, *layers], layers, strict=False):
        for number in layer:
            upstream = luck.sample(above, luck.randint(1, 3)) if above else []
            (folder / "models" / f"{name(number)}.sql").write_text(sql(number, upstream))
    column = {"name": "id", "data_tests": ["not_null"]}
    tested = [{"name": name(number), "columns": [column]} for number in range(0, models, TEST_EVERY)]
    write(folder / "models" / "schema.yml", {"models": tested})


def name(number: int) -> str:
    """m0007"""
    return f"m{number:04}"


def sql(number: int, upstream: list[int]) -> str:
    """A first layer of made rows; below it, sums over joins."""
    if not upstream:
        return f"select i as id, (i * {number + 1}) % 97 as amount from range({ROWS}) as t(i)"
    tables = " union all ".join(f"select id, amount from {{{{ ref('{name(one)}') }}}}" for one in upstream)
    return f"select id, sum(amount) % 97 as amount from ({tables}) group by id"


def write(path: Path, content: object) -> None:
    """JSON is YAML too."""
    path.write_text(json.dumps(content))
