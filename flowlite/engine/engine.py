"""The engine: the loop, joined to the store, the executors and a clock; and what may be asked of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from flowlite.authoring.dag import Dag
from flowlite.authoring.spec import TaskSpec
from flowlite.core.graph import Graph
from flowlite.core.machine import Machine
from flowlite.core.messages import (
    Answered,
    CancelAsked,
    ClearAsked,
    DagPriorityChanged,
    DrainAsked,
    Event,
    IntentDropped,
    MarkAsked,
    PoolResized,
    RunRequested,
    Tick,
)
from flowlite.core.planned import AssetUpdated
from flowlite.core.pools import Held, Pool
from flowlite.core.rows import Changes, Evidence, RunRow
from flowlite.core.states import FINISHED_RUN
from flowlite.engine.alerting import Alerting
from flowlite.engine.announce import Announcer
from flowlite.engine.carrier import Carrier
from flowlite.engine.chains import Chains
from flowlite.engine.clock import Clock, WallClock
from flowlite.engine.loop import Commit, EngineStopped, Loop
from flowlite.engine.plans import Plan, Plans
from flowlite.engine.recovery import load_machine, running_attempts
from flowlite.engine.requests import DagChanged, NoSuchRun, Request, run_requested, span_of
from flowlite.engine.settings import EngineSettings
from flowlite.engine.triggers import Triggers
from flowlite.store.errors import StoreError
from flowlite.store.rows import OutboxRow, TaskRow
from flowlite.store.shown_queue import Busy
from flowlite.store.store import Store


class Engine:
    """Lives on one asyncio loop: `start` first, `stop` last, every other method on that loop in between."""

    def __init__(self, store: Store, settings: EngineSettings, clock: Clock | None = None) -> None:
        self.store, self.settings, self.clock = store, settings, clock or WallClock()
        self.machine, self.plans = Machine(settings.pools), Plans()
        self.announcer = Announcer(self.machine.graphs)
        self._inbox = Loop(self.machine, store, self.clock, self)
        self._carrier = Carrier(self._inbox, self.machine, store, self.plans, self.clock, settings)
        self._carrier.triggers = Triggers(store, self.plans, self.request, settings.state_dir)
        self._carrier.chains = Chains(store, self.plans, self.request, self._drop_intent)
        self._carrier.errand_done = self._errand_done
        self.listeners: list[Callable[[Commit], None]] = []  # hear of each commit, after all others
        self.alerting: Alerting | None = None
        self.trouble_listeners: list[Callable[[StoreError], None]] = []
        self._waiting_for_quiet: list[asyncio.Future[None]] = []
        self.one_request_at_a_time = asyncio.Lock()  # two requests for one date must not both find it free
        self._next_run = 1
        self._death: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- life ---------------------------------------------------------------------------------------------------------
    async def start(self, dags: Iterable[Dag] = ()) -> None:
        """Take up what the store has unfinished, then begin to turn. Work of a DAG that is not known waits for it."""
        for name, size in (await self.store.configure_pools(self.settings.pools)).items():
            self.machine.pools[name] = Pool(name, size)
        commands, found = await load_machine(self.machine, self.store, self.clock.now())
        self._next_run = found.next_run
        for row in found.runs:
            self.announcer.know(row.id, row.dag_id, row.version)
        self._inbox.start()
        self._carrier.adopt(list(running_attempts(self.machine)))
        await self.register_all(dags)
        self._carrier.carry_out(commands)
        self._inbox.send(Tick())

    async def drain(self, *, inside_only: bool, within_s: float | None = None) -> int:
        """Start nothing more, and wait for attempts to end: those inside this process, or all of them. How many were
        left after `within_s`."""
        await self._inbox.send_and_wait(DrainAsked())
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.at_work(inside_only=inside_only):
                    await self._next_commit()
        return self.at_work(inside_only=inside_only)

    def at_work(self, *, inside_only: bool = False) -> int:
        """How many attempts are under way; only those that would end with this process, if asked so."""
        return self._carrier.at_work(inside_only=inside_only)

    async def _next_commit(self) -> None:
        heard = asyncio.Event()

        def hear(commit: Commit) -> None:
            heard.set()

        self.listeners.append(hear)
        try:
            await heard.wait()
        finally:
            self.listeners.remove(hear)

    async def wait(self) -> None:
        """Returns never; raises what the loop died of, should it die."""
        await self._death

    async def stop(self, *, leave_processes: bool = True) -> None:
        """In-process attempts are interrupted and wait in line for the next start; processes go on, or are killed."""
        self._inbox.send(DrainAsked())
        await self._carrier.close(leave_processes=leave_processes)
        await self._inbox.finish()
        self.announcer.fail(EngineStopped("the engine was stopped before the run had ended; start it again to go on"))

    async def abandon(self) -> None:
        """End as if by kill -9: nothing more is committed, attempts inside the process are given up."""
        await self._carrier.abandon()
        await self._inbox.halt()

    def shutdown(self) -> None:
        """The same for a caller whose loop is gone; kills processes. Blocks."""
        self._carrier.executors.shutdown(leave_processes=False, within_s=1.0)

    async def register(self, dag: Dag) -> Plan:
        """Make a DAG known; the same declaration twice is one version. Its unfinished runs go on with its code."""
        known = self.plans.current(dag.id)
        if known is not None and known.dag is dag and known.graph is dag.graph():
            return known
        graph = dag.graph()
        rows = [task_row(spec) for spec in dag.specs.values()]
        version = await self.store.add_version(
            dag.id, dag.fingerprint(), graph.to_json(), rows, file=dag.file, at=self.clock.now(), about=about(dag)
        )
        plan = Plan(version, dag, graph)
        self.plans.add(plan, self.machine.graphs)
        self.machine.add_graph(version, graph)
        await self._carrier.unpark(dag.id)
        return plan

    async def register_all(self, dags: Iterable[Dag]) -> list[Plan]:
        """Side by side: a thousand of them share a few transactions."""
        return await asyncio.gather(*(self.register(dag) for dag in dags))

    # --- what may be asked --------------------------------------------------------------------------------------------
    async def request(self, request: Request) -> RunRow:
        """Ask for a run; returns when it is on disk. Raises BadDate, BadParams, DateTaken."""
        (row,) = await self.request_all([request])
        return row

    async def request_all(self, requests: Sequence[Request]) -> list[RunRow]:
        """Ask for several runs in one commit, all or none; rows in the order asked. Raises as `request` does."""
        async with self.one_request_at_a_time:
            asked = await self.prepared(requests)
            created = [self.announcer.creation_of(one.run) for one in asked]
            self._inbox.send(*asked)
            return [await one for one in created]

    async def prepared(self, requests: Sequence[Request]) -> list[RunRequested]:
        """The events that make these runs, for whoever holds `one_request_at_a_time` until they are on disk.

        Raises as `request` does.
        """
        wanted = [(request, await self.register(request.dag)) for request in requests]
        now = self.clock.now()
        taken = await self._taken(requests, now)
        asked = []
        for one, plan in wanted:
            asked.append(event := run_requested(one, plan, taken[one.dag.id], self.next_run_number, now))
            taken[one.dag.id][event.logical_date] = event.run
        return asked

    async def _taken(self, requests: Sequence[Request], now: float) -> dict[str, dict[float, int]]:
        """By DAG and logical date: the runs that there are where the new ones want to be. One question a DAG."""
        spans: dict[str, list[float]] = {}
        for request in requests:
            spans.setdefault(request.dag.id, []).extend(span_of(request, now))
        found = {dag_id: await self.store.runs_between(dag_id, min(span), max(span)) for dag_id, span in spans.items()}
        return {dag_id: {at: row.id for at, row in rows.items()} for dag_id, rows in found.items()}

    def _drop_intent(self, intent: int) -> None:
        self._inbox.send(IntentDropped(intent))

    async def end_of(self, run: int) -> RunRow:
        """The run's row once it is finished, now or long ago. Raises NoSuchRun."""
        future = self.announcer.end_of(run)  # first, so that an end between the two lines is not missed
        row = await self.row_of(run)
        return row if row.state in FINISHED_RUN else await future

    async def cancel(
        self, run: int, name: str | None = None, index: int | None = None, *, by: str = "", why: str = ""
    ) -> None:
        """Ask for the end of a run, or of a part of it."""
        await self._inbox.send_and_wait(CancelAsked(run, name, index, by, why))

    async def clear(
        self, run: int, names: Sequence[str] = (), index: int | None = None, *, with_downstream: bool = True,
        only_failed: bool = False, by: str = "", why: str = "",
    ) -> None:  # fmt: skip
        """Make finished work run again; no names: all of it. Raises NoSuchRun."""
        asked = ClearAsked(
            run, tuple(names), index, with_downstream=with_downstream, only_failed=only_failed,
            row=await self.row_of(run), by=by, why=why,
        )  # fmt: skip
        await self._inbox.send_and_wait(asked)

    async def mark(
        self, run: int, names: Sequence[str], state: str, index: int | None = None, *, by: str = "", why: str = ""
    ) -> None:
        """Say how task instances ended. Raises NoSuchRun."""
        await self._inbox.send_and_wait(MarkAsked(run, tuple(names), state, index, await self.row_of(run), by, why))

    async def answer(self, run: int, task: int, index: int, *, is_approved: bool, by: str, evidence: Evidence) -> None:
        """Answer an approval."""
        await self._inbox.send_and_wait(Answered(run, task, index, is_approved, by, evidence))

    async def update_asset(self, name: str, *, by: str, why: str = "") -> None:
        """A person says that an asset has new data: what waits for it starts as after a task that makes it."""
        await self._inbox.send_and_wait(AssetUpdated(name, by, why))

    async def prioritize_dag(self, dag_id: str, priority: int | None, *, by: str, why: str = "") -> None:
        """By hand: outlives restarts and redeploys, and holds for what is in line already. None: as its file says."""
        await self.store.set_dag_priority(dag_id, priority, at=self.clock.now(), by=by, why=why)
        await self._inbox.send_and_wait(DagPriorityChanged(dag_id, priority))

    def send(self, *events: Event) -> None:
        """Straight into the inbox."""
        self._inbox.send(*events)

    async def send_and_wait(self, *events: Event) -> None:
        """Into the inbox, all for one transaction; returns when it is on disk and what follows is carried out."""
        await self._inbox.send_and_wait(*events)

    async def know_version(self, row: RunRow) -> None:
        """A run keeps the graph that it was made from, and the code of today carries it out: somebody who raises a
        timeout and retries must get the new timeout, and not an error. Raises DagChanged if a task is gone."""
        if row.state not in FINISHED_RUN or self.plans.of(row.version) is not None:
            return
        graph = Graph.from_json(await self.store.graph_json(row.version))
        current = self.plans.current(row.dag_id)
        if current is None or not graph.number.keys() <= current.graph.number.keys():
            raise DagChanged(row.dag_id, row.id, is_there=current is not None)
        self.machine.add_graph(row.version, graph, is_current=False)
        self.plans.add(current, {row.version: graph})

    async def row_of(self, run: int) -> RunRow:
        """The run as the store has it. Raises NoSuchRun."""
        found = await self.store.load_run(run)
        if found is None:
            raise NoSuchRun(run)
        return found[0]

    async def settled(self) -> None:
        """Wait until nothing is under way: whatever is left waits for time, for people, or for a DAG."""
        if not self._is_quiet():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting_for_quiet.append(future)
            await future

    async def configure(self, settings: EngineSettings) -> None:
        """The configuration was read again: sizes of pools that no person has set, and secrets to mask. The state
        folder stays where it is."""
        self.settings = replace(settings, state_dir=self.settings.state_dir)
        self._carrier.executors.learn(settings.secrets)
        by_hand = await self.store.configure_pools(settings.pools)
        known = {name: pool.size for name, pool in self.machine.pools.items()}
        asked = [
            PoolResized(name, size, is_by_hand=False)
            for name, size in settings.pools.items()
            if name not in by_hand and known.get(name) != size
        ]
        if asked:
            await self.send_and_wait(*asked)

    def be_patient(self) -> None:
        """Wait for a full disk or a held file to be mended, instead of stopping."""
        self._inbox.is_patient = True

    @property
    def trouble(self) -> StoreError | None:
        """Why nothing can be written at the moment; None: all is well."""
        return self._inbox.trouble

    def still_held(self, pool: str) -> list[Busy]:
        """Slots of attempts that are over, whose threads have not returned: no row tells of them."""
        found = self.machine.pools.get(pool)
        return [] if found is None else [self._held(key, one) for key, one in found.held.items()]

    def _held(self, key: tuple[int, int, int], held: Held) -> Busy:
        run = self.machine.runs.get(key[0])
        dag_id, name = ("", "") if run is None else (run.dag_id, run.graph.tasks[key[1]].id)
        return Busy(key[0], dag_id, name, key[2], held.attempt, held.slots, held.since, is_over=True)

    def next_run_number(self) -> int:
        """Numbers are never given twice."""
        self._next_run += 1
        return self._next_run - 1

    # --- what follows from a commit -----------------------------------------------------------------------------------
    def outbox_for(self, changes: Changes) -> Sequence[OutboxRow]:
        """An engine by itself has no channels: it tells its listeners only."""
        return () if self.alerting is None or not changes.alerts else self.alerting.rows(changes)

    def committed(self, commit: Commit) -> None:
        """It is on disk."""
        live = self._carrier.live
        live.keep_results(commit.changes.attempts, self.machine, self.plans)
        self._carrier.carry_out(commit.commands)
        self.announcer.tell(commit.changes, commit.reports, commit.last_event, commit.at)
        for row in commit.changes.runs:
            if row.state in FINISHED_RUN:
                live.let_go(row.id)
                if (woken := self._carrier.triggers.woken_by(row)) is not None:
                    self._inbox.send(woken)
        for listener in tuple(self.listeners):
            listener(commit)
        self._tell_if_quiet()

    def troubled(self, error: StoreError) -> None:
        """A commit is tried again."""
        for hear in self.trouble_listeners:
            hear(error)

    def stopped(self, error: BaseException) -> None:
        """The loop has died; whoever waits learns why."""
        self.announcer.fail(error)
        if not self._death.done():
            self._death.set_exception(error)
            self._death.exception()  # not everybody waits for it
        for future in self._waiting_for_quiet:
            if not future.done():
                future.set_exception(error)

    def _errand_done(self, error: BaseException | None) -> None:
        if error is not None:
            self.stopped(error)
        self._tell_if_quiet()

    def _is_quiet(self) -> bool:
        return self._carrier.is_quiet and self._inbox.is_idle

    def _tell_if_quiet(self) -> None:
        if self._waiting_for_quiet and self._is_quiet():
            waiting, self._waiting_for_quiet = self._waiting_for_quiet, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)


def about(dag: Dag) -> str:
    """What its file says of a DAG for people."""
    own = dag.settings
    told = {"description": own.description, "tags": list(own.tags), "owner": own.owner, "team": own.team}
    return json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)


def task_row(spec: TaskSpec) -> TaskRow:
    """What the store keeps of a task for people and for `db check`."""
    return TaskRow(spec.id, spec.kind, spec.task.pool, spec.task.slots, spec.task.over is not None)
