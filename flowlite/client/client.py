"""The client: the one typed way to talk to an engine. A daemon that is up answers over its socket; where none is, an
engine in this process does."""

from __future__ import annotations

import time
from asyncio import timeout
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from inspect import isawaitable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from flowlite.engine.lock import pid_of
from flowlite.service.errors import Unknown
from flowlite.service.looking import Looking
from flowlite.service.places import Place
from flowlite.service.presence import DAEMON_ROLE
from flowlite.service.records import DagDetail, DagInfo, Fire, Health, PoolQueue, PoolUse, Rehearsal, Why

if TYPE_CHECKING:
    from flowlite.authoring.dag import Dag
    from flowlite.client.remote import Remote
    from flowlite.loading.catalog import Catalog
    from flowlite.loading.problem import Problem
    from flowlite.service.desk import Desk
    from flowlite.store.views import ProblemView


PATIENCE_S = 2.0  # with a daemon that is asked how it is


class Client(Looking):
    """Use it as `async with Client(place) as client`. What only looks needs no engine and disturbs none."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.state, place.pools)
        self.place = place

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what is declared ---------------------------------------------------------------------------------------------
    @cached_property
    def catalog(self) -> Catalog:
        """All DAG files, tried in a child process first and then loaded. Takes a moment, so only on demand."""
        from flowlite.loading.catalog import load_folder

        return load_folder(self.place.dag_folders, self.place.defaults)

    def only_dag(self) -> Dag:
        """The DAG of a file that builds just one. Raises Unknown if it builds none, or several."""
        found = list(self.catalog.dags.values())
        if self.catalog.problems:
            raise Unknown(str(self.catalog.problems[0]))
        if len(found) != 1:
            file = self.place.dag_folders[0]
            there = (
                f"several DAGs ({', '.join(self.catalog.dags)}); name one: {file}:DAG"
                if found
                else "no DAG; add an @dag"
            )
            raise Unknown(f"{file} builds {there}")
        return found[0]

    def wanted(self, dag_id: str | None, tasks: Sequence[str] = ()) -> Dag:
        """The DAG that was named (None: the only one), or the part of it that makes these tasks. Raises as they do."""
        dag = self.only_dag() if dag_id is None else self.declared(dag_id)
        return dag.only(*tasks) if tasks else dag

    def wanted_id(self, dag_id: str | None, tasks: Sequence[str] = ()) -> str:
        """The id of that DAG. A daemon that is up knows its DAGs itself, and says no itself: no file is loaded here.

        Where there is none, raises as `wanted` does, before an engine is started.
        """
        if dag_id is not None and self.daemon is not None:
            return dag_id
        return self.wanted(dag_id, tasks).id

    def rehearsal(self, dag: Dag, date: str | None, params: Mapping[str, Any]) -> Rehearsal:
        """What a run would do. Raises BadDate, BadParams."""
        from flowlite.engine.requests import instant_of, interval_of

        now = datetime.fromtimestamp(time.time(), UTC)
        start, end = (now, now) if date is None else interval_of(dag, instant_of(dag, date))
        return Rehearsal(
            dag_id=dag.id,
            logical_date=start.timestamp(),
            data_interval_start=start.timestamp(),
            data_interval_end=end.timestamp(),
            params=dag.validate_params(dict(params))[1],
            tasks=tuple(dag.specs),
        )

    # --- what a daemon knows best -------------------------------------------------------------------------------------
    async def health(self) -> Health:
        """From the state file, so that it is told also when a daemon does not answer; and what that says is wrong."""
        found = await super().health()
        return replace(found, degraded=await self._degraded(found.pid)) if found.pid is not None else found

    async def _degraded(self, pid: int) -> tuple[str, ...]:
        from flowlite.client.remote_line import DaemonLeft

        try:
            async with timeout(PATIENCE_S):
                return tuple((await self.remote.raw("health"))["degraded"])
        except (TimeoutError, DaemonLeft, OSError):
            return (f"it does not answer: it starts or ends just now, or it hangs; `kill -QUIT {pid}` makes it write "
                    "where it stands",)  # fmt: skip

    async def dags(self) -> list[DagInfo]:
        """Every DAG by id, with its last runs. A daemon has the last good version of those in a broken file."""
        return await self._as_loaded("dags")  # type: ignore[no-any-return]

    async def dag(self, dag_id: str) -> DagDetail:
        """One of them with its tasks. Raises DagUnknown."""
        return await self._as_loaded("dag", dag_id)  # type: ignore[no-any-return]

    async def coming(self, dag_id: str, number: int) -> list[Fire]:
        """Its next fires, soonest first. Raises DagUnknown."""
        return await self._as_loaded("fires", dag_id, number)  # type: ignore[no-any-return]

    async def file_problems(self) -> Sequence[Problem | ProblemView]:
        """What is wrong with DAG files."""
        is_elsewhere = self.daemon is not None and not self.place.is_one_file
        return await self.views.problems() if is_elsewhere else self.catalog.problems

    async def _as_loaded(self, verb: str, *args: Any) -> Any:
        """As the daemon has it, unless a file was named."""
        if not self.place.is_one_file:
            return await self._looked(verb, *args)
        found = getattr(super(), verb)(*args)
        return await found if isawaitable(found) else found

    async def why(self, run: int, task_id: str | None = None) -> Why:
        """Why it failed, or what it waits for. Raises RunUnknown, TaskUnknown."""
        return await self._looked("why", run, task_id)  # type: ignore[no-any-return]

    async def pools(self) -> list[PoolUse]:
        """Every pool with who holds its slots, by name."""
        return await self._looked("pools")  # type: ignore[no-any-return]

    async def queue(self, name: str, *, limit: int = 100) -> PoolQueue:
        """A pool, who holds its slots, and the head of the line in front of it. Raises Unknown."""
        return await self._looked("queue", name, limit=limit)  # type: ignore[no-any-return]

    async def _looked(self, verb: str, *args: Any, **named: Any) -> Any:
        """Asked of the daemon; where none answers, looked up in the state."""
        from flowlite.client.remote_line import DaemonLeft, DaemonSilent

        if self.daemon is not None:
            with suppress(DaemonLeft, DaemonSilent, OSError):
                return await getattr(self.remote, verb)(*args, **named)
        found = getattr(super(), verb)(*args, **named)
        return await found if isawaitable(found) else found

    # --- what changes something ---------------------------------------------------------------------------------------
    @property
    def daemon(self) -> int | None:
        """The process of the daemon that works on this state now."""
        return pid_of(self.place.state, DAEMON_ROLE)

    @property
    def remote(self) -> Remote:
        """Every verb of the daemon's API, for those who want what only a daemon has: its events, its health."""
        from flowlite.client.remote import Remote
        from flowlite.client.remote_line import Line
        from flowlite.service.api.place import SOCKET

        return Remote(Line(self.place.state / SOCKET))

    def acting(self, *, is_still: bool = False) -> AbstractAsyncContextManager[Desk]:
        """`async with client.acting() as desk`: that of the daemon if one is up; else an engine of our own on this
        state, for as long as that lasts. Raises StateInUse, DaemonSilent.

        `is_still`: an engine of our own starts nothing, and only changes what is to be done.
        """
        if (pid := self.daemon) is not None:
            from flowlite.client.remote import Served

            return Served(self.place, pid)
        from flowlite.client.here import EngineHere

        return EngineHere(self.place, self.catalog, is_still=is_still)
