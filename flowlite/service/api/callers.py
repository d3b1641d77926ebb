"""Who asks, and what they may: the account behind a unix socket, or whoever holds a token."""

from __future__ import annotations

import os
import pwd
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from flowlite.service.api.faults import RoleTooLow, TokenMissing
from flowlite.service.api.table import Role, Route

UID = "uid:"  # how the socket's own protocol names a peer; no address of TCP looks like it
BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is written beside whatever they change. An operator with `teams` acts on the DAGs of these only."""

    name: str
    role: Role
    teams: tuple[str, ...] = ()

    @property
    def known_as(self) -> tuple[str, ...]:
        """What approvals may name them by beside their name."""
        return (self.role.title, *self.teams)

    def check(self, route: Route) -> None:
        """Raises RoleTooLow."""
        if self.role < route.role:
            raise RoleTooLow(self.name, self.role.title, route.role.title, f"{route.method} {route.path}")


ByAccount = Callable[[str], Awaitable[Caller | None]]


def account(uid: int) -> str:
    """The name of an account; its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_owner(uid: int) -> bool:
    """The account that the daemon runs under, and root."""
    return uid in (0, os.geteuid())


async def peer(uid: int, by_account: ByAccount) -> Caller:
    """Who is at the other end of the socket: its owner and root may do anything. It lets nobody else in, unless
    somebody has changed its mode: those may what the user with the name of their account may, and without one look."""
    name = account(uid)
    if is_owner(uid):
        return Caller(name, Role.ADMIN)
    return await by_account(name) or Caller(name, Role.VIEWER)


class People(Protocol):
    """Who there is."""

    async def caller(self, token: str) -> Caller | None:
        """Who has been given it; None: nobody."""
        ...

    async def user(self, name: str) -> Caller | None:
        """The user of that name; None: there is none."""
        ...


async def caller_of(client: str, authorization: bytes, people: People) -> Caller:
    """Whoever presents a token is who it was given to, at the socket, too: a program of the owner that serves others
    (the terminal UI in a browser) asks as them. One that is wrong is refused there, and never the owner's rights
    instead. Raises TokenMissing."""
    if not authorization and client.startswith(UID):
        return await peer(int(client.removeprefix(UID)), people.user)
    if authorization[: len(BEARER)].lower() == BEARER:
        found = await people.caller(authorization[len(BEARER) :].decode("ascii", "replace").strip())
        if found is not None:
            return found
    raise TokenMissing
