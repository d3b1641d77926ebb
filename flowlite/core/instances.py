"""What the machine keeps in memory of a run: its nodes (a task in this run) and their instances. No decisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowlite.core.graph import Graph
from flowlite.core.lanes import is_backfill_lane
from flowlite.core.rows import Facts, GroupRow, InstanceRow, RunRow
from flowlite.core.states import BUCKET, FINISHED, RunState, State, Wish

# Shared, and never changed: two lists less in each of 100,000 nodes, for the collector to walk through.
NO_UPSTREAM = [0, 0, 0, 0, 0]
NO_ELEMENTS: list[Instance] = []


class Instance:
    """One task instance. Index -1 is a plain task, or the map itself, until it has elements that stand for it."""

    __slots__ = (
        "attempt", "facts", "failures", "index", "losses", "node", "ooms", "poke", "resume_at", "since", "started_at",
        "state", "ticket", "wait_until", "wish",
    )  # fmt: skip

    def __init__(self, node: Node, index: int, since: float) -> None:
        self.node, self.index, self.since = node, index, since
        self.state = State.PENDING
        self.attempt = self.poke = self.failures = self.losses = self.ooms = self.ticket = 0
        self.started_at: float | None = None
        self.resume_at: float | None = None
        self.wait_until: float | None = None
        self.wish: Wish | None = None
        self.facts: Facts | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        """Run, task, index: the name under which everybody else knows it."""
        return (self.node.run.id, self.node.number, self.index)

    def row(self, was: State | None) -> InstanceRow:
        """As the store has it; `was` is the state on disk."""
        node, wish = self.node, self.wish
        return InstanceRow(
            node.run.id, node.number, self.index, self.state._value_, self.since, self.attempt, self.poke,
            self.failures, self.losses, self.ooms, self.started_at, self.resume_at, self.wait_until,
            wish._value_ if wish else None, node.width if self.index < 0 else None, self.facts,
            was._value_ if was else None,
        )  # fmt: skip

    def restore(self, row: InstanceRow) -> None:
        """Become what the row says."""
        self.state, self.since, self.attempt, self.poke = State(row.state), row.since, row.attempt, row.poke
        self.failures, self.losses, self.ooms, self.started_at = row.failures, row.losses, row.ooms, row.started_at
        self.resume_at, self.wait_until, self.facts = row.resume_at, row.wait_until, row.facts
        self.wish = Wish(row.wish) if row.wish else None

    @property
    def due_at(self) -> float | None:
        """When time alone moves it on: a waiting one has two such times, and one alarm for the earlier of them."""
        if self.state is State.RETRYING:
            return self.resume_at
        if self.state is State.WAITING:
            return min((at for at in (self.resume_at, self.wait_until) if at is not None), default=None)
        return None

    @property
    def has_open_attempt(self) -> bool:
        """Between two pokes or before an answer: begun, not running, and still without an outcome."""
        return self.poke > 0 or self.state is State.WAITING

    def forgive(self) -> None:
        """Fresh budgets, a fresh wait; attempt numbers go on, they are what fences old outcomes."""
        self.failures = self.losses = self.ooms = self.poke = 0
        self.started_at = self.resume_at = self.wait_until = self.wish = self.facts = None


class Node:
    """A task in a run. `tally` counts its shared upstream; what is true of all its instances is judged once, here.

    `own` is instance -1, `elements` the others, `width` how many of them the map has (None: not known yet), `idle` how
    many instances are pending.
    """

    __slots__ = ("elements", "idle", "number", "own", "rank", "run", "tally", "task", "width")

    def __init__(self, run: Run, graph: Graph, number: int, since: float) -> None:
        self.run, self.number, self.task, self.rank = run, number, graph.tasks[number], graph.rank[number]
        upstream = len(graph.shared[number])
        self.tally = [upstream, 0, 0, 0, 0] if upstream else NO_UPSTREAM
        self.own = Instance(self, -1, since)
        self.elements: list[Instance] = NO_ELEMENTS
        self.width: int | None = None
        self.idle = 1

    @property
    def priority(self) -> int:
        """Given for the run, else by the task, else by a person to the DAG, else by its file."""
        given = self.run.priority if self.run.priority is not None else self.task.priority
        if given is not None:
            return given
        by_hand = self.run.dag_priority
        return self.run.graph.priority if by_hand is None else by_hand

    def counts(self, instance: Instance) -> bool:
        """An empty or unexpanded map counts as itself, an expanded one by the elements that are in it today."""
        return 0 <= instance.index < self.width if self.width else instance.index < 0

    def counted(self) -> list[Instance]:
        """The instances that others see."""
        return self.elements[: self.width] if self.width else [self.own]

    def everything(self) -> Iterator[Instance]:
        """Every instance that has a row, also elements of an earlier list."""
        yield self.own
        yield from self.elements

    def add_element(self, since: float) -> Instance:
        """One more."""
        if self.elements is NO_ELEMENTS:
            self.elements = []
        element = Instance(self, len(self.elements), since)
        self.elements.append(element)
        return element

    def is_finished(self) -> bool:
        """Nothing of it is left to do."""
        return all(instance.state in FINISHED for instance in self.counted())

    def is_unexpanded_map(self) -> bool:
        """A map that does not know its list yet."""
        return self.width is None and self.task.over is not None

    def at(self, index: int) -> Instance:
        """Whom to ask about element `index`: the element, or the map itself if it never had elements."""
        return self.elements[index] if self.width and 0 <= index < self.width else self.own

    def find(self, index: int) -> Instance | None:
        """The instance with this index, in today's list or not."""
        if index < 0:
            return self.own
        return self.elements[index] if index < len(self.elements) else None


