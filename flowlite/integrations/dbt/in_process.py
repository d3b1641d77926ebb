"""dbt inside this process, over a manifest that was parsed before: no start of Python, no import, no parsing.

dbt keeps global state and must not run twice at once in a process: each attempt has a forked process of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from flowlite.integrations.dbt.engines import Ending, Facts, Tell, facts_of
from flowlite.integrations.dbt.errors import DbtError
from flowlite.integrations.dbt.ledger import Chosen
from flowlite.integrations.dbt.nodes import TOLD_BY, Node, node_of
from flowlite.integrations.dbt.selection import QUIET, Place, Selection, own_paths


class InProcess:
    """Runs dbt over one manifest."""

    def __init__(self, manifest: Any) -> None:
        self._manifest = manifest

    def listed(self, selection: Selection, folder: Path) -> tuple[Chosen, ...]:
        """Asks dbt itself; 50 ms for a small project."""
        with variables(selection.place):
            listed = invoke(selection.listing(folder), self._manifest)
        if listed.exception is not None:
            raise DbtError(f"dbt can't list what is selected: {listed.exception}") from listed.exception
        found = [json.loads(line) for line in listed.result or ()]
        return tuple(
            Chosen(one["unique_id"], one["resource_type"], self._selector(one["unique_id"], one["fqn"]))
            for one in found
            if one["resource_type"] in RUNNABLE
        )

    def carry_out(self, words: Sequence[str], folder: Path, tell: Tell) -> Ending:
        """Nodes are told from dbt's worker threads."""
        told: dict[str, Node] = {}

        def hear(event: Any) -> None:
            if event.info.name in TOLD_BY and (node := node_of(event.info.name, as_dict(event.data))):
                told[node.id] = node
                tell(node)

        # A manifest.json with each attempt would be a megabyte that says the same every time.
        answer = invoke([*words, "--no-write-json"], self._manifest, [hear])
        if answer.result is not None:
            answer.result.write(str(folder / "run_results.json"))
        (folder / "target" / "graph.gpickle").unlink(missing_ok=True)
        problem = explained(str(answer.exception)) if answer.exception is not None else ""
        return Ending(is_success=bool(answer.success), nodes=tuple(told.values()), problem=problem)

    def facts(self, node_id: str) -> Facts | None:
        """From the manifest."""
        node = self._manifest.nodes.get(node_id) or self._manifest.unit_tests.get(node_id)
        return facts_of(node.to_dict(omit_none=True)) if node is not None else None

    def _selector(self, node_id: str, fqn: list[str]) -> str:
        known = self.facts(node_id)
        return known.selector if known else ".".join(fqn)


def explained(problem: str) -> str:
    """The name of DuckDB's file is part of the manifest, and that was parsed once for all runs."""
    if "is not a catalog or schema" not in problem:
        return problem
    way_out = "give the file of every run the same name, in a folder of its own (or warm=False)"
    return f"{problem}\nThe project was parsed for a database of that name: {way_out}"


RUNNABLE = frozenset({"model", "test", "unit_test", "seed", "snapshot"})


def invoke(words: Sequence[str], manifest: Any, callbacks: list[Any] | None = None) -> Any:
    """One dbt command. dbt tells its story on stdout as it always does."""
    from dbt import mp_context
    from dbt.cli.main import dbtRunner

    sys.dont_write_bytecode = True  # a project's own Python modules leave no __pycache__ in it
    # dbt wants its context for locks only. Those of "spawn" need a tracker process, which a fork can't share.
    mp_context._MP_CONTEXT = get_context("fork")  # type: ignore[assignment]
    return dbtRunner(manifest=manifest, callbacks=callbacks or []).invoke(list(words))


def as_dict(message: Any) -> dict[str, Any]:
    """The data of an event, in the shape that dbt's JSON log has."""
    told: dict[str, Any] = import_module("google.protobuf.json_format").MessageToDict(
        message, preserving_proto_field_name=True
    )
    return told


def parse(place: Place, target: Path | None = None) -> Any:
    """Parse the project. `target` keeps what makes the next parse short; without it nothing is left on the disk."""
    with variables(place), tempfile.TemporaryDirectory(prefix="flowlite-dbt-") as scratch:
        folder = target or Path(scratch)
        answer = invoke(["parse", "--quiet", *place.words(), *own_paths(folder), *QUIET], None)
    if answer.exception is not None:
        raise DbtError(f"dbt can't parse {place.project}: {answer.exception}") from answer.exception
    return answer.result


@contextmanager
def variables(place: Place) -> Iterator[None]:
    """The environment of the place, for as long as dbt reads it."""
    before = dict(os.environ)
    os.environ.update(place.variables())
    try:
        yield
    finally:
        for name in place.variables():
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)
