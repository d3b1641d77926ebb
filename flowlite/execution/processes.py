"""The process and shell executor, the daemon's side: it sends orders to fork servers and watches their supervisors.

Everything but `start`, `stop`, `adopt` and `close` runs in the watch loop.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.execution import attempt_folder as files
from flowlite.execution import proc
from flowlite.execution.exit_record import by_verdict, ended_of
from flowlite.execution.failure import plain_error
from flowlite.execution.fleet import Fleet
from flowlite.execution.log import FLOW, LogFile
from flowlite.execution.loop_thread import LoopThread
from flowlite.execution.order_spec import clear_leftovers, control_folder, environment_of, kind_of, spec_of
from flowlite.execution.private_files import make_folder, write_private
from flowlite.execution.remnants import kill_remnants
from flowlite.execution.reports import ReportTail
from flowlite.execution.site import Site
from flowlite.execution.work import AttemptKey, Ended, Order, ProcessWork

REPORTS_EVERY_S = 0.25
KILL_AGAIN_S = 0.05
KILL_ROUNDS = 200


class _Live:
    """One attempt. `pidfd` is of its supervisor, once that is known; `wish` is why it is to stop."""

    __slots__ = ("control", "order", "pidfd", "reports", "timer", "token", "wish")

    def __init__(self, order: Order, token: str) -> None:
        self.order = order
        self.token = token
        self.control = control_folder(order)
        self.pidfd: int | None = None
        self.wish: Outcome | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.reports: ReportTail | None = None


class Processes:
    """Attempts whose supervisors outlive this object if they are left."""

    def __init__(self, site: Site, watch: LoopThread) -> None:
        self._site = site
        self._watch = watch
        self._live: dict[AttemptKey, _Live] = {}
        self._over: list[Ended] = []
        self._fleet: Fleet[_Live] = Fleet(site, watch, self._answered, self._unserved)
        self._boot_file = site.state_dir / "attempts" / "boot"
        self._is_following = False
        self._has_noted_boot = False

    def start(self, orders: Sequence[Order]) -> None:
        """Hand them to the watch loop."""
        if not orders:
            return
        lives = [_Live(order, secrets.token_hex(16)) for order in orders]
        self._live.update((live.order.key, live) for live in lives)
        self._watch.call(self._begin, lives)

    def learn(self) -> None:
        """The masker knows more secrets."""
        if self._watch.is_started():
            self._watch.call(self._fleet.learn)

    def stop(self, key: AttemptKey) -> bool:
        """Ask the supervisor to end it. False: not one of ours."""
        live = self._live.get(key)
        if live is None:
            return False
        self._watch.call(self._stop, live, Outcome.CANCELLED)
        return True

    def adopt(self, orders: Sequence[Order]) -> None:
        """Find out what became of each."""
        if not orders:
            return
        lives = [_Live(order, "") for order in orders]
        self._live.update((live.order.key, live) for live in lives)
        self._watch.call(self._adopt, lives)

    def close(self, *, leave: bool, within_s: float) -> None:
        """Leave them all running, or interrupt them and wait until they are gone. Blocks."""
        if not self._watch.is_started():
            return
        is_done = threading.Event()
        if leave:
            self._watch.call(self._leave, is_done)
        else:
            longest = max((live.order.grace_s for live in list(self._live.values())), default=0.0)
            within_s = max(within_s, longest + 5.0)
            self._watch.call(self._end, is_done)
        is_done.wait(within_s)
        is_closed = threading.Event()
        self._watch.call(self._finish, is_closed)
        is_closed.wait(5.0)
        self._fleet.wait(1.0)

    # --- starting -----------------------------------------------------------------------------------------------------
    def _begin(self, lives: Sequence[_Live]) -> None:
        self._note_boot()
        for live in lives:
            self._try(self._send, live)

    def _send(self, live: _Live) -> None:
        order = live.order
        clear_leftovers(order)
        if order.timeout_s is not None:
            # The supervisor keeps the time. This is for an order that no server ever answers.
            later = self._watch.loop.call_later
            live.timer = later(order.timeout_s, self._try, self._withdraw, live, Outcome.TIMED_OUT)
        if isinstance(order.work, ProcessWork):
            self._follow(live)
        self._fleet.send(kind_of(order), live, spec_of(order, live.token), environment_of(order, live.token))

    def _answered(self, live: _Live, pidfd: int | None) -> None:
        """The supervisor is forked."""
        if live.timer is not None:
            live.timer.cancel()
        if self._live.get(live.order.key) is not live:  # withdrawn meanwhile; the supervisor finds the tombstone
            if pidfd is not None:
                os.close(pidfd)
        elif pidfd is None:
            self._try(self._conclude, live)
        else:
            self._watch_over(live, pidfd)

    def _unserved(self, live: _Live, problem: str) -> None:
        """No server could be had for it, or one died before it answered."""
        if self._live.get(live.order.key) is live:
            self._try(self._give_up, live, problem)

    def _give_up(self, live: _Live, problem: str) -> None:
        if files.entomb(live.control):
            self._lost(live, problem)
        else:
            self._conclude(live)  # the dead server had forked the supervisor before

    def _watch_over(self, live: _Live, pidfd: int) -> None:
        live.pidfd = pidfd
        self._watch.loop.add_reader(pidfd, self._gone, live)
        if live.wish is not None:
            self._signal(live)

    # --- stopping -----------------------------------------------------------------------------------------------------
    def _stop(self, live: _Live, why: Outcome) -> None:
        if live.wish is not None or self._live.get(live.order.key) is not live:
            return
        live.wish = why
        if live.pidfd is not None:
            self._signal(live)
        else:
            self._try(self._withdraw, live, why)

    def _signal(self, live: _Live) -> None:
        number = signal.SIGUSR1 if live.wish is Outcome.CANCELLED else signal.SIGTERM
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(live.pidfd or -1, number)

    def _withdraw(self, live: _Live, why: Outcome) -> None:
        """It has not been answered: with a tombstone it never starts. Without one, its answer is on its way."""
        if live.pidfd is None and self._live.get(live.order.key) is live and files.entomb(live.control):
            ended = by_verdict(why, live.order, Evidence())
            self._settle(live, ended)

    # --- ending -------------------------------------------------------------------------------------------------------
    def _gone(self, live: _Live) -> None:
        self._forget_pidfd(live)
        self._try(self._conclude, live)

    def _conclude(self, live: _Live) -> None:
        """The supervisor is gone: its exit file tells, or the claim tells who else may have the attempt."""
        if self._read_exit(live):
            return
        found = files.read_claim(live.control)
        if found is None and files.entomb(live.control):
            if live.wish is not None:
                self._settle(live, by_verdict(live.wish, live.order, Evidence()))
            else:
                self._lost(live, "its supervisor ended before it could start the command; is the state folder full?")
            return
        self._judge_claim(live, found or files.read_claim(live.control))

    def _judge_claim(self, live: _Live, found: files.Claim | None) -> None:
        assert found is not None
        live.token = found.token
        if found.is_tombstone:
            self._settle(live, by_verdict(Outcome.INTERRUPTED, live.order, Evidence()))
        elif found.boot_id != proc.boot_id():
            self._lost(live, "the machine was rebooted while it ran")
        elif (pidfd := proc.open_pidfd(found.pid, found.start_time)) is not None:
            self._watch_over(live, pidfd)
        elif not self._read_exit(live):  # it may have been written between the two looks
            self._sweep(live, found, KILL_ROUNDS)

    def _sweep(self, live: _Live, found: files.Claim, rounds: int) -> None:
        """Its supervisor is dead without a word: kill what it left, then say so."""
        if rounds and kill_remnants(found):
            self._watch.loop.call_later(KILL_AGAIN_S, self._try, self._sweep, live, found, rounds - 1)
        else:
            self._lost(live, "its supervisor was killed; what was left of it has been killed, too")

    def _read_exit(self, live: _Live) -> bool:
        record = files.read_exit(live.control)
        if record is None or (live.token and record["token"] != live.token):
            return False
        self._settle(live, self._ended(record, live))
        return True

    def _ended(self, record: dict[str, Any], live: _Live) -> Ended:
        try:
            return ended_of(record, live.order, live.control, self._site)
        except Exception as error:  # facts_of and is_final_exit are the caller's code
            message = f"what it left behind can't be understood: {type(error).__name__}: {error}"
            evidence = Evidence(exit_code=record.get("exit_code"), error=plain_error("error", message))
            return Ended(live.order.key, Outcome.FAILED, evidence)

    def _try(self, step: Callable[..., None], live: _Live, *arguments: Any) -> None:
        """A folder that can't be used costs this attempt, and not the watch over all the others."""
        try:
            step(live, *arguments)
        except (OSError, ValueError, TypeError, LookupError) as error:
            if self._live.get(live.order.key) is live:
                self._lost(live, f"it can't be carried out in {live.control}: {error}")

    def _lost(self, live: _Live, message: str) -> None:
        log = self._note_loss(live.order, message)
        evidence = Evidence(error=plain_error("lost", message), log=log)
        self._settle(live, Ended(live.order.key, Outcome.LOST, evidence))

    def _note_loss(self, order: Order, message: str) -> str | None:
        """Its log ends in the middle; the last line says why. None: it has no log."""
        if not order.log.exists():
            return None
        with suppress(OSError):
            log = LogFile(order.log, order.log_cap_bytes, self._site.masker)
            log.write(self._site.clock(), FLOW, message.encode())
            log.close()
        return self._site.log_path(order)

    def _settle(self, live: _Live, ended: Ended) -> None:
        if live.timer is not None:
            live.timer.cancel()
        if live.reports is not None:
            self._pass_reports(live)
            live.reports.close()
        self._live.pop(live.order.key, None)
        self._fleet.done(live)
        if not self._over:
            self._watch.loop.call_soon(self._flush)
        self._over.append(ended)

    def _flush(self) -> None:
        if self._over:
            over, self._over = self._over, []
            self._site.listener.ended(over)

    # --- after a restart ----------------------------------------------------------------------------------------------
    def _adopt(self, lives: Sequence[_Live]) -> None:
        was_rebooted = self._was_rebooted()
        for live in lives:
            self._try(self._recover, live, was_rebooted)

    def _recover(self, live: _Live, was_rebooted: bool) -> None:
        if isinstance(live.order.work, ProcessWork):
            self._follow(live)
        if self._read_exit(live):
            return
        if was_rebooted:
            self._lost(live, "the machine was rebooted while it ran")
        elif files.entomb(live.control):
            self._settle(live, by_verdict(Outcome.INTERRUPTED, live.order, Evidence()))
        else:
            self._judge_claim(live, files.read_claim(live.control))

    def _was_rebooted(self) -> bool:
        """Claims are not synced: after a power cut one may be missing although its command ran."""
        try:
            return self._boot_file.read_text() != proc.boot_id()
        except FileNotFoundError:
            return False

    def _note_boot(self) -> None:
        if not self._has_noted_boot:
            make_folder(self._boot_file.parent)
            write_private(self._boot_file, proc.boot_id().encode(), is_durable=True)
            self._has_noted_boot = True

    # --- reports ------------------------------------------------------------------------------------------------------
    def _follow(self, live: _Live) -> None:
        live.reports = ReportTail(live.control / files.REPORTS, self._site.masker)
        if not self._is_following:
            self._is_following = True
            self._watch.loop.call_later(REPORTS_EVERY_S, self._look_for_reports)

    def _look_for_reports(self) -> None:
        followed = [live for live in self._live.values() if live.reports is not None]
        for live in followed:
            self._pass_reports(live)
        self._is_following = bool(followed)
        if followed:
            self._watch.loop.call_later(REPORTS_EVERY_S, self._look_for_reports)

    def _pass_reports(self, live: _Live) -> None:
        assert live.reports is not None
        for report in live.reports.read():
            self._site.listener.reported(live.order.key, report)

    # --- closing ------------------------------------------------------------------------------------------------------
    def _leave(self, is_done: threading.Event) -> None:
        for live in self._live.values():
            self._forget_pidfd(live)
        self._live.clear()
        is_done.set()

    def _end(self, is_done: threading.Event) -> None:
        for live in list(self._live.values()):
            self._stop(live, Outcome.INTERRUPTED)
        self._watch_empty(is_done)

    def _watch_empty(self, is_done: threading.Event) -> None:
        if self._live:
            self._watch.loop.call_later(0.01, self._watch_empty, is_done)
        else:
            is_done.set()

    def _finish(self, is_closed: threading.Event) -> None:
        self._flush()
        self._fleet.close()
        is_closed.set()

    def _forget_pidfd(self, live: _Live) -> None:
        if live.pidfd is not None:
            self._watch.loop.remove_reader(live.pidfd)
            os.close(live.pidfd)
            live.pidfd = None
