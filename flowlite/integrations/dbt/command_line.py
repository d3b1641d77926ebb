"""dbt as a command: a process of its own for each invocation, watched by its JSON log. Slow to start."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flowlite.integrations.dbt.engines import Ending, Facts, Tell, facts_of
from flowlite.integrations.dbt.errors import DbtError
from flowlite.integrations.dbt.ledger import Chosen
from flowlite.integrations.dbt.nodes import Node, node_of
from flowlite.integrations.dbt.selection import Place, Selection

LEVELS = {"info": "info", "warn": "warn", "error": "error"}
# Nodes are told at level debug; what else stands there is left out here, for it is SQL by the page.
LOGGING = ("--log-format", "json", "--log-level", "debug")


class CommandLine:
    """Runs the dbt command. `log(level, text)` gets what dbt tells people."""

    def __init__(self, place: Place, log: Callable[[str, str], None], executable: str | None = None) -> None:
        self._command = command_of(executable)
        self._place = place
        self._log = log
        self._manifest: Mapping[str, Any] = {}

    def listed(self, selection: Selection, folder: Path) -> tuple[Chosen, ...] | None:
        """Not before the run: it would cost a start of dbt."""
        return None

    def carry_out(self, words: Sequence[str], folder: Path, tell: Tell) -> Ending:
        """Follows the log until dbt ends; what is selected is read from what it leaves behind."""
        told: dict[str, Node] = {}
        problem = ""
        process = subprocess.Popen(
            [*self._command, *words, *LOGGING],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **self._place.variables()},
            errors="replace",
            text=True,
        )
        assert process.stdout is not None
        with process:
            for event, data, level, text in events(process.stdout):
                if node := node_of(event, data):
                    told[node.id] = node
                    tell(node)
                if level in LEVELS and text:
                    self._log(level, text)
                if event == "MainEncounteredError":
                    problem = str(data.get("exc") or text)
        self._manifest = manifest_in(folder)
        # dbt ends with 1 when nodes failed and with 2 when it could not do its work.
        if process.returncode not in (0, 1) and not problem:
            problem = f"dbt ended with exit code {process.returncode}; its log tells why"
        return Ending(is_success=process.returncode == 0, nodes=tuple(told.values()), problem=problem)

    def facts(self, node_id: str) -> Facts | None:
        """From the manifest that the last invocation left behind."""
        for part in ("nodes", "unit_tests"):
            if node := (self._manifest.get(part) or {}).get(node_id):
                return facts_of(node)
        return None


def events(lines: Iterator[str] | Any) -> Iterator[tuple[str, Mapping[str, Any], str, str]]:
    """Name, data, level and text of each event; a line that is no JSON (a library printed it) is text."""
    for line in lines:
        try:
            event = json.loads(line)
            info = event["info"]
        except (ValueError, KeyError, TypeError):
            yield "", {}, "info", line.rstrip()
            continue
        yield info.get("name", ""), event.get("data") or {}, info.get("level", ""), info.get("msg", "")


def command_of(executable: str | None) -> list[str]:
    """The dbt to run: the named one, this interpreter's, or the one on the path."""
    if executable:
        return [executable]
    if find_spec("dbt") is not None and find_spec("dbt.cli") is not None:
        return [sys.executable, "-m", "dbt.cli.main"]
    if found := shutil.which("dbt"):
        return [found]
    raise DbtError("dbt is not installed; run: pip install 'flowlite[dbt]' (or name the command with executable=)")


def manifest_in(folder: Path) -> Mapping[str, Any]:
    """What the invocation wrote; empty if it did not come that far."""
    try:
        loaded: Mapping[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
    except (OSError, ValueError):
        return {}
    return loaded
