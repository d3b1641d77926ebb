"""Who asks, and what they may: the account behind a unix socket, or whoever holds a token."""

from __future__ import annotations

import os
import pwd
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from flowlite.service.api.faults import RoleTooLow, TokenMissing
from flowlite.service.api.table import Role, Route

UID = "uid:"  # how the socket's own protocol names a peer; no address of TCP looks like it
BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is written beside whatever they change."""

    name: str
    role: Role

    def check(self, route: Route) -> None:
        """Raises RoleTooLow."""
        if self.role < route.role:
            raise RoleTooLow(self.name, self.role.title, route.role.title, f"{route.method} {route.path}")


ByToken = Callable[[str], Awaitable[Caller | None]]


def account(uid: int) -> str:
    """The name of an account; its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def peer(uid: int) -> Caller:
    """Who is at the other end of the socket: its owner and root may do anything. It lets nobody else in, unless
    somebody has changed its mode: those may look."""
    return Caller(account(uid), Role.ADMIN if uid in (0, os.geteuid()) else Role.VIEWER)


async def caller_of(client: str, authorization: bytes, by_token: ByToken) -> Caller:
    """Raises TokenMissing."""
    if client.startswith(UID):
        return peer(int(client.removeprefix(UID)))
    if authorization[: len(BEARER)].lower() == BEARER:
        found = await by_token(authorization[len(BEARER) :].decode("ascii", "replace").strip())
        if found is not None:
            return found
    raise TokenMissing
