"""Runs: into the lane, out of it, begun, ended, let go; and the wish for the next DAG's run that a success leaves."""

from __future__ import annotations

from flowlite.core.alerts import tell_of_end
from flowlite.core.instances import Run
from flowlite.core.lanes import lane_of
from flowlite.core.memory import Memory
from flowlite.core.messages import LoadRun, RequestRun, RunRequested
from flowlite.core.rows import IntentRow, RunRow
from flowlite.core.states import FAILURES, RunState, State, Wish
from flowlite.core.timing import meet_deadlines, set_deadlines, set_timeout


def run_requested(memory: Memory, asked: RunRequested) -> None:
    """A new run gets in line."""
    dag_id = memory.graph_of(asked.version, asked.run).dag_id
    row = RunRow(
        id=asked.run, dag_id=dag_id, version=asked.version, kind=asked.kind, lane=asked.lane or lane_of(dag_id),
        order=asked.logical_date if asked.order is None else asked.order, logical_date=asked.logical_date,
        data_interval_start=asked.data_interval_start, data_interval_end=asked.data_interval_end, params=asked.params,
        asked_by=asked.asked_by, created_at=memory.now, state=RunState.QUEUED, priority=asked.priority,
        base_at=asked.base_at,
    )  # fmt: skip
    if asked.intent is not None:
        memory.changes.intents_done.append(asked.intent)
    memory.dirty_runs[enqueue(memory, row)] = None


def enqueue(memory: Memory, row: RunRow) -> Run:
    """Keep the run and put it in line."""
    run = memory.runs[row.id] = Run(row, memory.graph_of(row.version, row.id), memory.priorities.get(row.dag_id))
    line_up(memory, run)
    return run


def line_up(memory: Memory, run: Run) -> None:
    """Its deadlines count from now on, its turn comes when the lane has room."""
    set_deadlines(memory, run)
    lane = memory.lane_of_run(run)
    lane.push(run)
    memory.moved_lanes[lane] = None


def promote(memory: Memory) -> None:
    """Begin what has room. A run that was finished before has to be read back first."""
    lanes, memory.moved_lanes = memory.moved_lanes, {}
    for lane in lanes:
        for run in lane.admit(memory.runs):
            if run.has_rows or run.to_do:
                memory.commands.append(LoadRun(run.id))
            else:
                begin_run(memory, run)


def begin_run(memory: Memory, run: Run) -> None:
    """Instances are made when the run starts, not when it is asked for: a long line costs neither rows nor memory."""
    run.build(memory.now)
    run.has_rows = True
    run_begins(memory, run)
    for node in run.nodes:
        memory.dirty[node.own] = None
        memory.agenda[node] = None


def run_begins(memory: Memory, run: Run) -> None:
    """From the line into life."""
    run.started_at = memory.now
    memory.move_run(run, RunState.RUNNING)
    set_timeout(memory, run)
    if not run.open:
        memory.ended[run] = None


def finish_runs(memory: Memory) -> None:
    """End the runs that have nothing left to do."""
    ended, memory.ended = memory.ended, {}
    for run in ended:
        if not run.open and run.state is RunState.RUNNING:
            finish(memory, run)


def finish(memory: Memory, run: Run) -> None:
    """Nothing of it is left to do: say how it ended, and what follows for others."""
    states = {instance.state for node in run.nodes for instance in node.counted()}
    leaves = {instance.state for n in run.graph.leaves for instance in run.nodes[n].counted()}
    run.had_failures = not states.isdisjoint(FAILURES)
    run.ended_at = memory.now
    memory.move_run(run, run_state(run, states, leaves))
    meet_deadlines(memory, run)
    tell_of_end(memory, run)
    let_go(memory, run)
    if run.state is RunState.SUCCESS:
        for dag_id in memory.current_graph(run).then:
            intend(memory, run, dag_id)


def run_state(run: Run, states: set[State], leaves: set[State]) -> RunState:
    """By the leaves; but a run that was asked to end early and did says so."""
    if run.wish and State.CANCELLED in states:
        return RunState.FAILED if run.wish is Wish.TIMEOUT else RunState.CANCELLED
    return RunState.SUCCESS if leaves.isdisjoint(FAILURES) else RunState.FAILED


def let_go(memory: Memory, run: Run) -> None:
    """The lane has room again; the run's memory goes back when the next batch begins."""
    lane = memory.lane_of_run(run)
    lane.active.discard(run.id)
    memory.moved_lanes[lane] = None
    del memory.runs[run.id]
    memory.released.append(run)


def intend(memory: Memory, run: Run, dag_id: str) -> None:
    """The wish for the next run is on disk with the success; whether it may run, the caller looks up."""
    intent = IntentRow(memory.next_intent, dag_id, run.logical_date, run.id)
    memory.next_intent += 1
    memory.changes.intents.append(intent)
    memory.commands.append(RequestRun(*intent))
