"""Recovery: everything that the store has unfinished, before anything new is scheduled."""

from __future__ import annotations

from collections.abc import Iterable

from flowlite.core.graph import Graph
from flowlite.core.instances import Run
from flowlite.core.lanes import backfill_lane
from flowlite.core.machine import Machine
from flowlite.core.messages import Command, Start
from flowlite.core.states import State
from flowlite.engine.live import LiveRuns
from flowlite.engine.plans import Plan
from flowlite.store.store import Store
from flowlite.store.views import Unfinished


async def load_machine(machine: Machine, store: Store, now: float) -> tuple[list[Command], Unfinished]:
    """Give the machine its rows; answers with the commands that may not have been carried out."""
    found = await store.unfinished()
    for version in {row.version for row in found.runs} - machine.graphs.keys():
        graph = Graph.from_json(await store.graph_json(version))
        machine.add_graph(version, graph, is_current=graph.dag_id not in machine.current)
    for backfill in await store.backfills():
        machine.resize_lane(backfill_lane(backfill.id), backfill.limit)
    machine.priorities.update(await store.dag_priorities())
    machine.next_intent = found.next_intent
    machine.failing.update(found.failing)
    groups = [row for rows in found.groups.values() for row in rows]
    deadlines = [row for rows in found.deadlines.values() for row in rows]
    return machine.load(found.runs, found.instances, groups, found.intents, deadlines, now=now), found


async def fill_results(run: Run, plan: Plan, store: Store, live: LiveRuns) -> None:
    """From the store, for one run that comes back into memory."""
    texts = live.of(run, plan).texts
    for number in plan.consumed:
        found = await store.results(run.id, number)
        texts.update({(number, index): text for index, text in found.items() if text is not None})


def running_attempts(machine: Machine) -> Iterable[Start]:
    """The attempts that the store has as running: whether they do is what execution finds out."""
    for run in machine.runs.values():
        for instance in run.instances():
            if instance.state is State.RUNNING:
                number, index = instance.node.number, instance.index
                yield Start(run.id, number, index, instance.attempt, instance.poke, instance.ooms)
