"""The engine: the loop, joined to the store, the executors and a clock; and what may be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any

from flowlite.authoring.dag import Dag
from flowlite.core.machine import Machine
from flowlite.core.messages import (
    Answered,
    AttemptEnded,
    CancelAsked,
    Changes,
    ClearAsked,
    Command,
    DrainAsked,
    Event,
    Evidence,
    LoadRun,
    MarkAsked,
    RequestRun,
    RunLoaded,
    RunRequested,
    RunRow,
    SlotReturned,
    Start,
    Stop,
    Tick,
)
from flowlite.core.states import FINISHED_RUN, Outcome
from flowlite.engine.announce import Announcer
from flowlite.engine.chains import Chains
from flowlite.engine.clock import Clock, WallClock
from flowlite.engine.live import LiveRuns
from flowlite.engine.loop import Commit, EngineStopped, Loop
from flowlite.engine.mail import Mailbox
from flowlite.engine.orders import Orders, key_of
from flowlite.engine.plans import Plan, Plans
from flowlite.engine.recovery import fill_results, load_machine, running_attempts, take_up_results
from flowlite.engine.reports import report_row
from flowlite.engine.requests import NoSuchRun, Request, run_requested
from flowlite.engine.settings import EngineSettings
from flowlite.engine.triggers import Triggers
from flowlite.execution.executors import Executors
from flowlite.execution.failure import plain_error
from flowlite.execution.work import AttemptKey, Ended, Order
from flowlite.store.rows import OutboxRow, TaskRow
from flowlite.store.store import Store


class Engine:
    """Lives on one asyncio loop: `start` first, `stop` last, every other method on that loop in between."""

    def __init__(self, store: Store, settings: EngineSettings, clock: Clock | None = None) -> None:
        self.store, self.settings, self.clock = store, settings, clock or WallClock()
        self.machine, self.plans, self.live = Machine(settings.pools), Plans(), LiveRuns()
        self.announcer = Announcer(self.machine.graphs)
        self._inbox = Loop(self.machine, store, self.clock, self)
        self._mail = Mailbox(
            asyncio.get_running_loop(), ended=self._ended, slot_returned=self._slot_returned, reported=self._reported
        )
        self.executors = Executors(
            self._mail, state_dir=settings.state_dir, state_id=store.state_id, secrets=settings.secrets, clock=self.clock.now
        )
        self._orders = Orders(settings, self.clock.now)
        self._chains = Chains(store, self.plans, self.next_run_number, self.clock.now)
        self._triggers = Triggers(store, self.plans, self.request, settings.state_dir)
        self._under_way: set[AttemptKey] = set()
        self._errands: set[asyncio.Task[None]] = set()
        self._waiting_for_quiet: list[asyncio.Future[None]] = []
        self._one_request_at_a_time = asyncio.Lock()
        self._next_run = 1

    # --- life ---------------------------------------------------------------------------------------------------------
    async def start(self, dags: Iterable[Dag] = ()) -> None:
        """Take up what the store has unfinished, then begin to turn."""
        for dag in dags:
            await self.register(dag)
        commands, found = await load_machine(self.machine, self.store, self.plans, self.clock.now())
        self._next_run = found.next_run
        for row in found.runs:
            self.announcer.know(row.id, row.dag_id, row.version)
        await take_up_results(self.machine, self.store, self.plans, self.live)
        self._adopt(list(running_attempts(self.machine)))
        self._carry_out(commands)
        self._inbox.start()
        self._inbox.send(Tick())

    async def stop(self, *, leave_processes: bool = True) -> None:
        """In-process attempts are interrupted and wait in line for the next start; processes go on, or are killed."""
        self._inbox.send(DrainAsked())
        await self.executors.close(leave_processes=leave_processes)
        self._mail.empty()
        await asyncio.gather(*self._errands, return_exceptions=True)
        await self._inbox.finish()
        self.announcer.fail(EngineStopped("the engine was stopped before the run had ended; start it again to go on"))

    async def register(self, dag: Dag) -> Plan:
        """Make a DAG known; the same declaration twice is one version."""
        known = self.plans.current(dag.id)
        if known is not None and known.dag is dag and known.graph is dag.graph():
            return known
        graph = dag.graph()
        rows = [TaskRow(spec.id, spec.kind, spec.task.pool, spec.task.slots) for spec in dag.specs.values()]
        version = await self.store.add_version(
            dag.id, dag.fingerprint(), graph.to_json(), rows, file=dag.file, at=self.clock.now()
        )
        plan = Plan(version, dag, graph)
        self.plans.add(plan)
        self.machine.add_graph(version, graph)
        return plan

    # --- what may be asked --------------------------------------------------------------------------------------------
    async def request(self, request: Request) -> RunRow:
        """Ask for a run; returns when it is on disk. Raises BadDate, BadParams, DateTaken."""
        plan = await self.register(request.dag)
        async with self._one_request_at_a_time:  # two requests for one date must not both find it free
            asked = await run_requested(request, plan, self.store, self.next_run_number, self.clock.now())
            created = self.announcer.creation_of(asked.run)
            self._inbox.send(asked)
            return await created

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

    def send(self, *events: Event) -> None:
        """Straight into the inbox."""
        self._inbox.send(*events)

    async def row_of(self, run: int) -> RunRow:
        """The run as the store has it. Raises NoSuchRun."""
        found = await self.store.load_run(run)
        if found is None:
            raise NoSuchRun(run)
        return found[0]

    async def settled(self) -> None:
        """Wait until nothing is under way: whatever is left waits for time or for people."""
        if not self._is_quiet():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting_for_quiet.append(future)
            await future

    def next_run_number(self) -> int:
        """Numbers are never given twice."""
        self._next_run += 1
        return self._next_run - 1

    # --- what follows from a commit -----------------------------------------------------------------------------------
    def outbox_for(self, changes: Changes) -> Sequence[OutboxRow]:
        """An engine by itself has no channels: it tells its listeners only."""
        return ()

    def committed(self, commit: Commit) -> None:
        """It is on disk."""
        self.live.keep_results(commit.changes.attempts)
        self._carry_out(commit.commands)
        self.announcer.tell(commit.changes, commit.reports, commit.last_event, commit.at)
        for row in commit.changes.runs:
            if row.state in FINISHED_RUN:
                self._run_ended(row)
        self._tell_if_quiet()

    def stopped(self, error: BaseException) -> None:
        """The loop has died; whoever waits learns why."""
        self.announcer.fail(error)
        for future in self._waiting_for_quiet:
            if not future.done():
                future.set_exception(error)

    def _run_ended(self, row: RunRow) -> None:
        self.live.let_go(row.id)
        if (woken := self._triggers.woken_by(row)) is not None:
            self._inbox.send(woken)

    # --- commands -----------------------------------------------------------------------------------------------------
    def _carry_out(self, commands: Iterable[Command]) -> None:
        starts = []
        for command in commands:
            if type(command) is Start:
                starts.append(command)
            elif type(command) is Stop:
                self.executors.stop(key_of(command))
            elif type(command) is LoadRun:
                self._errand(self._load_run(command.run))
            elif type(command) is RequestRun:
                self._errand(self._follow(command))
        if starts:
            self._start(starts)

    def _start(self, starts: Iterable[Start]) -> None:
        orders = []
        for start in starts:
            order = self._order_for(start)
            if order is not None:
                self._under_way.add(order.key)
                orders.append(order)
        self.executors.start(orders)

    def _order_for(self, start: Start) -> Order | None:
        """None: there is nothing to carry out in an executor."""
        run = self.machine.runs[start.run]
        plan = self.plans.of(run.version)
        if plan is None:
            self._ended([gone(start, run.dag_id)])
            return None
        live = self.live.of(run, plan)
        if plan.specs[start.task].kind == "trigger":
            self._errand(self._trigger(start))
            return None
        order = self._orders.order_for(start, live)
        if isinstance(order, Ended):
            self._ended([order])
            return None
        return order

    def _adopt(self, starts: Iterable[Start]) -> None:
        """Attempts from before a restart."""
        orders = [order for start in starts if (order := self._order_for(start)) is not None]
        self._under_way.update(order.key for order in orders)
        self.executors.adopt(orders)

    async def _trigger(self, start: Start) -> None:
        run = self.machine.runs[start.run]
        plan = self.plans.of(run.version)
        assert plan is not None
        self._ended([await self._triggers.carry_out(start, self.live.of(run, plan))])

    async def _load_run(self, run: int) -> None:
        found = await self.store.load_run(run)
        if found is None:
            return
        row, instances, groups = found
        self._inbox.send(RunLoaded(run, tuple(instances), tuple(groups)))
        plan = self.plans.of(row.version)
        if plan is not None:
            await fill_results(self.machine.runs[run], plan, self.store, self.live)

    async def _follow(self, asked: RequestRun) -> None:
        async with self._one_request_at_a_time:
            answer = await self._chains.answer(asked)
            self._inbox.send(answer)
            if isinstance(answer, RunRequested):
                await self.announcer.creation_of(answer.run)

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that has to ask the store first. Owned here: none is forgotten, and a failure is heard."""
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.stopped(error)
        self._tell_if_quiet()

    # --- letters from executors ---------------------------------------------------------------------------------------
    def _ended(self, ended: Sequence[Ended]) -> None:
        self._under_way.difference_update([one.key for one in ended])
        self._inbox.send(*[
            AttemptEnded(*one.key, one.outcome, one.facts, one.resume_at, one.is_final, one.holds_slot, one.evidence)
            for one in ended
        ])  # fmt: skip

    def _slot_returned(self, key: AttemptKey) -> None:
        self._inbox.send(SlotReturned(*key[:4]))

    def _reported(self, key: AttemptKey, report: Mapping[str, Any]) -> None:
        row = report_row(key, report, self.clock.now())
        if row is not None:
            self._inbox.report(row)

    # --- quiet --------------------------------------------------------------------------------------------------------
    def _is_quiet(self) -> bool:
        return not self._under_way and not self._errands and self._inbox.is_idle

    def _tell_if_quiet(self) -> None:
        if self._waiting_for_quiet and self._is_quiet():
            waiting, self._waiting_for_quiet = self._waiting_for_quiet, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)


def gone(start: Start, dag_id: str) -> Ended:
    """A run of a version that this process does not have the code of."""
    message = f"DAG {dag_id!r} is not loaded, or not in the version that this run was made from; load it, or mark the task"
    return Ended(key_of(start), Outcome.FAILED, Evidence(error=plain_error("error", message)), is_final=True)
