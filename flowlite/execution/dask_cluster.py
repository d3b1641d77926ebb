"""The Dask executor, the daemon's side: an attempt is a future on a cluster, and does not outlive the daemon.

Dask is loaded when the first such attempt starts. All that may wait for the cluster is done in one thread of its own.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from threading import Event, Lock
from typing import Any

from flowlite.core.errors import FlowliteError
from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.execution.attempt_io import AttemptIo
from flowlite.execution.dask_worker import carry_out
from flowlite.execution.exit_record import by_verdict, ended_of
from flowlite.execution.failure import plain_error
from flowlite.execution.order_spec import environment_of
from flowlite.execution.results import kept
from flowlite.execution.site import Site
from flowlite.execution.work import AttemptKey, DaskWork, Ended, Order

CONNECT_S = 10.0
LAST_EVENTS_S = 5.0  # how long the last lines of a log may be on their way


class _Live:
    """One attempt. `wish` is why it is to stop."""

    __slots__ = ("future", "has_all", "io", "order", "seen", "token", "told", "wish")

    def __init__(self, order: Order, site: Site) -> None:
        self.order = order
        self.token = secrets.token_hex(16)
        self.io = AttemptIo(order, site)
        self.future: Any = None
        self.wish: Outcome | None = None
        self.seen = 0  # events of its worker; `told`: how many there are, once that is known
        self.told: int | None = None
        self.has_all = Event()

    @property
    def has_begun(self) -> bool:
        """Whether a worker has said anything of it."""
        return self.seen > 0


class DaskAttempts:
    """Attempts on one or more clusters."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._live: dict[AttemptKey, _Live] = {}
        self._by_token: dict[str, _Live] = {}
        self._clients: dict[str, Any] = {}
        self._lock = Lock()
        self._thread: ThreadPoolExecutor | None = None

    def start(self, orders: Sequence[Order]) -> None:
        """Hand them to the cluster; returns at once."""
        for order in orders:
            live = _Live(order, self._site)
            with self._lock:
                self._live[order.key] = self._by_token[live.token] = live
            self._soon(self._send, live)

    def stop(self, key: AttemptKey) -> bool:
        """Ask for its end. False: not one of ours."""
        live = self._live.get(key)
        if live is None:
            return False
        self._soon(self._stop, live, Outcome.CANCELLED)
        return True

    def close(self, within_s: float) -> None:
        """Interrupt all of them and wait until they are gone. Blocks."""
        if self._thread is None:
            return
        for live in list(self._live.values()):
            self._soon(self._stop, live, Outcome.INTERRUPTED)
        until = time.monotonic() + within_s
        while self._live and time.monotonic() < until:
            time.sleep(0.05)
        self._soon(self._leave)
        self._thread.shutdown(wait=True)

    # --- in the thread ------------------------------------------------------------------------------------------------
    def _soon(self, work: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="flowlite-dask")
            thread = self._thread

        def guarded() -> None:
            try:
                work(*arguments)
            except Exception as error:  # Dask's own, of many kinds: an attempt must end all the same
                if arguments and isinstance(arguments[0], _Live):
                    self._fail(arguments[0], str(error) if isinstance(error, FlowliteError) else repr(error))

        try:
            thread.submit(guarded)
        except RuntimeError:  # closed: the store has it as running, and recovery finds it lost
            pass

    def _send(self, live: _Live) -> None:
        work = live.order.work
        assert isinstance(work, DaskWork)
        if live.wish is not None:
            self._conclude(live, by_verdict(live.wish, live.order, Evidence()))
            return
        client = self._client(work.address)
        if client is None:
            self._fail(live, f"cannot reach a Dask scheduler at {work.address}; is it up, and `address` right?")
            return
        spec = spec_of(live, work, self._topic)
        live.future = client.submit(carry_out, json.dumps(spec), key=spec["dask_key"], pure=False, retries=0)
        live.future.add_done_callback(lambda future: self._soon(self._done, live, future))

    @property
    def _topic(self) -> str:
        return f"flowlite-{self._site.state_id}"

    def _client(self, address: str) -> Any:
        """None: nobody answers there."""
        known = self._clients.get(address)
        if known is not None and known.status == "running":
            return known
        try:
            client = distributed().Client(address, timeout=CONNECT_S, set_as_default=False, name="flowlite")
        except (OSError, TimeoutError):
            return None
        client.subscribe_topic(self._topic, self._heard)
        self._clients[address] = client
        return client

    def _stop(self, live: _Live, why: Outcome) -> None:
        if live.order.key not in self._live:
            return
        live.wish = live.wish or why
        if live.future is None:
            return  # `_send` comes next
        if live.has_begun:
            distributed().Event(f"flowlite-stop-{live.token}", client=live.future.client).set()
        else:
            live.future.client.cancel([live.future], force=True)

    def _done(self, live: _Live, future: Any) -> None:
        """Dask has done with it, one way or another."""
        if future.status == "finished":
            record = json.loads(future.result())
            self._await_events(live, record.get("told", 0))
            self._conclude(live, self._ended(live, record))
        elif live.wish is not None:
            self._conclude(live, by_verdict(live.wish, live.order, Evidence()))
        elif future.status == "cancelled":
            self._lose(live, "its Dask scheduler went away, or forgot it")
        else:
            self._lose(live, f"its Dask worker died: {type(future.exception()).__name__}")
        client = future.client
        future.release()
        for name in ("begun", "stop"):  # the scheduler keeps a flag that is set, for ever
            distributed().Event(f"flowlite-{name}-{live.token}", client=client).clear()

    def _await_events(self, live: _Live, told: int) -> None:
        """What the worker said came another way than how it ended."""
        with self._lock:
            live.told = told
            if live.seen >= told:
                live.has_all.set()
        live.has_all.wait(LAST_EVENTS_S)

    def _ended(self, live: _Live, record: dict[str, Any]) -> Ended:
        order, masker = live.order, self._site.masker
        if record["verdict"] == "lost":
            return self._lost(live, "the Dask worker that ran it died")
        if record["verdict"] == "cancelled":
            return by_verdict(live.wish or Outcome.LOST, order, Evidence())
        made = record.get("produced") or {}
        if "error" in made:
            made["error"] = masker.text(made["error"])
        ended = ended_of(record, order, order.folder, self._site)
        result = kept(ended.evidence.result, self._site.state_dir, order.key)
        return replace(ended, evidence=ended.evidence._replace(result=result))

    # --- the end of one -----------------------------------------------------------------------------------------------
    def _fail(self, live: _Live, message: str) -> None:
        error = plain_error("error", self._site.masker.text(message), type_name="DaskFailed")
        self._conclude(live, Ended(live.order.key, Outcome.FAILED, Evidence(error=error)))

    def _lose(self, live: _Live, why: str) -> None:
        self._conclude(live, self._lost(live, why))

    def _lost(self, live: _Live, why: str) -> Ended:
        error = plain_error("lost", self._site.masker.text(why))
        return Ended(live.order.key, Outcome.LOST, Evidence(error=error))

    def _conclude(self, live: _Live, ended: Ended) -> None:
        with self._lock:
            if self._live.pop(live.order.key, None) is None:
                return
            self._by_token.pop(live.token, None)
        told = replace(ended, evidence=ended.evidence._replace(log=live.io.close()))
        self._site.listener.ended([told])

    def _leave(self) -> None:
        for client in self._clients.values():
            client.close(timeout=2.0)

    # --- what workers say (in Dask's own loop) ------------------------------------------------------------------------
    def _heard(self, event: tuple[float, Any]) -> None:
        said = event[1]
        live = self._by_token.get(said.get("token", ""))
        if live is None:
            return
        if said["kind"] == "log":
            live.io.log(said["level"], said["text"])
        elif said["kind"] == "report":
            live.io.report(said["report"])
        with self._lock:
            live.seen += 1
            if live.told is not None and live.seen >= live.told:
                live.has_all.set()


