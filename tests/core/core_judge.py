"""The invariants, looked at after every commit in rows, words and the world; the machine's counts are not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core_store import FINISHED_RUN
from core_words import FINISHED, groups_around, is_in_map, verdict_in_words

from flowlite.core.machine import Machine
from flowlite.core.messages import Command, Start
from flowlite.core.pools import is_valid
from flowlite.core.rows import Changes, InstanceRow
from flowlite.core.states import RunState
from flowlite.core.timing import next_alarm

if TYPE_CHECKING:
    from core_life import Key, Life

PATIENCE_S = 60.0


def check(life: Life, changes: Changes, commands: list[Command]) -> None:
    """Everything that must be true now."""
    started = {(one.run, one.task, one.index) for one in commands if isinstance(one, Start)}
    assert all(attempt in life.store.attempts for attempt in life.told), "somebody heard of what is not on disk"
    for name in life.sizes:
        check_pool(life, name, started)
    for run in life.store.unfinished():
        if run.state == RunState.RUNNING:
            check_run(life, run.id, started)
            check_groups(life, run.id)
    for row in changes.runs:
        if row.state in FINISHED_RUN:
            left = [one for one in life.store.rows_of(row.id) if one.state not in FINISHED]
            assert not left, ("ended with work left", row, left)
    check_same(life)


def check_run(life: Life, run: int, started: set[Key]) -> None:
    """Nobody starts, stays or ends against the rules."""
    rows, row_of_run = life.store.instances[run], life.store.runs[run]
    graph, groups = life.graphs[row_of_run.version], life.store.groups.get(run, {})
    assert any(row.state not in FINISHED for row in rows.values()), ("nothing left but not ended", run)
    for (task, index), row in rows.items():
        life.used[row.state] += 1
        may_look = row.state == "pending" or (row.state in ("skipped", "upstream_failed") and row.started_at is None)
        if not may_look and row[:3] not in started:
            continue
        said = verdict_in_words(graph, rows, groups, task, index) if is_in_map(graph, rows, task, index) else None
        before = life.store.before.get(row[:3])
        if row[:3] in started and row.attempt > 1:
            assert (*row[:3], row.attempt - 1) in life.store.attempts, ("the last attempt is still open", row)
        if row[:3] in started and not (run in life.touched and before and before.started_at is not None):
            assert said == "run", ("started against its rule", graph.tasks[task], row, said)
        if said is None or row_of_run.wish:
            continue
        if row.state == "pending":
            assert said == "wait", ("should have moved", graph.tasks[task], row, said)
        elif row[:3] not in started and not row.wish and run not in life.loose:
            assert said == row.state, ("ended against its rule", graph.tasks[task], row, said)


def check_groups(life: Life, run: int) -> None:
    """While a group waits for its next try, nothing in it goes on as if nothing had happened."""
    graph, groups = life.graphs[life.store.runs[run].version], life.store.groups.get(run, {})
    waiting = {name for name, row in groups.items() if row.resume_at is not None}
    rows = life.store.instances[run] if waiting else {}
    for (task, index), row in rows.items():
        is_expanded = index < 0 and row.width is not None
        if not is_in_map(graph, rows, task, index) or is_expanded or row.wish:
            continue
        if waiting.intersection(groups_around(graph, task)):
            assert row.state in ("pending", "cancelled"), ("its group starts over without it", row)


# --- pools ------------------------------------------------------------------------------------------------------------
def check_pool(life: Life, name: str, started: set[Key]) -> None:
    """Never over-subscribed, never idle beside somebody who fits, nobody overtaken."""
    here = [row for row in life.store.in_state("running") if life.pool_name(row.run, row.task) == name]
    for row in here:
        if row[:3] in started:
            life.slots[row[:3]] = min(life.task_slots(row.run, row.task), life.sizes[name])
    used = sum(life.slots[row[:3]] for row in here)
    used += sum(slots for key, (_, slots) in life.threads.items() if is_stuck(life, key, name))
    fresh = [row for row in here if row[:3] in started]
    if fresh:
        assert used <= life.sizes[name], ("over-subscribed", name, used, life.sizes[name])
    if not life.machine.is_draining:
        check_line(life, name, here, fresh, life.sizes[name] - used)


def is_stuck(life: Life, key: Key, name: str) -> bool:
    """A thread that has its slots for itself: its attempt is over and that is on disk."""
    row = life.store.instances[key[0]][key[1:]]
    is_over = row.state != "running" or row.attempt != life.threads[key][0]
    return is_over and life.pool_name(key[0], key[1]) == name


def check_line(life: Life, name: str, here: list[InstanceRow], fresh: list[InstanceRow], free: int) -> None:
    """Who started was first in line, and who is first now does not fit."""
    queued = [
        row
        for row in life.store.in_state("queued")
        if life.pool_name(row.run, row.task) == name and row[:3] not in life.threads
    ]
    heads = [min(line, key=lambda row: place(life, row)) for line in split(life, queued) if line]
    is_owed = life.now - life.passed.get(name, life.now) >= PATIENCE_S
    live, late = split(life, fresh)
    for row in fresh:
        ahead = [head for head in heads if place(life, head) < place(life, row)]
        ahead = [head for head in ahead if is_backfill(life, head) or not (is_backfill(life, row) and is_owed)]
        assert not ahead, ("overtaken", name, row, ahead)
    is_left_out = any(is_backfill(life, row) for row in queued) and not any(is_backfill(life, row) for row in here)
    assert not (is_owed and is_left_out and live), ("a backfill is passed over for too long", name)
    if heads and free > 0:
        first = max(heads, key=lambda row: is_backfill(life, row)) if is_owed and is_left_out else heads[0]
        wants = min(life.task_slots(first.run, first.task), life.sizes[name])
        assert wants > free, ("a free slot and nobody started", name, first)
    if not is_left_out:
        life.passed.pop(name, None)
    elif live:
        life.passed.setdefault(name, life.now)
    life.used["backfill out of turn"] += bool(late and heads and not is_backfill(life, heads[0]))


def split(life: Life, rows: list[InstanceRow]) -> tuple[list[InstanceRow], list[InstanceRow]]:
    """Live work, and backfills."""
    return [row for row in rows if not is_backfill(life, row)], [row for row in rows if is_backfill(life, row)]


def is_backfill(life: Life, row: InstanceRow) -> bool:
    """Gives way to everything else."""
    return life.store.runs[row.run].kind == "backfill"


def place(life: Life, row: InstanceRow) -> tuple[object, ...]:
    """The order inside a pool, as the contract has it."""
    run = life.store.runs[row.run]
    graph = life.graphs[run.version]
    given = run.priority if run.priority is not None else graph.tasks[row.task].priority
    priority = graph.priority if given is None else given
    return (is_backfill(life, row), -priority, run.logical_date, run.id, graph.rank[row.task], row.index)


# --- memory equals rows -----------------------------------------------------------------------------------------------
def check_same(life: Life) -> None:
    """Everything the machine knows can be had from the rows: tallies, lines, slots, alarms."""
    other = life.fresh()
    life.load(other)
    here, there = picture(life.machine, life), picture(other, life)
    for key in here.keys() | there.keys():
        assert here.get(key) == there.get(key), ("memory and rows differ", key, here.get(key), there.get(key))


def picture(machine: Machine, life: Life) -> dict[str, object]:
    """What can be compared; threads that have not returned are the one thing that a restart forgets."""
    seen: dict[str, object] = {"failing": machine.failing, "current": machine.current}
    if not life.threads:
        seen["alarm"] = next_alarm(machine)
    for run in machine.runs.values():
        judged = run.judged if run.base_at is not None else None
        seen[f"run {run.id}"] = (run.row(), run.open, judged, run.groups)
        for node in run.nodes:
            seen[f"node {run.id}.{node.number}"] = (node.tally, node.width, node.idle)
            for one in node.everything():
                row = one.row(None)
                waits_for_thread = row.state == "retrying" and one.key in life.threads
                facts = {key: list(v) if isinstance(v, tuple) else v for key, v in (row.facts or {}).items()}
                seen[f"instance {one.key}"] = row._replace(
                    resume_at=None if waits_for_thread else row.resume_at, facts=facts if row.facts else row.facts
                )
    for pool in machine.pools.values():
        seen[f"slots {pool.name}"] = pool.size, sorted(one.key for one in pool.running)
        line = [entry for entry in (*pool.live, *pool.backfills) if is_valid(entry)]
        seen[f"line {pool.name}"] = sorted(entry[:5] for entry in line if entry.instance.key not in life.threads)
    for name, lane in machine.lanes.items():
        active = {id_ for id_ in lane.active if machine.runs[id_].state is RunState.RUNNING}
        seen[f"lane {name}"] = (lane.limit, active)
    return seen
