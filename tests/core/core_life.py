"""Random lives: a machine, a pretend store and world, a crash at any commit; after every commit the judge
looks at everything."""

from __future__ import annotations

from collections import Counter
from random import Random

import core_judge
from core_graphs import random_graph
from core_store import FINISHED_RUN, Store

from flowlite.core.graph import Graph
from flowlite.core.instances import Instance
from flowlite.core.lanes import lane_of
from flowlite.core.machine import Machine
from flowlite.core.messages import (
    Answered,
    AttemptEnded,
    CancelAsked,
    ClearAsked,
    Command,
    DrainAsked,
    Event,
    IntentDropped,
    LaneResized,
    LoadRun,
    MarkAsked,
    PoolResized,
    PriorityChanged,
    RequestRun,
    RunLoaded,
    RunRequested,
    SlotReturned,
    Start,
    Stop,
    Tick,
    Woken,
)
from flowlite.core.rows import Changes
from flowlite.core.states import Outcome, State

Key = tuple[int, int, int]
FAULTS = [None] * 47 + ["before commit", "after commit"] + [None]
HABITS = {
    "end": 60, "time": 15, "late": 4, "cancel": 1, "cancel run": 0.7, "clear": 4, "mark": 4, "pool": 2, "lane": 1,
    "priority": 2, "backfill": 1, "wake": 4, "answer": 4, "drain": 1, "returned": 6, "redeploy": 0.5,
}  # fmt: skip


class Watched(Machine):
    """A machine that counts which moves it makes."""

    moves: Counter[tuple[State, State]]

    def move(self, instance: Instance, to: State) -> None:
        self.moves[instance.state, to] += 1
        super().move(instance, to)


