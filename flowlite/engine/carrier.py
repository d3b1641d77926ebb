"""Carrying out: what the machine commanded, once it is on disk, and what executors answer, back into the inbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flowlite.core.machine import Machine
from flowlite.core.messages import AttemptEnded, Command, LoadRun, RequestRun, RunLoaded, SlotReturned, Start, Stop
from flowlite.core.states import Outcome
from flowlite.engine.chains import Chains
from flowlite.engine.clock import Clock
from flowlite.engine.live import LiveRun, LiveRuns
from flowlite.engine.loop import Loop
from flowlite.engine.mail import Mailbox
from flowlite.engine.orders import Orders, bare_order, gone, key_of
from flowlite.engine.parking import Parking
from flowlite.engine.plans import Plans
from flowlite.engine.recovery import fill_results
from flowlite.engine.reports import report_row
from flowlite.engine.settings import EngineSettings
from flowlite.engine.triggers import Triggers
from flowlite.execution.executors import Executors
from flowlite.execution.work import AttemptKey, Ended, Order, ProcessWork, ShellWork
from flowlite.store.store import Store

FAILED = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.LOST)


class Carrier:
    """Everything here runs on the engine's loop; `failed` hears of an errand that went wrong."""

    def __init__(
        self, inbox: Loop, machine: Machine, store: Store, plans: Plans, clock: Clock, settings: EngineSettings
    ) -> None:
        self._inbox, self._machine, self._store, self._plans, self._clock = inbox, machine, store, plans, clock
        self._settings, self.live = settings, LiveRuns()
        self._mail = Mailbox(
            asyncio.get_running_loop(), ended=self._ended, slot_returned=self._slot_returned, reported=self._reported
        )
        self.executors = Executors(
            self._mail, state_dir=settings.state_dir, state_id=store.state_id, secrets=settings.secrets, clock=clock.now
        )
        self._orders, self._parking = Orders(settings, clock.now), Parking()
        self._filling: set[str] = set()  # DAGs that are known, and the results that their runs read are on their way
        self._under_way: set[AttemptKey] = set()
        self._outside: set[AttemptKey] = set()  # those of them that outlive this process
        self._errands: set[asyncio.Task[None]] = set()
        self.triggers: Triggers
        self.chains: Chains
        self.errand_done: Callable[[BaseException | None], None] = lambda error: None

    # --- commands -----------------------------------------------------------------------------------------------------
    def carry_out(self, commands: Iterable[Command]) -> None:
        """In order; attempts that start are handed over together."""
        starts = []
        for command in commands:
            if type(command) is Start:
                starts.append(command)
            elif type(command) is Stop:
                self._stop(command)
            elif type(command) is LoadRun:
                self._errand(self._load_run(command.run))
            elif type(command) is RequestRun:
                self._errand(self.chains.follow(command))
        if starts:
            self.executors.start(self._orders_for(starts))

    def adopt(self, starts: Iterable[Start]) -> None:
        """Attempts that the store has as running from before a restart."""
        self.executors.adopt(self._orders_for(starts, is_adopted=True))

    async def unpark(self, dag_id: str) -> None:
        """A DAG has become known: what waited for it goes on, once the results are here that it reads."""
        self._filling.add(dag_id)
        try:
            for run in list(self._machine.runs.values()):  # others begin and end while results are fetched
                plan = self._plans.of(run.version)
                if run.dag_id == dag_id and plan is not None and run.nodes:
                    await fill_results(run, plan, self._store, self.live)
        finally:
            self._filling.discard(dag_id)
        running, starting = self._parking.leave(dag_id)
        self.adopt(running)
        self.carry_out(starting)

    def _orders_for(self, starts: Iterable[Start], *, is_adopted: bool = False) -> list[Order]:
        orders = []
        for start in starts:
            order = self._order_for(start, is_adopted=is_adopted)
            if order is not None:
                self._under_way.add(order.key)
                if isinstance(order.work, ProcessWork | ShellWork):
                    self._outside.add(order.key)
                orders.append(order)
        return orders

    def _order_for(self, start: Start, *, is_adopted: bool) -> Order | None:
        """None: there is nothing for an executor to do, at least not now."""
        run = self._machine.runs[start.run]
        plan = self._plans.of(run.version)
        if plan is None or run.dag_id in self._filling:
            self._parking.enter(run.dag_id, start, is_running=is_adopted)
            return None
        live, spec = self.live.of(run, plan), plan.specs[start.task]
        if spec is None:
            self._ended([gone(start, run.dag_id, run.graph.tasks[start.task].id)])
            return None
        if spec.kind == "trigger":
            self._errand(self._trigger(start, live))
            return None
        order = self._orders.order_for(start, live, spec)
        if isinstance(order, Order):
            return order
        self._ended([order])
        return None

    def _stop(self, stop: Stop) -> None:
        parked = self._parking.pick(stop)
        if parked is not None:  # its DAG is unknown, its process may live all the same
            self.executors.adopt([bare_order(parked, self._settings)])
        self.executors.stop(key_of(stop))

    # --- errands ------------------------------------------------------------------------------------------------------
    async def _trigger(self, start: Start, live: LiveRun) -> None:
        self._ended([await self.triggers.carry_out(start, live)])

    async def _load_run(self, run: int) -> None:
        found = await self._store.load_run(run)
        live = self._machine.runs.get(run)
        if found is None or live is None:
            return
        _, instances, groups = found
        plan = self._plans.of(live.version)
        if plan is not None:
            await fill_results(live, plan, self._store, self.live)
        self._inbox.send(RunLoaded(run, tuple(instances), tuple(groups)))

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that has to ask the store first. Owned here: none is forgotten, and a failure is heard."""
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errand_over)

    def _errand_over(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        self.errand_done(None if task.cancelled() else task.exception())

    # --- letters from executors ---------------------------------------------------------------------------------------
    def _ended(self, ended: Sequence[Ended]) -> None:
        ended = [self._placed(one) for one in ended]
        over = [one.key for one in ended]
        self._under_way.difference_update(over)
        self._outside.difference_update(over)
        self._inbox.send(*[
            AttemptEnded(*one.key, one.outcome, one.facts, one.resume_at, one.is_final, one.holds_slot, one.evidence)
            for one in ended
        ])  # fmt: skip

    def _placed(self, ended: Ended) -> Ended:
        """A failure with the place where its task is declared: a command has no other, nor has what was killed."""
        run = self._machine.runs.get(ended.key.run) if ended.outcome in FAILED else None
        plan = None if run is None else self._plans.of(run.version)
        spec = None if plan is None else plan.specs[ended.key.task]
        if spec is None or spec.file is None or ended.evidence.error is None:
            return ended
        error = {**json.loads(ended.evidence.error), "declared_file": spec.file, "declared_line": spec.line}
        return replace(ended, evidence=ended.evidence._replace(error=json.dumps(error)))

    def _slot_returned(self, key: AttemptKey) -> None:
        self._inbox.send(SlotReturned(*key[:4]))

    def _reported(self, key: AttemptKey, report: Mapping[str, Any]) -> None:
        row = report_row(key, report, self._clock.now())
        if row is not None:
            self._inbox.report(row)

    # --- the end ------------------------------------------------------------------------------------------------------
    @property
    def is_quiet(self) -> bool:
        """No attempt and no errand under way."""
        return not self._under_way and not self._errands

    def at_work(self, *, inside_only: bool) -> int:
        """How many attempts are under way; only those that would end with this process, if asked so."""
        return len(self._under_way) - (len(self._outside) if inside_only else 0)

    async def close(self, *, leave_processes: bool) -> None:
        """In-process attempts are interrupted; every outcome is in the inbox when this returns."""
        await self.executors.close(leave_processes=leave_processes)
        self._mail.empty()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def abandon(self) -> None:
        """As if by kill -9: whatever comes from now on is thrown away."""
        self._mail.close()
        await self.executors.close(leave_processes=True, within_s=1.0)
