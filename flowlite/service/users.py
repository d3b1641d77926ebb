"""Users and tokens of the API: made, changed, revoked at the desk. A token is shown once; only its digest is kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from flowlite.core.errors import FlowliteError
from flowlite.service.errors import Unknown

if TYPE_CHECKING:
    from flowlite.loading.catalog import Catalog
    from flowlite.store.store import Store

MARK = "flt_"  # so that a token that lies around is known for one
SECRET_BYTES = 32
LONGEST_NAME = 100
RoleName = Literal["viewer", "operator", "admin"]


class BadName(FlowliteError):
    """Empty, too long, or with characters that nobody can see."""

    def __init__(self, what: str) -> None:
        super().__init__(f"a {what} needs a name of 1 to {LONGEST_NAME} visible characters")


class BadRights(FlowliteError):
    """A role and teams that don't go together, or a team that is none."""


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


class UserThere(FlowliteError):
    """Two users never have the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a user {name!r} already; change them: `flowlite users change {name} --role ...`")


class UserUnknown(Unknown):
    """Nobody has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no user {name!r}; `flowlite users list` shows those there are")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """`token` is shown here and never again."""

    name: str
    user: str | None
    role: str
    teams: tuple[str, ...]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Whoever asks, as they are known here."""

    name: str
    role: str
    teams: tuple[str, ...]


class UserDesk:
    """For a desk: it has a store, a catalog of DAGs, and the name of who asks."""

    store: Store
    _by: str
    _catalog: Catalog
    _known_as: tuple[str, ...]

    def me(self) -> Me:
        """Who asks. Without an API between, the owner."""
        role, *teams = self._known_as or ("admin",)
        return Me(name=self._by, role=role, teams=tuple(teams))

    # --- users --------------------------------------------------------------------------------------------------------
    async def add_user(self, name: str, role: RoleName = "viewer", teams: Sequence[str] = ()) -> None:
        """Somebody with a role; with `teams`, an operator acts on the DAGs of these only. Raises BadName, BadRights,
        UserThere."""
        check_name("user", name)
        self._check_rights(role, teams)
        if not await self.store.add_user(name, role, teams, at=time.time(), by=self._by):
            raise UserThere(name)

    async def change_user(self, name: str, role: RoleName | None = None, teams: Sequence[str] | None = None) -> None:
        """Another role, other teams; None: as it was, as far as the two go together. Holds for their tokens, too, from
        the next request on. Raises UserUnknown, BadRights."""
        was = await self.store.views.user(name)
        if was is None:
            raise UserUnknown(name)
        now = was.role if role is None else role
        of = (was.teams if now == "operator" else ()) if teams is None else teams
        self._check_rights(now, of)
        if not await self.store.change_user(name, now, of, at=time.time(), by=self._by):
            raise UserUnknown(name)

    async def remove_user(self, name: str) -> int:
        """With all their tokens; how many those were. Raises UserUnknown."""
        revoked = await self.store.remove_user(name, at=time.time(), by=self._by)
        if revoked is None:
            raise UserUnknown(name)
        return revoked

    # --- tokens -------------------------------------------------------------------------------------------------------
    async def create_token(
        self, name: str, role: RoleName = "viewer", teams: Sequence[str] = (), user: str | None = None
    ) -> NewToken:
        """A new one, for a program that is none of the users, or for a user: then it may what they may.

        Raises BadName, BadRights, TokenNameTaken, UserUnknown.
        """
        check_name("token", name)
        has_role: str = role
        has_teams = tuple(teams)
        if user is not None:
            found = await self.store.views.user(user)
            if found is None:
                raise UserUnknown(user)
            has_role, has_teams = found.role, found.teams
        else:
            self._check_rights(role, teams)
        token = MARK + secrets.token_urlsafe(SECRET_BYTES)
        digest, at = digest_of(token), time.time()
        if not await self.store.add_token(name, has_role, has_teams, user, digest, at=at, by=self._by):
            raise TokenNameTaken(name)
        return NewToken(name=name, user=user, role=has_role, teams=has_teams, token=token)

    async def revoke_token(self, name: str) -> None:
        """From now on it opens nothing. Raises TokenUnknown."""
        if not await self.store.revoke_token(name, at=time.time(), by=self._by):
            raise TokenUnknown(name)

    def _check_rights(self, role: str, teams: Sequence[str]) -> None:
        if teams and role != "operator":
            what = "sees all teams" if role == "viewer" else "answers for all teams"
            raise BadRights(f"teams are for operators: {role} {what}; leave --team out, or give --role operator")
        known = sorted({dag.settings.team for dag in self._catalog.dags.values() if dag.settings.team})
        for team in teams:
            near = get_close_matches(team, known, n=1)
            if team not in known and near:  # one that no DAG has yet may come later
                raise BadRights(f"no DAG has team {team!r}; did you mean {near[0]!r}?")
            check_name("team", team)


def check_name(what: str, name: str) -> None:
    """Raises BadName."""
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise BadName(what)


def digest_of(token: str) -> str:
    """What is kept of it. It is long and random: a slow digest would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
