"""Who is logged in: what a cookie stands for, from the login to its end."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flowlite.service.users import Me

COOKIE_BYTES = 32
MOST = 1_000  # beyond, whoever was away longest is logged out
MOST_EACH = 20  # of one name, so that nobody can log out the others by logging in

LOGGED_OUT = "you have logged out"
IDLE = "nobody pressed a key for a long time"
REVOKED = "the token that you logged in with was revoked"
CROWDED = "too many have logged in since"
REPLACED = "somebody has logged in anew in this browser"


@dataclass(slots=True, eq=False)
class Login:
    """Of one browser. `me`: who it is, as the daemon knows them now."""

    me: Me
    token: str = field(repr=False)
    began_at: float
    used_at: float
    because: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, because: str) -> None:
        """Whatever is open under it is closed, and says why."""
        self.because = self.because or because
        self.over.set()


class Logins:
    """By their cookies, of which only a digest is kept. Lost when the server ends: then everybody logs in again."""

    def __init__(self, *, idle_s: float, clock: Callable[[], float]) -> None:
        self._idle_s, self._clock = idle_s, clock
        self._by_digest: dict[str, Login] = {}

    def begin(self, me: Me, token: str) -> str:
        """A new one; its cookie."""
        cookie, now = secrets.token_urlsafe(COOKIE_BYTES), self._clock()
        self._make_room([digest for digest, login in self._by_digest.items() if login.me.name == me.name], MOST_EACH)
        self._make_room(list(self._by_digest), MOST)
        self._by_digest[digest_of(cookie)] = Login(me, token, now, now)
        return cookie

    def find(self, cookie: str) -> Login | None:
        """Whose it is; None: nobody's, or no longer."""
        found = self._by_digest.get(digest_of(cookie))
        return None if found is None or self._is_idle(found) or found.over.is_set() else found

    def used(self, login: Login) -> None:
        """Somebody is there."""
        login.used_at = self._clock()

    def end(self, cookie: str, because: str) -> None:
        """If there is one."""
        self._end(digest_of(cookie), because)

    def sweep(self) -> list[Login]:
        """Log out who was away for too long; those who are left."""
        for digest, login in list(self._by_digest.items()):
            if login.over.is_set() or self._is_idle(login):
                self._end(digest, IDLE)
        return list(self._by_digest.values())

    def _make_room(self, digests: Sequence[str], most: int) -> None:
        if len(digests) >= most:
            self._end(min(digests, key=lambda one: self._by_digest[one].used_at), CROWDED)

    def _is_idle(self, login: Login) -> bool:
        return self._clock() - login.used_at > self._idle_s

    def _end(self, digest: str, because: str) -> None:
        if (login := self._by_digest.pop(digest, None)) is not None:
            login.end(because)


def digest_of(cookie: str) -> str:
    """So that what lies in memory opens nothing, and that looking it up takes as long for every guess."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
