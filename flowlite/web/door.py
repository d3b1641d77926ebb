"""Coming in and leaving: a cookie for a token, and the daemon is asked now and then whether the token still holds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

from aiohttp import web

from flowlite.client.remote_line import DaemonLeft, DaemonSilent
from flowlite.core.errors import FlowliteError
from flowlite.service.api.faults import TokenMissing
from flowlite.service.users import Me
from flowlite.web.guard import Guard
from flowlite.web.knocks import Knocks, peer_of
from flowlite.web.logins import LOGGED_OUT, REPLACED, REVOKED, Login, Logins
from flowlite.web.pages import login_page

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
BODY_WITHIN_S = 10.0
SLOW_S = 0.5  # what a failed login waits for its answer
COOKIE, SECRET_COOKIE = "flowlite", "__Host-flowlite"  # the second: over TLS, and no other host can set it
AWAY = (DaemonLeft, DaemonSilent, OSError)

WRONG = "That token opens nothing. It may have been revoked, or was not copied whole."
NO_DAEMON = "The daemon does not answer. Start it with `flowlite up`, then log in."

Ask = Callable[[str], Awaitable[Me]]
"""Who a token was given to. Raises TokenMissing; one of AWAY."""
Tell = Callable[[str], None]
"""Is given a line for whoever looks after the server."""


class Door:
    """Of one server."""

    def __init__(
        self, guard: Guard, logins: Logins, knocks: Knocks, *, ask: Ask, tell: Tell, is_behind_proxy: bool = False,
    ) -> None:  # fmt: skip
        self._guard, self._logins, self._knocks, self._ask, self._tell = guard, logins, knocks, ask, tell
        self._is_behind_proxy = is_behind_proxy

    def who(self, request: web.Request) -> Login | None:
        """None: nobody who is logged in."""
        return self._logins.find(cookie_of(request.cookies))

    def used(self, login: Login) -> None:
        """They have done something."""
        self._logins.used(login)

    # --- in -----------------------------------------------------------------------------------------------------------
    async def log_in(self, request: web.Request) -> web.StreamResponse:
        """A form with a token."""
        peer = peer_of(request.remote or "", request.headers, is_behind_proxy=self._is_behind_proxy)
        if wait_s := self._knocks.knock(peer):
            problem = f"Too many failed logins. Try again in {wait_s} seconds."
            return login_page(429, problem, **{"Retry-After": str(wait_s)})
        try:
            token = await token_in(request)
            me = await self._ask(token)
        except TokenMissing:
            self._tell(f"a login from {peer} failed")
            await asyncio.sleep(SLOW_S)
            return login_page(401, WRONG)
        except AWAY:
            self._knocks.unheard(peer)
            return login_page(503, NO_DAEMON)
        self._knocks.opened(peer)
        self._logins.end(cookie_of(request.cookies), REPLACED)
        self._tell(f"{me.name} has logged in from {peer}")
        return self._admitted(request, self._logins.begin(me, token))

    def _admitted(self, request: web.Request, cookie: str) -> web.Response:
        is_secret = self._guard.is_secret(request)
        answer = web.Response(status=303, headers={"Location": "/"})
        answer.set_cookie(
            SECRET_COOKIE if is_secret else COOKIE, cookie, path="/", httponly=True, samesite="Strict",
            secure=is_secret,
        )  # fmt: skip
        return answer

    # --- out ----------------------------------------------------------------------------------------------------------
    async def log_out(self, request: web.Request) -> web.StreamResponse:
        """In all tabs of that browser."""
        if (login := self.who(request)) is not None:
            self._tell(f"{login.me.name} has logged out")
        self._logins.end(cookie_of(request.cookies), LOGGED_OUT)
        answer = web.Response(status=303, headers={"Location": "/"})
        for name in (COOKIE, SECRET_COOKIE):
            if name in request.cookies:
                answer.del_cookie(name, path="/", httponly=True, samesite="Strict", secure=name == SECRET_COOKIE)
        return answer

    async def look_after(self, every_s: float) -> NoReturn:
        """Whose token was revoked, or who was away for too long, is logged out."""
        while True:
            await asyncio.sleep(every_s)
            for login in self._logins.sweep():
                await self._look_at(login)

    async def _look_at(self, login: Login) -> None:
        try:
            login.me = await self._ask(login.token)
        except TokenMissing:
            self._tell(f"{login.me.name} is logged out: the token was revoked")
            login.end(REVOKED)
        except (*AWAY, FlowliteError):
            return  # nobody can say now


def cookie_of(cookies: Mapping[str, str]) -> str:
    """ "": there is none."""
    return cookies.get(SECRET_COOKIE) or cookies.get(COOKIE, "")


async def token_in(request: web.Request) -> str:
    """What a form says. Raises TokenMissing."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise TokenMissing
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            said = (await request.post()).get("token")
    except (TimeoutError, ValueError, LookupError):  # slow, no UTF-8, no such charset
        raise TokenMissing from None
    token = said.strip() if isinstance(said, str) else ""
    if not TOKEN.fullmatch(token):
        raise TokenMissing
    return token
