"""Asks: what a person wants cleared or marked. On a live run it is done now; a finished run is read back first, and
what is to be done waits on its row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from flowlite.core.clearing import clear, unsettle
from flowlite.core.groups import forget_tries
from flowlite.core.instances import Run
from flowlite.core.marking import mark, waits_for
from flowlite.core.memory import Memory
from flowlite.core.messages import ClearAsked, MarkAsked, RunLoaded
from flowlite.core.reach import clear_reach, named
from flowlite.core.rows import RunRow
from flowlite.core.runs import begin_run, enqueue, run_begins
from flowlite.core.states import FINISHED_RUN, RunState, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to do with which instances; `state` is for a mark."""

    verb: str  # "clear" | "mark"
    names: tuple[str, ...] = ()
    index: int | None = None
    with_downstream: bool = True
    only_failed: bool = False
    state: str = ""


def clear_asked(memory: Memory, asked: ClearAsked) -> None:
    """Make finished work run again."""
    ask = Ask(
        verb="clear", names=tuple(asked.names), index=asked.index, with_downstream=asked.with_downstream,
        only_failed=asked.only_failed,
    )  # fmt: skip
    take(memory, asked, ask)


def mark_asked(memory: Memory, asked: MarkAsked) -> None:
    """Set states by hand."""
    take(memory, asked, Ask(verb="mark", names=tuple(asked.names), index=asked.index, state=State(asked.state).value))


def take(memory: Memory, asked: ClearAsked | MarkAsked, ask: Ask) -> None:
    """Now, or when the run is back; not while the run is being cancelled."""
    run = memory.runs.get(asked.run)
    if run is None and asked.row is not None and asked.row.state in FINISHED_RUN:
        row = in_lane(asked.row, asked) if isinstance(asked, ClearAsked) else asked.row
        bring_back(memory, row, ask)
    elif run is not None and run.to_do:
        run.to_do = written([*asks_in(run.to_do), ask])
        memory.dirty_runs[run] = None
    elif run is not None and not run.wish:
        carry_out(memory, run, ask)
    else:
        return
    memory.audit(asked.by, verb_told(ask), target_told(asked.run, ask), asked.why)


def in_lane(row: RunRow, asked: ClearAsked) -> RunRow:
    """A backfill takes the runs that it reprocesses into its own lane, so that its window holds for them too."""
    if asked.lane is None:
        return row
    return row._replace(lane=asked.lane, order=row.order if asked.order is None else asked.order)


def bring_back(memory: Memory, row: RunRow, ask: Ask) -> None:
    """Only the run's own row is touched now; its instances are read back when a lane has room for it.

    Its deadlines are history: base_at goes, so that a clear of last month's run alerts nobody.
    """
    row = row._replace(wish=None, to_do=written([ask]), ended_at=None, base_at=None, had_failures=False)
    memory.move_run(enqueue(memory, row), RunState.QUEUED)


def run_loaded(memory: Memory, loaded: RunLoaded) -> None:
    """A finished run is back: do what was waiting on its row."""
    run = memory.runs.get(loaded.run)
    if run is None or run.state is not RunState.QUEUED or run.nodes:
        return
    if run.has_rows:
        run.restore(loaded.instances, loaded.groups)
        run_begins(memory, run)
    else:
        begin_run(memory, run)  # it was cancelled in line and never had any
    carry_out_to_do(memory, run)


def carry_out_to_do(memory: Memory, run: Run) -> None:
    """Everything that waited on the run's row, in the order in which it was asked for."""
    asks, run.to_do = asks_in(run.to_do), None
    memory.dirty_runs[run] = None
    for ask in asks:
        carry_out(memory, run, ask)
    if not run.open:
        memory.ended[run] = None


def carry_out(memory: Memory, run: Run, ask: Ask) -> None:
    """Do it to a run that is in memory."""
    if ask.verb == "mark":
        for instance in named(run, ask.names, ask.index):
            mark(memory, instance, State(ask.state))
    else:
        clear_named(memory, run, ask)


def clear_named(memory: Memory, run: Run, ask: Ask) -> None:
    """Clear, give the groups of what was cleared their tries back, and judge anew what is ready but has not begun."""
    reach = clear_reach(
        run, ask.names, ask.index, with_downstream=ask.with_downstream, only_failed=ask.only_failed
    )  # fmt: skip
    cleared = clear(memory, reach)
    for instance in () if ask.with_downstream else cleared:
        for down in waits_for(instance):
            unsettle(memory, down)
    if run.groups:
        names = {name: None for one in cleared for name in run.graph.chains[one.node.number]}
        forget_tries(memory, run, list(names))


def asks_in(text: str | None) -> list[Ask]:
    """The asks in a run's `to_do`."""
    return [Ask(**{**plan, "names": tuple(plan["names"])}) for plan in json.loads(text or "[]")]


def written(asks: Iterable[Ask]) -> str:
    """The asks as a run's `to_do`."""
    return json.dumps([asdict(ask) for ask in asks], separators=(",", ":"))


def verb_told(ask: Ask) -> str:
    """How the audit names it."""
    return f"mark {ask.state}" if ask.verb == "mark" else "clear"


def target_told(run: int, ask: Ask) -> str:
    """How the audit names what it was done to."""
    place = "" if ask.index is None else f"[{ask.index}]"
    return f"run {run} {' '.join(ask.names)}{place}".rstrip()