class Life:
    """One life, from a seed."""

    def __init__(self, seed: int) -> None:
        self.luck = Random(seed)
        self.graphs: dict[int, Graph] = {}
        self.current: dict[str, int] = {}
        self.store, self.now = Store(), 0.0
        self.used: Counter[str] = Counter()
        self.moves: Counter[tuple[State, State]] = Counter()
        self.live: dict[Key, Start] = {}  # attempts that really run
        self.slots: dict[Key, int] = {}  # and what they take of their pool
        self.threads: dict[Key, tuple[int, int]] = {}  # attempts that are over but whose thread has not returned: slots
        self.past: list[Event] = []
        self.inbox: list[Event] = []
        self.sizes = {"default": 2, "http": 1}
        self.limits: dict[str, int] = {}
        self.passed: dict[str, float] = {}  # pool -> since when a backfill is passed over
        self.loose: set[int] = set()  # runs in which a person cleared a task without what lies downstream
        self.touched: set[int] = set()  # runs in which a person marked or loosely cleared something
        self.told: set[tuple[int, int, int, int]] = set()  # successes that somebody has heard of
        self.deploy(random_graph(self.luck, "a", ("b",)))
        self.deploy(random_graph(self.luck, "b"))
        self.machine = self.fresh()

    def deploy(self, graph: Graph) -> None:
        """A version of a DAG, as the store would give it back."""
        version = len(self.graphs) + 1
        self.graphs[version] = Graph.from_json(graph.to_json())
        self.current[graph.dag_id] = version
        self.limits.pop(lane_of(graph.dag_id), None)

    def fresh(self) -> Watched:
        """A machine as it is before it has loaded anything."""
        machine = Watched(self.sizes, next_intent=self.store.last_intent + 1)
        machine.moves = self.moves
        for version, graph in self.graphs.items():
            machine.add_graph(version, graph, is_current=version in self.current.values())
        for lane, limit in self.limits.items():
            machine.resize_lane(lane, limit)
        machine.failing.update(self.store.failing)
        return machine

    def load(self, machine: Machine) -> list[Command]:
        """Take up what the store has."""
        store, runs = self.store, self.store.unfinished()
        groups = [row for run in runs for row in store.groups_of(run.id)]
        rows = {run.id: store.rows_of(run.id) for run in runs}
        deadlines = store.deadlines.values()
        return machine.load(runs, rows, groups, store.intents.values(), deadlines, now=self.now)

    # --- one turn of the loop -----------------------------------------------------------------------------------------
    def turn(self, crash: str | None = None) -> None:
        """Apply, commit, look, carry out; or die in between."""
        events, self.inbox = self.inbox, []
        for event in events:
            self.used[type(event).__name__] += 1
        changes, commands = self.machine.apply(events, self.now)
        if crash == "before commit":
            self.die(events)
            return
        self.commit(changes)
        self.hear(events)
        core_judge.check(self, changes, commands)
        if crash == "after commit":
            self.die([])
            return
        self.carry_out(commands)

    def commit(self, changes: Changes) -> None:
        """On disk first, then told."""
        self.store.commit(changes)
        self.announce(changes)

    def announce(self, changes: Changes) -> None:
        """What the world hears of."""
        self.told |= {row[:4] for row in changes.attempts if row.outcome == "success"}

    def hear(self, events: list[Event]) -> None:
        """What the pretend engine remembers of events that were committed."""
        for event in events:
            if isinstance(event, PoolResized):
                self.sizes[event.name] = event.size
            if isinstance(event, LaneResized):
                self.limits[event.lane] = event.limit
            if isinstance(event, SlotReturned):
                self.threads.pop((event.run, event.task, event.index), None)

    def carry_out(self, commands: list[Command]) -> None:
        """The world does what it is told."""
        for command in commands:
            self.used[type(command).__name__] += 1
            match command:
                case Start():
                    key = (command.run, command.task, command.index)
                    assert key not in self.live, ("two live attempts", command)
                    assert key not in self.threads, ("two live attempts, one a thread", command)
                    self.live[key] = command
                case Stop():
                    key = (command.run, command.task, command.index)
                    if key in self.live and self.luck.random() < 0.8:
                        self.end(key, Outcome.CANCELLED)
                case LoadRun(run):
                    self.inbox.append(RunLoaded(run, tuple(self.store.rows_of(run)), self.store.groups_of(run)))
                case RequestRun():
                    self.answer_intent(command)

    def answer_intent(self, command: RequestRun) -> None:
        """A follow-up run is made, or, now and then, its date is taken."""
        if self.luck.random() < 0.2:
            self.inbox.append(IntentDropped(command.intent))
        else:
            self.request(command.dag_id, command.logical_date, kind="dag", intent=command.intent)

    def request(self, dag_id: str, date: float, kind: str = "scheduled", *, intent: int | None = None) -> None:
        """Ask for a run with the next free number."""
        asked = [event.run for event in self.inbox if isinstance(event, RunRequested)]
        self.inbox.append(
            RunRequested(
                run=max([0, *self.store.runs, *asked]) + 1,
                version=self.current[dag_id],
                kind=kind,
                logical_date=date,
                data_interval_start=date,
                data_interval_end=date + 1,
                lane="backfill:1" if kind == "backfill" else None,
                base_at=None if kind == "backfill" else self.now,
                intent=intent,
            )
        )

    def end(self, key: Key, outcome: Outcome) -> None:
        """An attempt ends, with the facts that the graph wants."""
        start = self.live.pop(key)
        graph = self.graphs[self.store.runs[start.run].version]
        task, facts = graph.tasks[start.task], {}
        for fact in sorted(graph.facts[start.task]):
            downs = sorted({graph.tasks[n].id for n in (*graph.down[start.task], *graph.pair_down[start.task])})
            facts[fact] = {
                "length:": self.luck.randint(0, 3),
                "truth:": self.luck.random() < 0.6,
                "chosen:": tuple(down for down in downs if self.luck.random() < 0.6),
            }[fact]
        if outcome is Outcome.WAITING and task.wait_timeout_s is None:
            outcome = Outcome.SUCCESS
        resume_at = self.now + 3 if outcome is Outcome.WAITING and self.luck.random() < 0.7 else None
        is_stuck = outcome in (Outcome.TIMED_OUT, Outcome.CANCELLED) and self.luck.random() < 0.5
        is_final = self.luck.random() < 0.1
        ended = AttemptEnded(*key, start.attempt, start.poke, outcome, facts, resume_at, is_final, is_stuck)
        if is_stuck:
            self.threads[key] = (start.attempt, self.slots[key])
        self.inbox.append(ended)
        self.past.append(ended)

    def die(self, unheard: list[Event]) -> None:
        """kill -9. Threads and coroutines die too; processes live on, or have left an exit file."""
        heard = {
            (event.run, event.task, event.index, event.attempt, event.poke): event
            for event in (*self.inbox, *unheard)
            if isinstance(event, AttemptEnded) and not event.holds_slot
        }
        self.inbox, self.threads, self.passed = [], {}, {}
        self.machine = self.fresh()
        commands = self.load(self.machine)
        started, self.live = self.live, {}
        for row in self.store.in_state("running"):
            key, start = row[:3], started.get(row[:3])
            name = (*key, row.attempt, row.poke)
            if start and (start.attempt, start.poke) == name[3:] and self.luck.random() < 0.5:
                self.live[key] = start  # adopted
            elif name in heard and self.luck.random() < 0.5:
                self.inbox.append(heard[name])  # its exit file
            elif start or name in heard:
                self.inbox.append(AttemptEnded(*name, Outcome.LOST))
            else:
                self.inbox.append(AttemptEnded(*name, Outcome.INTERRUPTED))  # the tombstone won: it never started
        self.slots = {
            row[:3]: min(self.task_slots(row.run, row.task), self.sizes[self.pool_name(row.run, row.task)])
            for row in self.store.in_state("running")
        }
        self.carry_out([command for command in commands if not isinstance(command, Start)])
        self.used["crash"] += 1

    def task_slots(self, run: int, task: int) -> int:
        """How many slots the task of a run wants."""
        return self.graphs[self.store.runs[run].version].tasks[task].slots

    def pool_name(self, run: int, task: int) -> str:
        """The pool of a task of a run."""
        return self.graphs[self.store.runs[run].version].tasks[task].pool

    # --- a life -------------------------------------------------------------------------------------------------------
    def live_on(self, turns: int) -> None:
        """Some days of work with faults, then none; everything must end."""
        for day in range(self.luck.randint(1, 4)):
            self.request("a", float(day))
        for _ in range(turns):
            for _ in range(self.luck.choice([0, 1, 1, 1, 2, 5])):
                self.happen()
            self.turn(self.luck.choice(FAULTS))
        self.heal()

    def happen(self) -> None:
        """Something happens."""
        what = self.luck.choices(list(HABITS), list(HABITS.values()))[0]
        if what == "end" and self.live:
            outcomes = [Outcome.SUCCESS] * 8 + [Outcome.WAITING] * 4 + list(Outcome)
            self.end(self.luck.choice(sorted(self.live)), self.luck.choice(outcomes))
        elif what == "time":
            wake = self.machine.next_wake
            is_alarm = wake is not None and self.luck.random() < 0.7
            self.now = max(self.now, wake or 0.0) if is_alarm else self.now + self.luck.random() * 5
            self.inbox.append(Tick())
        elif what == "late" and self.past:
            self.inbox.append(self.luck.choice(self.past))
        elif what == "returned" and self.threads:
            self.give_thread_back()
        elif what in ("cancel", "cancel run", "clear", "mark", "priority"):
            self.interfere(what)
        else:
            self.turn_a_knob(what)

    def give_thread_back(self) -> None:
        """A stuck thread returns, once it is known to be stuck."""
        key = self.luck.choice(sorted(self.threads))
        if not any(
            isinstance(event, AttemptEnded) and (event.run, event.task, event.index) == key for event in self.inbox
        ):
            returned = SlotReturned(*key, self.threads[key][0])
            if returned not in self.inbox:
                self.inbox.append(returned)

    def interfere(self, what: str) -> None:
        """A person does something to a run."""
        luck, ids = self.luck, sorted(self.store.runs)
        if not ids:
            return
        run = luck.choice(ids)
        row = self.store.runs[run]
        tasks = self.graphs[row.version].tasks
        name = luck.choice(["g", "g.h", *(task.id for task in tasks)])
        index = luck.choice([None, None, 0, 1])
        if what == "cancel run":
            self.inbox.append(CancelAsked(run))
        elif what == "cancel":
            self.inbox.append(CancelAsked(run, name, index))
        elif what == "priority":
            self.inbox.append(PriorityChanged(run, luck.randint(0, 9)))
        elif what == "mark":
            self.touched.add(run)
            self.inbox.append(MarkAsked(run, (name,), luck.choice(["success", "failed", "skipped"]), index, row))
        else:
            names = () if luck.random() < 0.1 else (name,)
            is_loose = luck.random() < 0.2
            if is_loose:
                self.loose.add(run)
                self.touched.add(run)
            only_failed = luck.random() < 0.3
            self.inbox.append(
                ClearAsked(run, names, index, with_downstream=not is_loose, row=row, only_failed=only_failed)
            )

    def turn_a_knob(self, what: str) -> None:
        """Limits, versions, and what waiting ones wait for."""
        luck, waiting = self.luck, self.store.in_state("waiting")
        if what == "pool":
            self.inbox.append(PoolResized(luck.choice(["default", "http"]), luck.randint(0, 3)))
        elif what == "lane":
            self.inbox.append(LaneResized("dag:a", luck.randint(0, 3)))
        elif what == "backfill":
            self.inbox.append(LaneResized("backfill:1", 2))
            for day in range(3):
                self.request("a", float(-day), kind="backfill")
        elif what == "wake" and waiting:
            self.inbox.append(Woken(*luck.choice(waiting)[:3]))
        elif what == "answer" and waiting:
            self.inbox.append(Answered(*luck.choice(waiting)[:3], luck.random() < 0.6, "ann"))
        elif what == "drain":
            self.inbox.append(DrainAsked(luck.random() < 0.5))
        elif what == "redeploy" and not self.inbox:
            self.deploy(random_graph(luck, "a", ("b",)))
            version = self.current["a"]
            self.machine.add_graph(version, self.graphs[version])

    def heal(self) -> None:
        """The faults stop: now everything must end."""
        self.inbox += [DrainAsked(False), PoolResized("default", 2), PoolResized("http", 1), LaneResized("dag:a", 2)]
        for _ in range(3000):
            for key in sorted(self.live):
                self.end(key, Outcome.SUCCESS)
            self.turn()
            if self.inbox or self.live:
                continue
            if all(row.state in FINISHED_RUN for row in self.store.runs.values()) and not self.store.intents:
                return
            self.nudge()
        raise AssertionError("runs do not end")

    def nudge(self) -> None:
        """Nothing goes on by itself: threads return, time passes, and at last what is waited for comes."""
        wake, waiting = self.machine.next_wake, self.store.in_state("waiting")
        if self.threads:
            self.inbox += [SlotReturned(*key, attempt) for key, (attempt, _) in self.threads.items()]
        elif wake is not None:
            self.now = max(self.now, wake)
            self.inbox.append(Tick())
        else:
            assert waiting, ("stuck", self.store.unfinished())
            for row in waiting:
                self.inbox += [Woken(*row[:3]), Answered(*row[:3], self.luck.random() < 0.8, "ann")]


def live(seed: int, turns: int = 60, kind: type[Life] = Life) -> Life:
    """A whole life; an error says which one."""
    life = kind(seed)
    try:
        life.live_on(turns)
    except BaseException as wrong:
        wrong.add_note(f"seed {seed} at {life.now}")
        raise
    return life
