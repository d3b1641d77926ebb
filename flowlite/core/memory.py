"""What the machine knows between batches, and the books of the batch that is open. Every change of state goes through
here, so that counts, rows and the agenda can never disagree with it."""

from __future__ import annotations

from collections.abc import Mapping

from flowlite.core.alarms import Alarm
from flowlite.core.errors import FlowliteError
from flowlite.core.graph import Graph
from flowlite.core.instances import Instance, Node, Run
from flowlite.core.lanes import Lane, lane_of
from flowlite.core.messages import Command
from flowlite.core.pools import DEFAULT_SLOTS, Pool
from flowlite.core.rows import AuditRow, Changes, GroupRow
from flowlite.core.states import BUCKET, LEFT, MARKS, MOVES, RUN_MOVES, IllegalMove, RunState, State


class UnknownVersion(FlowliteError):
    """A run belongs to a graph that the machine was not given."""

    def __init__(self, version: int, run: int) -> None:
        super().__init__(f"run {run} has version {version} of its DAG, which the machine does not know; add it first")


class Memory:
    """Graphs, pools, lanes and live runs; the books hold what has changed since the last commit."""

    def __init__(self, pools: Mapping[str, int], *, next_intent: int = 1) -> None:
        self.graphs: dict[int, Graph] = {}
        self.current: dict[str, int] = {}  # DAG id -> the version that new decisions about the DAG go by
        self.pools = {name: Pool(name, size) for name, size in pools.items()}
        self.lanes: dict[str, Lane] = {}
        self.runs: dict[int, Run] = {}
        self.priorities: dict[str, int] = {}  # of DAGs, by hand
        self.failing: dict[str, int] = {}  # DAGs whose last finished run failed, with the first that did
        self.next_intent = next_intent
        self.is_draining = False
        self.thrown_away = 0  # outcomes that came too late
        self.now = 0.0
        self.alarms: list[Alarm] = []  # a heap
        self.moved_lanes: dict[Lane, None] = {}
        self.released: list[Run] = []
        self.open_books()

    # --- the books ----------------------------------------------------------------------------------------------------
    def open_books(self) -> None:
        """Begin a batch. Runs that ended in the last one are given back now: until then the caller may look at them."""
        for run in self.released:
            run.dissolve()
        self.released.clear()
        self.changes = Changes()
        self.commands: list[Command] = []
        self.dirty: dict[Instance, State | None] = {}
        self.dirty_runs: dict[Run, None] = {}
        self.dirty_groups: dict[tuple[int, str], GroupRow] = {}
        self.agenda: dict[Node | Instance, None] = {}
        self.ended: dict[Run, None] = {}

    def close_books(self) -> tuple[Changes, list[Command]]:
        """The rows as they are at the end of the batch, one for each instance, and the commands in order."""
        changes = self.changes
        changes.instances += [instance.row(was) for instance, was in self.dirty.items()]
        changes.runs += [run.row() for run in self.dirty_runs]
        changes.groups += self.dirty_groups.values()
        return changes, self.commands

    def audit(self, by: str, verb: str, target: str, why: str = "") -> None:
        """Write down what a person changed."""
        if by:
            self.changes.audit.append(AuditRow(self.now, by, verb, target, why))

    # --- moves: the only places where a state changes -----------------------------------------------------------------
    def move(self, instance: Instance, to: State) -> None:
        """Go where the table allows it."""
        if to not in MOVES[instance.state]:
            raise IllegalMove(f"{instance.node.task.id}[{instance.index}]: {instance.state} -> {to}")
        self._shift(instance, to)

    def mark(self, instance: Instance, to: State) -> None:
        """Go where a person said; only a running attempt has to be gone first."""
        if to not in MARKS or instance.state in (State.RUNNING, to):
            raise IllegalMove(f"{instance.node.task.id}[{instance.index}]: {instance.state} -> {to}, marked")
        self._shift(instance, to)

    def _shift(self, instance: Instance, to: State) -> None:
        old = instance.state
        self.dirty.setdefault(instance, old)
        instance.state, instance.since = to, self.now
        if old is State.PENDING:
            instance.node.idle -= 1
        elif to is State.PENDING:
            instance.node.idle += 1
            self.agenda[instance.node] = self.agenda[instance] = None
        elif old is State.QUEUED and to is not State.RUNNING:
            self.pool_of(instance.node).forget()
        was, now = BUCKET[old], BUCKET[to]
        if was != now:
            self._count(instance, was, now)

    def _count(self, instance: Instance, was: int, now: int) -> None:
        """Tell the tallies downstream, and put whoever may be concerned on the agenda."""
        node, run = instance.node, instance.node.run
        if was == LEFT:
            run.open -= 1
            if not run.open:
                self.ended[run] = None
        elif now == LEFT:
            run.open += 1
        downs = run.graph.down[node.number]
        if downs and node.counts(instance):
            for number in downs:
                down = run.nodes[number]
                down.tally[was] -= 1
                down.tally[now] += 1
                self.agenda[down] = None
        for number in run.graph.pair_down[node.number]:
            down = run.nodes[number]
            self.agenda[down.at(instance.index) if down.width else down] = None

    def touch(self, instance: Instance) -> None:
        """Its row has changed, its state has not."""
        self.dirty.setdefault(instance, instance.state)

    def move_run(self, run: Run, to: RunState) -> None:
        """Go where the table of runs allows it."""
        if to not in RUN_MOVES[run.state]:
            raise IllegalMove(f"run {run.id}: {run.state} -> {to}")
        run.state = to
        self.dirty_runs[run] = None

    def prioritize(self, dag_id: str, priority: int | None) -> None:
        """What a person gave a DAG; None: nothing any more."""
        self.priorities.pop(dag_id, None)
        if priority is not None:
            self.priorities[dag_id] = priority

    def keep_group(self, run: Run, row: GroupRow) -> None:
        """A group that retries has a new count or a new time."""
        run.groups[row.group] = row
        self.dirty_groups[run.id, row.group] = row

    # --- looking things up --------------------------------------------------------------------------------------------
    def pool_of(self, node: Node) -> Pool:
        """A pool that nobody declared gets the default size: a run must not end because a setting went away."""
        name = node.task.pool
        found = self.pools.get(name)
        if found is None:
            found = self.pools[name] = Pool(name, DEFAULT_SLOTS)
        return found

    def lane_of_run(self, run: Run) -> Lane:
        """The lane of a run; one that nobody has sized is as wide as the DAG says."""
        found = self.lanes.get(run.lane)
        if found is None:
            found = self.lanes[run.lane] = Lane(run.graph.max_active_runs)
        return found

    def graph_of(self, version: int, run: int) -> Graph:
        """The graph of a run."""
        try:
            return self.graphs[version]
        except KeyError:
            raise UnknownVersion(version, run) from None

    def current_graph(self, run: Run) -> Graph:
        """What the DAG says today; the run's own graph if the DAG is gone."""
        return self.graphs[self.current.get(run.dag_id, run.version)]

    def keep_graph(self, version: int, graph: Graph, *, is_current: bool) -> None:
        """Remember a version; the current one gives its DAG's lane the limit."""
        self.graphs[version] = graph
        name = lane_of(graph.dag_id)
        if not is_current:
            self.lanes.setdefault(name, Lane(graph.max_active_runs))
            return
        self.current[graph.dag_id] = version
        self.resize_lane(name, graph.max_active_runs)

    def resize_lane(self, name: str, limit: int) -> None:
        """A new limit; what has room now is promoted in the next batch at the latest."""
        lane = self.lanes.setdefault(name, Lane(limit))
        lane.limit = limit
        self.moved_lanes[lane] = None
