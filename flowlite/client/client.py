"""The client: the one typed way to talk to an engine. In this process for now; a daemon may answer the same verbs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Any

from flowlite.authoring.dag import Dag
from flowlite.client.here import EngineHere
from flowlite.engine.requests import instant_of, interval_of
from flowlite.loading.catalog import Catalog, load_folder
from flowlite.service.declared import coming_fires, dag_detail, dag_info
from flowlite.service.errors import DagUnknown, Unknown
from flowlite.service.places import Place
from flowlite.service.reading import Reading
from flowlite.service.records import DagDetail, DagInfo, Fire, Rehearsal, Stats
from flowlite.store.views import RunView


class Client(Reading):
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
        return load_folder(self.place.dag_folders, self.place.defaults)

    def declared(self, dag_id: str) -> Dag:
        """A DAG by its id. Raises DagUnknown, which tells of the problem if its file has one."""
        found = self.catalog.dags.get(dag_id)
        if found is None:
            raise DagUnknown(dag_id, self.catalog.dags, self.catalog.problems)
        return found

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

    def rehearsal(self, dag: Dag, date: str | None, params: Mapping[str, Any]) -> Rehearsal:
        """What a run would do. Raises BadDate, BadParams."""
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

    async def dags(self) -> list[DagInfo]:
        """Every declared DAG by id, with its last runs."""
        rows = {row.dag_id: row for row in await self.views.dag_rows()}
        now = time.time()
        return [dag_info(dag, rows.get(id_), now) for id_, dag in sorted(self.catalog.dags.items())]

    async def dag(self, dag_id: str) -> DagDetail:
        """One of them with its tasks. Raises DagUnknown."""
        dag = self.declared(dag_id)
        rows = {row.dag_id: row for row in await self.views.dag_rows()}
        return dag_detail(dag, rows.get(dag_id), time.time())

    def fires(self, dag_id: str, number: int) -> list[Fire]:
        """Its next fires, soonest first; none for a DAG without a schedule of times. Raises DagUnknown."""
        return list(coming_fires(self.declared(dag_id), time.time(), number))

    async def runs(
        self, dag_id: str | None = None, *, states: Sequence[str] = (), limit: int = 50, before: int | None = None
    ) -> list[RunView]:
        """Newest first. Raises DagUnknown for a DAG that never ran and that no file declares."""
        found = await super().runs(dag_id, states=states, limit=limit, before=before)
        if not found and dag_id is not None:
            await self._check_known(dag_id)
        return found

    async def stats(self, dag_id: str, *, last: int = 100) -> Stats:
        """Lengths and success rates. Raises DagUnknown for a DAG that never ran and that no file declares."""
        found = await super().stats(dag_id, last=last)
        if not found.dag.finished:
            await self._check_known(dag_id)
        return found

    async def _check_known(self, dag_id: str) -> None:
        if dag_id not in {row.dag_id for row in await self.views.dag_rows(last=1)}:
            self.declared(dag_id)

    # --- what changes something ---------------------------------------------------------------------------------------
    def acting(self, *, is_still: bool = False) -> EngineHere:
        """An engine of our own on this state: `async with client.acting() as engine`. Raises StateInUse.

        `is_still`: it starts nothing, and only changes what is to be done.
        """
        return EngineHere(self.place, self.catalog, is_still=is_still)
