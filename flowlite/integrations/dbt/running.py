"""One attempt of a dbt task: what the attempt before left to do, dbt run on it, every node told, and the verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flowlite.integrations.dbt.engines import Dbt, Ending, Tell
from flowlite.integrations.dbt.in_process import RUNNABLE, variables
from flowlite.integrations.dbt.ledger import Chosen, Ledger, LedgerFile, read
from flowlite.integrations.dbt.nodes import Node, name_of
from flowlite.integrations.dbt.selection import Selection
from flowlite.integrations.dbt.verdict import judge, summary


def run_selection(
    selection: Selection,
    dbt: Dbt,
    folder: Path,
    *,
    project_files: str,
    previous: Path | None = None,
    tell: Tell = lambda node: None,
    clock: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """Run it and return the summary; raises DataQualityFailed or DbtError unless every selected node is green, counting
    what earlier attempts of the same selection on the same files did. `previous`: the folder of the attempt before."""
    started_at, cpu_before = clock(), cpu_seconds()
    before = usable(read(previous), selection.key(project_files))
    file = LedgerFile(folder, selection.key(project_files))
    try:
        chosen = before.chosen or dbt.listed(selection, folder)
        announce(chosen or (), before, file, tell)
        to_do = before.to_do()
        words = selection.words(folder, [one.selector for one in to_do] if to_do else None)
        ending = carry_out(dbt, selection, words, folder, file, tell)
        if not chosen:
            file.choose(chosen_by(ending, dbt))
        ledger = file.ledger()
    finally:
        file.close()
    nodes, missing = outcome(ledger, ending)
    what = described(selection)
    judge(nodes, missing, ending.problem or ("" if ending.is_success else "dbt says that it failed"), dbt.facts, what)
    cpu_s = cpu_seconds() - cpu_before
    return summary(nodes, carried=len(before.green()), seconds=clock() - started_at, cpu_seconds=cpu_s, what=what)


def usable(before: Ledger, key: str) -> Ledger:
    """What the attempt before did counts only for the same selection of the same files. One that was green all over is
    run in full: whoever runs it again wants it run."""
    return before if before.key == key and before.to_do() else Ledger()


def announce(chosen: Sequence[Chosen], before: Ledger, file: LedgerFile, tell: Tell) -> None:
    """A row for each node before dbt starts: carried over, or queued."""
    if chosen:
        file.choose(chosen)
    for one in chosen:
        if before.is_green(one.id):
            carried = before.finished[one.id]
            file.finish(carried)
            tell(replace(carried, message=f"done by an earlier attempt; {carried.message}".rstrip("; ")))
        else:
            tell(Node(id=one.id, name=name_of(one.id), kind=one.kind, state="queued"))


def carry_out(
    dbt: Dbt, selection: Selection, words: Sequence[str], folder: Path, file: LedgerFile, tell: Tell
) -> Ending:
    """Run dbt; hooks (operations) are dbt's own affair and get no row."""

    def hear(node: Node) -> None:
        if node.kind in RUNNABLE:
            file.finish(node)
            tell(node)

    with variables(selection.place):
        return dbt.carry_out(words, folder, hear)


def chosen_by(ending: Ending, dbt: Dbt) -> tuple[Chosen, ...]:
    """What was selected, from what dbt told: it tells of every node, the skipped ones too."""
    ran = [node for node in ending.nodes if node.kind in RUNNABLE]
    return tuple(Chosen(node.id, node.kind, selector_of(dbt, node)) for node in ran)


def selector_of(dbt: Dbt, node: Node) -> str:
    """How dbt finds the node again."""
    known = dbt.facts(node.id)
    return known.selector if known else node.name


def outcome(ledger: Ledger, ending: Ending) -> tuple[list[Node], list[str]]:
    """How each selected node ended over all attempts, failed hooks, and the names of those that never did."""
    chosen = ledger.chosen or ()
    nodes = [ledger.finished[one.id] for one in chosen if one.id in ledger.finished]
    hooks = [node for node in ending.nodes if node.kind not in RUNNABLE and node.state == "failed"]
    return [*hooks, *nodes], [name_of(one.id) for one in chosen if one.id not in ledger.finished]


def cpu_seconds() -> float:
    """Of this process and of children that have ended."""
    return sum(os.times()[:4])


def described(selection: Selection) -> str:
    """`build --select silver`, for messages."""
    return " ".join([selection.command, *selection.choice(None)])
