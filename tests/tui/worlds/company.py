"""The company whose worlds these are: its home, its pools, its DAG files."""

from __future__ import annotations

import linecache
from dataclasses import replace
from functools import cache
from pathlib import Path

from flowlite.authoring.defaults import Defaults
from flowlite.loading.catalog import Catalog, load_folder

HERE = Path(__file__).parent
HOME = "/srv/mobility"  # where it has its project, as far as screens can tell
POOLS = {"default": 10, "db": 4, "mem": 4, "dq": 2, "http": 8, "wide": 64}


@cache
def catalog_of(world: str) -> Catalog:
    """Its DAG files, as if they lay at its home; one with a mistake among them where things go wrong."""
    if world == "empty":
        return Catalog()
    folders = [HERE / "pipelines", *([HERE / "broken"] if world == "failing" else [])]
    catalog = load_folder(folders, Defaults("UTC", frozenset(POOLS)), try_first=False)
    for dag in catalog.dags.values():
        dag.file = at_home(dag.file or "")
        for spec in dag.specs.values():
            object.__setattr__(spec, "file", at_home(spec.file or ""))
    catalog.problems[:] = [replace(problem, file=at_home(str(problem.file))) for problem in catalog.problems]
    for file in (HERE / "pipelines").glob("*.py"):  # the lines that tracebacks name; without a time nobody looks for it
        text = file.read_text()
        linecache.cache[at_home(str(file))] = (len(text), None, text.splitlines(keepends=True), at_home(str(file)))
    return catalog


def at_home(file: str) -> str:
    """Where a file of this folder lies in the company."""
    return f"{HOME}/pipelines/{Path(file).name}"
