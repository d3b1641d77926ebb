"""What the attempts of one task did, node by node: a file in the attempt's folder, appended to while dbt runs.

A retry reads the one of the attempt before it, carries over what is green, and runs the rest. Lines are JSON; a torn
last line (the attempt was killed while it wrote) is left out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from flowlite.integrations.dbt.nodes import FINISHED, GREEN, Node

FILE = "dbt_nodes.jsonl"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selected node, with the name under which dbt finds it again."""

    id: str
    kind: str
    selector: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known of a selection. `chosen` is None while nobody has listed it."""

    key: str = ""
    chosen: tuple[Chosen, ...] | None = None
    finished: Mapping[str, Node] = field(default_factory=dict)

    def to_do(self) -> tuple[Chosen, ...]:
        """Selected and not green: failed, skipped because of that, or never reached."""
        return tuple(one for one in self.chosen or () if not self.is_green(one.id))

    def green(self) -> list[Node]:
        """What need not run again."""
        return [self.finished[one.id] for one in self.chosen or () if self.is_green(one.id)]

    def is_green(self, node_id: str) -> bool:
        """Ended well in some attempt."""
        return node_id in self.finished and self.finished[node_id].state in GREEN


def read(folder: Path | None) -> Ledger:
    """The ledger of an attempt; an empty one if it has none."""
    path = folder / FILE if folder else None
    if path is None or not path.is_file():
        return Ledger()
    key, chosen, finished = "", None, {}
    for line in whole_lines(path):
        key = line.get("key", key)
        if "chosen" in line:
            chosen = tuple(Chosen(**one) for one in line["chosen"])
        if "node" in line:
            finished[line["node"]["id"]] = Node(**line["node"])
    return Ledger(key, chosen, finished)


def whole_lines(path: Path) -> Iterable[Mapping[str, Any]]:
    """Every line that was written to its end."""
    for text in path.read_text().splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            return


class LedgerFile:
    """The ledger of this attempt while it is being written. Thread-safe: dbt tells from its worker threads."""

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = (folder / FILE).open("a")
        self._lock = threading.Lock()
        self._finished: dict[str, Node] = {}
        self._key = key
        self._chosen: tuple[Chosen, ...] | None = None
        self._append({"key": key})

    def choose(self, chosen: Iterable[Chosen]) -> None:
        """Write down what is selected."""
        self._chosen = tuple(chosen)
        self._append({"chosen": [asdict(one) for one in self._chosen]})

    def finish(self, node: Node) -> None:
        """Write down how a node ended."""
        if node.state in FINISHED:
            self._finished[node.id] = node
            self._append({"node": asdict(node)})

    def ledger(self) -> Ledger:
        """What it says now."""
        return Ledger(self._key, self._chosen, dict(self._finished))

    def close(self) -> None:
        """No more lines."""
        self._file.close()

    def _append(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
