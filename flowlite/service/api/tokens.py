"""Who may come in, as the store has it at each request."""

from __future__ import annotations

from collections.abc import Callable

from flowlite.service.api.callers import Caller
from flowlite.service.api.table import Role
from flowlite.service.users import digest_of
from flowlite.store.store import Store

NOTED_EVERY_S = 60.0


class Tokens:
    """A revoked token opens nothing from the next request on, and a role that was changed holds from then on."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store, self._now = store, now
        self._noted: dict[str, float] = {}

    async def caller(self, token: str) -> Caller | None:
        """Who has been given it; None: nobody."""
        found = await self._store.views.token(digest_of(token))
        if found is None:
            return None
        await self._note(found.name)
        name = f"token {found.name}" if found.user is None else found.user
        return Caller(name, Role[found.role.upper()], found.teams)

    async def user(self, name: str) -> Caller | None:
        """The user of that name; None: there is none."""
        found = await self._store.views.user(name)
        return None if found is None else Caller(name, Role[found.role.upper()], found.teams)

    async def _note(self, name: str) -> None:
        """When it was used last, to the minute: a write for each request would be a commit for each."""
        now = self._now()
        if now - self._noted.get(name, 0.0) >= NOTED_EVERY_S:
            self._noted[name] = now
            await self._store.token_used(name, at=now)
