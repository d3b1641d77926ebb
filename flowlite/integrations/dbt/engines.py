"""The two ways to run dbt have this in common: they list a selection, carry it out, and know a node's facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flowlite.integrations.dbt.ledger import Chosen
from flowlite.integrations.dbt.nodes import Node
from flowlite.integrations.dbt.selection import Selection

Tell = Callable[[Node], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an invocation ended. `problem`: what dbt said when it could not do its work (no node is to blame then)."""

    is_success: bool
    nodes: tuple[Node, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the project says of a node. `about`: the models that a test looks at."""

    selector: str
    file: str = ""
    about: tuple[str, ...] = ()
    column: str = ""


class Dbt(Protocol):
    """One way to run dbt."""

    def listed(self, selection: Selection, folder: Path) -> tuple[Chosen, ...] | None:
        """What the selection matches; None where asking first would cost a dbt start of its own."""
        ...

    def carry_out(self, words: Sequence[str], folder: Path, tell: Tell) -> Ending:
        """Run dbt with these arguments; every change of a node is told at once, from any thread."""
        ...

    def facts(self, node_id: str) -> Facts | None:
        """What is known of a node; None if the project has none of that id."""
        ...


def facts_of(node: dict[str, object]) -> Facts:
    """From a node as a manifest has it."""
    fqn = node.get("fqn") or [str(node.get("name"))]
    depends: dict[str, list[str]] = node.get("depends_on") or {}  # type: ignore[assignment]
    prefix = "unit_test:" if node.get("resource_type") == "unit_test" else ""
    upstream = [one.split(".")[2] for one in depends.get("nodes", []) if one.count(".") >= 2]
    return Facts(
        selector=prefix + ".".join(fqn),  # type: ignore[arg-type]
        file=str(node.get("original_file_path") or ""),
        about=tuple(upstream),
        column=str(node.get("column_name") or ""),
    )
