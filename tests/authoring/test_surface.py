"""The public surface: its names, its weight, and that it can be typed."""

# ruff: noqa: E501 - messages and commands stand as one reads them

from __future__ import annotations

import subprocess
import sys

import flowlite

HEAVY = (
    "pydantic",
    "jinja2",
    "textual",
    "httpx",
    "apscheduler",
    "aiosqlite",
    "pandas",
    "dbt",
    "sqlite3",
    "click",
    "tenacity",
)


def test_the_public_names_are_these():
    assert flowlite.__all__ == [
        "Alert", "Asset", "Context", "Dag", "Fail", "FlowliteError", "Group", "Handle", "Retry", "RetryAfter", "Skip",
        "approve", "chain", "channel", "connection", "cron", "current", "dag", "every", "group", "open", "run", "sensor",
        "shell", "task", "trigger",
    ]  # fmt: skip
    assert set(flowlite.__all__) == set(flowlite.HOMES)
    assert all(getattr(flowlite, name) is not None for name in flowlite.__all__)


def loaded_after(code):
    script = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_importing_flowlite_loads_nothing_heavy():
    assert loaded_after("import flowlite").isdisjoint({*HEAVY, "asyncio"})


def test_declaring_a_dag_loads_nothing_heavy():
    code = """
from flowlite import Context, Dag, Retry, cron, group, sensor, shell, task
@task(retries=Retry(3))
def t(x: int, ctx: Context) -> dict: ...
with Dag("d", schedule=cron("0 0 * * *", tz="Europe/Berlin")) as d:
    t.map([1, 2]) >> shell("true")
d.fingerprint()
"""
    assert loaded_after(code).isdisjoint(HEAVY)
