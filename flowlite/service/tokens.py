"""Tokens of the API: made and revoked at the desk. What is made is shown once; only its digest is kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowlite.core.errors import FlowliteError
from flowlite.service.errors import Unknown

if TYPE_CHECKING:
    from flowlite.store.store import Store

MARK = "flt_"  # so that a token that lies around is known for one
SECRET_BYTES = 32
LONGEST_NAME = 100


class BadTokenName(FlowliteError):
    """Empty, too long, or with characters that nobody can see."""

    def __init__(self) -> None:
        super().__init__(f"a token needs a name of 1 to {LONGEST_NAME} visible characters: that of who will use it")


class TokenNameTaken(FlowliteError):
    """Two tokens in use never have the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is a token {name!r} already; take another name, or revoke it: `flowlite tokens revoke {name}`"
        )


class TokenUnknown(Unknown):
    """No token of that name is in use."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no token {name!r} in use; `flowlite tokens list` shows those there are")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """`token` is shown here and never again."""

    name: str
    role: str
    token: str


class TokenDesk:
    """For a desk: it has a store and the name of who asks."""

    store: Store
    _by: str

    async def create_token(self, name: str, role: Literal["viewer", "operator", "admin"] = "viewer") -> NewToken:
        """A new one. Raises BadTokenName, TokenNameTaken."""
        if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
            raise BadTokenName
        token = MARK + secrets.token_urlsafe(SECRET_BYTES)
        if not await self.store.add_token(name, role, digest_of(token), at=time.time(), by=self._by):
            raise TokenNameTaken(name)
        return NewToken(name=name, role=role, token=token)

    async def revoke_token(self, name: str) -> None:
        """From now on it opens nothing. Raises TokenUnknown."""
        if not await self.store.revoke_token(name, at=time.time(), by=self._by):
            raise TokenUnknown(name)


def digest_of(token: str) -> str:
    """What is kept of it. It is long and random: a slow digest would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
