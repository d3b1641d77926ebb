"""The store: one SQLite file of state, written by one thread in whole units of work, read by a few that can't write.

What a verb has answered is on disk. Nothing is decided here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from flowlite.core.planned import BackfillRow
from flowlite.core.rows import Changes, GroupRow, InstanceRow, RunRow
from flowlite.store import backfills, declared, problems, recovery, schedules, tokens, users
from flowlite.store.ask import Question, answer_now
from flowlite.store.commit import write
from flowlite.store.connect import IN_MEMORY, check_durability, connect_writer, prepare_file
from flowlite.store.errors import FAULTS, translated
from flowlite.store.leaving import Departures
from flowlite.store.migrate import migrate, refuse_newer
from flowlite.store.outbox import Outbox
from flowlite.store.readers import Readers
from flowlite.store.rows import OutboxRow, ProgressRow, ReportRow, TaskRow
from flowlite.store.schedules import KnownSchedule, UpdateRow
from flowlite.store.shown import Views
from flowlite.store.views import PoolView, Unfinished
from flowlite.store.writer import Writer

T = TypeVar("T")


class Store:
    """Verbs for the engine; `views` for people, `outbox` for what is to be sent, `departures` for what is to go."""

    def __init__(self, db: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self.state_id = str(db.execute("SELECT value FROM state_meta WHERE key = 'state_id'").fetchone()[0])
        self._writer = Writer(db, where=IN_MEMORY if path is None else str(path))
        self._readers = None if path is None else Readers(path)
        self.views = Views(self._ask)
        self.outbox = Outbox(self._writer, self._ask)
        self.departures = Departures(self._writer, self._ask)

    @classmethod
    def open(cls, path: Path | None, *, durability: str = "full", patience_s: float = 30.0) -> Store:
        """Open or make the file and bring it to the newest schema (copied to `backups/` before). None: in memory.

        `patience_s` is how long a lock of another process is waited for. Raises a StoreError that names the way out.
        """
        check_durability(durability)
        where = IN_MEMORY if path is None else str(path)
        try:
            if path is not None:
                prepare_file(path)
                refuse_newer(path)
            db = connect_writer(path, durability=durability, patience_s=patience_s)
            try:
                migrate(db, path)
                return cls(db, path)
            except BaseException:
                db.close()
                raise
        except FAULTS as error:
            raise translated(error, where) from error

    def close(self) -> None:
        """What was asked for before is done first. May be called twice, with or without a loop."""
        if self._readers is not None:
            self._readers.close()
        self._writer.close()

    async def _ask(self, question: Question[T]) -> T:
        if self._readers is not None:
            return await self._readers.answer(question)
        return await self._writer.ask(partial(answer_now, question=question), writes=False)

    def read_now(self, question: Question[T]) -> T:
        """A question answered on the writer's thread, for callers without a loop; blocks."""
        return self._writer.ask_now(partial(answer_now, question=question), writes=False)

    # --- commits ------------------------------------------------------------------------------------------------------
    async def commit(
        self,
        changes: Changes,
        at: float,
        *,
        reports: Sequence[ReportRow | ProgressRow] = (),
        outbox: Sequence[OutboxRow] = (),
    ) -> int:
        """Write all of it in one transaction; returns the number of the last event.

        Raises StaleRow if a task instance is not in the state it is moved from, DateTaken if the DAG has a run for that
        logical date; then nothing of it was written, and others in the same batch are not touched.
        """
        work = partial(write, changes=changes, at=at, reports=reports, outbox=outbox)
        return await self._writer.ask(work, writes=True)

    def commit_now(
        self,
        changes: Changes,
        at: float,
        *,
        reports: Sequence[ReportRow | ProgressRow] = (),
        outbox: Sequence[OutboxRow] = (),
    ) -> int:
        """The same for callers without a loop; blocks."""
        work = partial(write, changes=changes, at=at, reports=reports, outbox=outbox)
        return self._writer.ask_now(work, writes=True)

    # --- what is declared ---------------------------------------------------------------------------------------------
    async def add_version(
        self,
        dag_id: str,
        fingerprint: str,
        graph_json: str,
        tasks: Sequence[str | TaskRow],
        *,
        file: str | None,
        at: float,
        about: str = "{}",
    ) -> int:
        """The number of this version of a DAG, and from now on its current one; the same fingerprint, the same number.

        `tasks` in the order of their numbers: ids, or TaskRows, without which approvals are not found and `db check`
        does not know the pools. `about` is JSON for people: description, tags, owner.
        """
        work = partial(
            declared.add_version, dag_id=dag_id, fingerprint=fingerprint, graph_json=graph_json, tasks=tasks, file=file,
            at=at, about=about,
        )  # fmt: skip
        return await self._writer.ask(work, writes=True)

    async def configure_pools(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """What code and configuration say; what a person set stays. The sizes of those that a person set."""
        return await self._writer.ask(partial(declared.configure_pools, sizes=dict(sizes)), writes=True)

    async def pools(self) -> dict[str, PoolView]:
        """The pools that the store knows, by name."""
        return await self._ask(recovery.pools())

    async def set_problems(self, found: problems.Found, *, at: float) -> None:
        """What is wrong with DAG files now: these and no others."""
        await self._writer.ask(partial(problems.keep, found=found, at=at), writes=True)

    async def tell_loaded(self, loaded: Sequence[str], gone: Sequence[str], *, at: float) -> None:
        """Events for DAGs that were loaded anew, and for those that are no longer there."""
        await self._writer.ask(partial(declared.tell_loaded, loaded=loaded, gone=gone, at=at), writes=True)

    async def set_paused(self, dag_id: str, *, is_paused: bool, at: float, by: str, why: str = "") -> int:
        """By hand: outlives restarts and redeploys. Returns the number of the event."""
        work = partial(declared.set_paused, dag_id=dag_id, is_paused=is_paused, at=at, by=by, why=why)
        return await self._writer.ask(work, writes=True)

    async def set_dag_priority(self, dag_id: str, priority: int | None, *, at: float, by: str, why: str = "") -> int:
        """By hand: outlives restarts and redeploys; None gives it back to the DAG file. Returns the event's number."""
        work = partial(declared.set_dag_priority, dag_id=dag_id, priority=priority, at=at, by=by, why=why)
        return await self._writer.ask(work, writes=True)

    async def dag_priorities(self) -> dict[str, int]:
        """What people gave DAGs by hand, by DAG."""
        return await self._ask(recovery.dag_priorities())

    # --- users and tokens ---------------------------------------------------------------------------------------------
    async def add_user(self, name: str, role: str, teams: Sequence[str], *, at: float, by: str) -> bool:
        """False: there is one of that name."""
        return await self._writer.ask(partial(users.add, name=name, role=role, teams=teams, at=at, by=by), writes=True)

    async def change_user(self, name: str, role: str, teams: Sequence[str], *, at: float, by: str) -> bool:
        """False: there is none of that name."""
        work = partial(users.change, name=name, role=role, teams=teams, at=at, by=by)
        return await self._writer.ask(work, writes=True)

    async def remove_user(self, name: str, *, at: float, by: str) -> int | None:
        """With all their tokens; how many those were. None: there is none of that name."""
        return await self._writer.ask(partial(users.remove, name=name, at=at, by=by), writes=True)

    async def add_token(
        self, name: str, role: str, teams: Sequence[str], user: str | None, digest: str, *, at: float, by: str
    ) -> bool:
        """A token of the API, by its digest. False: a token in use has that name."""
        work = partial(tokens.add, name=name, role=role, teams=teams, user=user, digest=digest, at=at, by=by)
        return await self._writer.ask(work, writes=True)

    async def revoke_token(self, name: str, *, at: float, by: str) -> bool:
        """False: no token in use has that name."""
        return await self._writer.ask(partial(tokens.revoke, name=name, at=at, by=by), writes=True)

    async def token_used(self, name: str, *, at: float) -> None:
        """For who looks which are still needed."""
        await self._writer.ask(partial(tokens.used, name=name, at=at), writes=True)

    # --- what an engine reads -----------------------------------------------------------------------------------------
    async def unfinished(self) -> Unfinished:
        """All that a machine needs to go on."""
        return await self._ask(recovery.unfinished())

    async def load_run(self, run: int) -> tuple[RunRow, list[InstanceRow], list[GroupRow]] | None:
        """All rows of one run, or None."""
        return await self._ask(recovery.load_run(run))

    async def run_at(self, dag_id: str, logical_date: float) -> RunRow | None:
        """The run of that date, of whatever kind."""
        return await self._ask(recovery.run_at(dag_id, logical_date))

    async def runs_between(self, dag_id: str, first: float, last: float) -> dict[float, RunRow]:
        """The runs of a DAG by logical date, both ends included, of whatever kind."""
        return await self._ask(recovery.runs_between(dag_id, first, last))

    async def next_backfill(self) -> int:
        """The number of the next backfill."""
        return await self._ask(backfills.next_number())

    async def backfill(self, backfill: int) -> BackfillRow | None:
        """Its row."""
        return await self._ask(backfills.one(backfill))

    async def backfills(self) -> list[BackfillRow]:
        """Every row, oldest first."""
        return await self._ask(backfills.rows())

    async def runs_of_backfill(self, backfill: int, *states: str) -> list[tuple[str, RunRow]]:
        """The decision and the run of each of its days whose run is in one of these states, in date order."""
        return await self._ask(backfills.runs_of(backfill, states))

    async def schedules(self) -> dict[str, KnownSchedule]:
        """What is known of the schedules of all DAGs, by DAG."""
        return await self._ask(schedules.known())

    async def runs_on(self, dates: Iterable[tuple[str, float]]) -> dict[tuple[str, float], int]:
        """The runs that have one of these logical dates, by DAG and date."""
        return await self._ask(schedules.runs_on(dates))

    async def updates_after(self, seq: int, names: Iterable[str]) -> list[UpdateRow]:
        """The updates of these assets after that number, oldest first."""
        return await self._ask(schedules.updates_after(seq, names))

    async def last_update(self) -> int:
        """The number of the newest update of any asset; 0: there was none."""
        return await self._ask(schedules.last_update())

    async def run_asked_by(self, dag_id: str, asked_by: str) -> RunRow | None:
        """The run of a DAG that was asked for under this name: a trigger finds its run again after a restart."""
        return await self._ask(recovery.run_asked_by(dag_id, asked_by))

    async def graph_json(self, version: int) -> str:
        """The graph of a version as it was given to add_version. Raises KeyError."""
        return await self._ask(recovery.graph_json(version))

    async def results(self, run: int, task: int) -> dict[int, str | None]:
        """Map index -> text of the latest result, of the instances in success; one marked by hand has None."""
        return await self._ask(recovery.results(run, task))
