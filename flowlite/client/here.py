"""Where no daemon is up: an engine of our own on the state, in this process, for as long as it takes."""

from __future__ import annotations

from types import TracebackType

from flowlite.client.user import user
from flowlite.engine.embedding import Flowlite
from flowlite.engine.printing import prints_go_to_logs
from flowlite.loading.catalog import Catalog
from flowlite.service.desk import Desk
from flowlite.service.places import Place

ADMIN = "admin"  # whoever owns the state may do anything


class EngineHere:
    """`async with EngineHere(...) as desk`: takes the lock and what is unfinished; at the end, what still runs is
    stopped. Raises StateInUse.

    `is_still`: nothing is started meanwhile, for verbs that only change what is to be done.
    """

    def __init__(self, place: Place, catalog: Catalog, *, is_still: bool = False) -> None:
        self._place, self._catalog = place, catalog
        self._flowlite = Flowlite(
            place.state, pools=place.pools, durability=place.durability, secrets=place.secrets, env=place.env,
            dags=catalog.dags.values(), is_still=is_still,
        )  # fmt: skip

    async def __aenter__(self) -> Desk:
        self._printing = prints_go_to_logs()
        self._printing.__enter__()
        await self._flowlite.__aenter__()
        desk = Desk(self._flowlite.engine, self._catalog, user(), known_as=[ADMIN])
        desk.taken_up = await desk.unfinished()
        return desk

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._flowlite.__aexit__(kind, error, trace)
        finally:
            self._printing.__exit__(None, None, None)