def ping(connection: Mapping[str, Any]) -> str:
    """Try a connection; what was seen, for people."""
    address = connection["address"]
    try:
        with distributed().Client(address, timeout=CONNECT_S, set_as_default=False) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
    except (OSError, TimeoutError):
        raise ClusterGone(f"cannot reach a Dask scheduler at {address}; is it up, and `address` right?") from None
    return f"a Dask scheduler with {len(workers)} workers at {address}"


def distributed() -> Any:
    """Dask, imported now. Raises MissingLibrary."""
    try:
        return import_module("distributed")
    except ModuleNotFoundError:
        raise MissingLibrary("distributed is not installed; run: pip install 'flowlite[dask]'") from None


class MissingLibrary(FlowliteError):
    """Dask is not installed."""


class ClusterGone(FlowliteError):
    """Nobody answers."""


def spec_of(live: _Live, work: DaskWork, topic: str) -> dict[str, Any]:
    """What the worker must know."""
    order, token = live.order, live.token
    return {
        "token": token,
        "dask_key": f"flowlite-{token}",
        "begun": f"flowlite-begun-{token}",
        "stop": f"flowlite-stop-{token}",
        "instance": f"{topic}-{'.'.join(map(str, order.key[:3]))}",
        "topic": topic,
        "name": order.name,
        "target": work.target,
        "payload": work.payload,
        "env": environment_of(order, token),
        "timeout_s": order.timeout_s,
        "grace_s": order.grace_s,
    }
