"""A scene: one machine, a pretend store that refuses what the real one would, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Mapping

from core_store import Store

from flowlite.core.graph import Graph, Task
from flowlite.core.machine import Machine
from flowlite.core.messages import (
    AttemptEnded,
    Command,
    Event,
    LoadRun,
    RunLoaded,
    RunRequested,
    SlotReturned,
    Start,
    Stop,
    Tick,
)
from flowlite.core.rows import Changes, Facts
from flowlite.core.states import Outcome


class Scene:
    """Tasks by name, one run at a time unless a test asks for more."""

    def __init__(
        self, *tasks: Task, pools: Mapping[str, int] | None = None, dag_id: str = "etl", **options: object
    ) -> None:
        self.graph = Graph(dag_id, tasks, **options)  # type: ignore[arg-type]
        self.pools = dict(pools or {"default": 32})
        self.machine = Machine(self.pools)
        self.machine.add_graph(1, self.graph)
        self.store, self.now = Store(), 0.0
        self.commands: list[Command] = []
        self.changes = Changes()
        self.started: dict[tuple[int, int, int], Start] = {}

    # --- what happens -------------------------------------------------------------------------------------------------
    def tell(self, *events: Event) -> list[Command]:
        """Apply, commit, remember what was started; a run that has to be read back is."""
        self.changes, self.commands = self.machine.apply(events, self.now)
        self.store.commit(self.changes)
        for command in self.commands:
            if isinstance(command, Start):
                self.started[command.run, command.task, command.index] = command
        seen = self.commands
        for command in list(seen):
            if isinstance(command, LoadRun):
                rows = tuple(self.store.rows_of(command.run))
                seen = seen + self.tell(RunLoaded(command.run, rows, self.store.groups_of(command.run)))
        return seen

    def request(self, run: int = 1, date: float = 0.0, *, kind: str = "scheduled", **more: object) -> list[Command]:
        """Ask for a run."""
        return self.tell(
            RunRequested(  # type: ignore[arg-type]
                run=run, version=more.pop("version", 1), kind=kind, logical_date=date,
                data_interval_start=date, data_interval_end=date + 86400, **more,
            )
        )  # fmt: skip

    def end(
        self, name: str, outcome: Outcome = Outcome.SUCCESS, *, run: int = 1, index: int = -1,
        facts: Facts | None = None,
        **more: object,
    ) -> list[Command]:  # fmt: skip
        """The running attempt of a task ends."""
        return self.tell(self.ended(name, outcome, run=run, index=index, facts=facts, **more))

    def ended(
        self, name: str, outcome: Outcome = Outcome.SUCCESS, *, run: int = 1, index: int = -1,
        facts: Facts | None = None,
        **more: object,
    ) -> AttemptEnded:  # fmt: skip
        """How the last attempt of a task that was started ends."""
        start = self.started[run, self.graph.number[name], index]
        return AttemptEnded(run, start.task, index, start.attempt, start.poke, outcome, facts, **more)  # type: ignore[arg-type]

    def fail(self, name: str, **more: object) -> list[Command]:
        """Its attempt fails."""
        return self.end(name, Outcome.FAILED, **more)  # type: ignore[arg-type]

    def returned(self, name: str, *, run: int = 1, index: int = -1) -> list[Command]:
        """The thread of its last attempt returns."""
        start = self.started[run, self.graph.number[name], index]
        return self.tell(SlotReturned(run, start.task, index, start.attempt))

    def wait(self, seconds: float) -> list[Command]:
        """Time passes; the alarm rings whenever it was set for."""
        until, seen = self.now + seconds, []
        while (wake := self.machine.next_wake) is not None and wake <= until:
            self.now = max(self.now, wake)
            seen += self.tell(Tick())
        self.now = until
        return seen

    def play(self, facts: Facts | None = None, limit: int = 100_000) -> int:
        """Everything that is started succeeds, until nothing is; answers with the number of attempts."""
        count, commands = 0, self.commands
        while starts := [one for one in commands if isinstance(one, Start)]:
            count += len(starts)
            assert count <= limit
            commands = self.tell(
                *(
                    AttemptEnded(one.run, one.task, one.index, one.attempt, one.poke, Outcome.SUCCESS, facts)
                    for one in starts
                )
            )
        return count

    def restart(self) -> list[Command]:
        """kill -9, and a fresh machine from the rows."""
        self.machine = Machine(self.pools | self.store.pools, next_intent=self.store.last_intent + 1)
        self.machine.add_graph(1, self.graph)
        runs = self.store.unfinished()
        rows = {run.id: self.store.rows_of(run.id) for run in runs}
        groups = [row for run in runs for row in self.store.groups_of(run.id)]
        return self.machine.load(
            runs, rows, groups, self.store.intents.values(), self.store.deadlines.values(), now=self.now
        )

    # --- what is true -------------------------------------------------------------------------------------------------
    def states(self, run: int = 1) -> dict[str, str]:
        """State by name; elements as name[0]."""
        return {
            self.graph.tasks[row.task].id + (f"[{row.index}]" if row.index >= 0 else ""): row.state
            for row in sorted(self.store.rows_of(run))
        }

    def state(self, name: str, *, run: int = 1, index: int = -1) -> str:
        """The state of one instance."""
        return self.store.instances[run][self.graph.number[name], index].state

    def run_state(self, run: int = 1) -> str:
        """The state of a run."""
        return self.store.runs[run].state

    def names(self, commands: list[Command], kind: type[Start] | type[Stop] = Start) -> list[str]:
        """Which tasks were started (or stopped), in order."""
        return [
            self.graph.tasks[one.task].id + (f"[{one.index}]" if one.index >= 0 else "")
            for one in commands
            if isinstance(one, kind)
        ]

    def outcomes(self, name: str, *, run: int = 1, index: int = -1) -> list[str]:
        """How the attempts of an instance ended."""
        key = (run, self.graph.number[name], index)
        return [outcome for attempt, outcome in sorted(self.store.attempts.items()) if attempt[:3] == key]

    def alerts(self) -> list[str]:
        """The kinds of alerts of the last commit."""
        return [alert.kind for alert in self.changes.alerts]