class Run:
    """A run. While it is queued it has no nodes: ten thousand queued backfill runs cost ten thousand small objects."""

    __slots__ = (*RunRow._fields, "dag_priority", "graph", "groups", "has_missed", "judged", "nodes", "open")

    id: int
    dag_id: str
    version: int
    kind: str
    lane: str
    order: float
    logical_date: float
    data_interval_start: float
    data_interval_end: float
    params: str
    asked_by: str
    created_at: float
    priority: int | None
    to_do: str | None
    has_rows: bool
    base_at: float | None
    started_at: float | None
    ended_at: float | None
    had_failures: bool

    def __init__(self, row: RunRow, graph: Graph, dag_priority: int | None = None) -> None:
        for name, value in zip(RunRow._fields, row, strict=True):
            setattr(self, name, value)
        self.state = RunState(row.state)
        self.wish = Wish(row.wish) if row.wish else None
        self.graph = graph
        self.dag_priority = dag_priority  # what a person gave the DAG
        self.judged: set[int] = set()  # deadlines that are over
        self.has_missed = False  # one of them was missed
        self.groups: dict[str, GroupRow] = {}  # groups that were tried again
        self.nodes: list[Node] = []
        self.open = 0  # instances that are not finished

    @property
    def is_backfill(self) -> bool:
        """Work that gives way to everything else: made by a backfill, or taken up again by one."""
        return self.kind == "backfill" or is_backfill_lane(self.lane)

    def row(self) -> RunRow:
        """As the store has it."""
        values = {name: getattr(self, name) for name in RunRow._fields}
        values["state"] = self.state.value
        values["wish"] = self.wish.value if self.wish else None
        return RunRow(**values)

    def build(self, now: float) -> None:
        """Make the nodes, everything pending."""
        graph = self.graph
        self.nodes = [Node(self, graph, number, now) for number in range(len(graph.tasks))]
        self.open = len(self.nodes)

    def restore(self, rows: Iterable[InstanceRow], groups: Iterable[GroupRow] = ()) -> None:
        """Build the nodes as the rows have them, then count everything anew."""
        self.build(0.0)
        self.groups = {row.group: row for row in groups}
        for row in sorted(rows, key=lambda row: row[:3]):
            node = self.nodes[row.task]
            if row.index < 0:
                node.width = row.width
                node.own.restore(row)
            else:
                node.add_element(row.since).restore(row)
        self.recount()

    def recount(self) -> None:
        """Set every count from the states."""
        self.open = 0
        for node in self.nodes:
            node.idle = sum(instance.state is State.PENDING for instance in node.everything())
            self.open += sum(instance.state not in FINISHED for instance in node.everything())
            node.tally = [0] * 5 if self.graph.shared[node.number] else NO_UPSTREAM
            for up in self.graph.shared[node.number]:
                for instance in self.nodes[up].counted():
                    node.tally[BUCKET[instance.state]] += 1

    def instances(self) -> Iterator[Instance]:
        """Every instance that has a row."""
        for node in self.nodes:
            yield from node.everything()

    def find(self, number: int, index: int) -> Instance | None:
        """The instance, if the run has it and is in memory."""
        return self.nodes[number].find(index) if 0 <= number < len(self.nodes) else None

    def dissolve(self) -> None:
        """Cut the circles between run, nodes and instances: memory goes back at once, not at some collection."""
        for node in self.nodes:
            node.elements = NO_ELEMENTS
            del node.own
        self.nodes.clear()
