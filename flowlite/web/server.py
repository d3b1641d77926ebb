"""The server of `flowlite web`: a login, then for each browser tab a terminal UI of its own that asks the daemon as
whoever logged in. It is itself nobody: it holds the tokens of those who are there, and asks with them."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from flowlite.client.remote import Remote
from flowlite.client.remote_line import Line
from flowlite.config import ConfigError
from flowlite.config.sections import Web as Section
from flowlite.service.api.place import SOCKET
from flowlite.service.api.tcp import EVERYWHERE, hosts_of, is_our_own, port_socket, tls_of
from flowlite.service.users import Me
from flowlite.web.door import Door, Tell
from flowlite.web.guard import Guard, Handler, guarding, is_upgrade, refused, signed
from flowlite.web.knocks import Knocks
from flowlite.web.listening import Listener
from flowlite.web.logins import Login, Logins
from flowlite.web.pages import OPEN, file_answer, login_page, screen_page
from flowlite.web.tabs import Tabs, Words

WHERE = "[web]"
MOST_BODY_BYTES = 16 << 10
LOOK_EVERY_S = 10.0  # whether those who are logged in still may be


class Web:
    """From `start` to `stop`. Raises ConfigError if it can't be as configured."""

    def __init__(
        self, section: Section, state: Path, words: Words, *, tell: Tell, is_insecure: bool = False,
        clock: Callable[[], float] = time.monotonic, look_every_s: float = LOOK_EVERY_S,
    ) -> None:  # fmt: skip
        """`words` starts a terminal UI at a place; `is_insecure`: tokens may go over the net in the clear."""
        check(section)
        self._section, self._state, self._look_every_s = section, state, look_every_s
        self.tls = tls_unless(section, is_insecure=is_insecure)
        self._guard = Guard(hosts_of(section), section.origins, "http" if self.tls is None else "https")
        logins = Logins(idle_s=section.idle_minutes * 60, clock=clock)
        self._door = Door(
            self._guard, logins, Knocks(clock), ask=self._who, tell=tell, is_behind_proxy=section.behind_proxy
        )
        self.tabs = Tabs(words, most=section.tabs, most_each=section.tabs_each, used=self._door.used)

    # --- life ---------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Listen."""
        self._listener = Listener(self._application())
        await self._listener.open(port_socket(self._section, WHERE), self.tls)
        self._looking_after = asyncio.create_task(self._door.look_after(self._look_every_s))

    async def stop(self) -> None:
        """Every tab is told, and nothing is left of its process."""
        self._looking_after.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking_after
        self.tabs.stop()
        await self._listener.close()

    @property
    def address(self) -> str:
        """Where browsers find it."""
        if self._section.origins:
            return self._section.origins[0]
        scheme = "http" if self.tls is None else "https"
        host = self._section.host
        if host in EVERYWHERE:
            host = next(iter(self._section.hosts), socket.gethostname())
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._section.port}"

    @property
    def is_in_the_clear(self) -> bool:
        """Whether what is said leaves this machine for everybody on its way to read."""
        return self.tls is None and not is_our_own(self._section.host)

    async def _who(self, token: str) -> Me:
        return await Remote(Line(self._state / SOCKET, token)).me()  # type: ignore[no-any-return]

    # --- routes -------------------------------------------------------------------------------------------------------
    def _application(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BODY_BYTES, middlewares=[guarding(self._guard)])
        app.on_response_prepare.append(signed)
        app.add_routes(
            [
                web.get("/", self._screen),
                web.get("/login", self._login),
                web.post("/login", self._door.log_in),
                web.post("/logout", self._door.log_out),
                web.get("/static/{name}", self._file),
                web.get("/ws/{place:.*}", self._known(self.tabs.open), allow_head=False),
                web.get("/tabs", self._known(self._room), allow_head=False),
                web.get("/download/{key}", self._known(self.tabs.download), allow_head=False),
                web.route("*", "/{rest:.*}", self._known(self._nothing)),
            ]
        )
        return app

    def _known(self, handler: Callable[[web.Request, Login], Awaitable[web.StreamResponse]]) -> Handler:
        """For those who are logged in; the others learn nothing of what there is."""

        async def checked(request: web.Request) -> web.StreamResponse:
            login = self._door.who(request)
            if login is not None:
                return await handler(request, login)
            return refused(401, "log in first") if is_upgrade(request) else login_page(401)

        return checked

    async def _screen(self, request: web.Request) -> web.StreamResponse:
        login = self._door.who(request)
        if login is None:
            return login_page(401)
        self._door.used(login)
        return screen_page(login.me)

    async def _room(self, request: web.Request, login: Login) -> web.StreamResponse:
        """Whether another tab may be opened, for a page whose connection was refused: browsers do not tell it why."""
        because = self.tabs.refusal(login)
        return refused(429, because) if because else web.Response(status=204)

    async def _login(self, request: web.Request) -> web.StreamResponse:
        return login_page(200)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in OPEN and self._door.who(request) is None:
            return login_page(401)
        return file_answer(name) or refused(404, "there is nothing here")

    async def _nothing(self, request: web.Request, login: Login) -> web.StreamResponse:
        return refused(404, "there is nothing here")


def check(section: Section) -> None:
    """Raises ConfigError."""
    for name, least in (("tabs", 1), ("tabs_each", 1), ("idle_minutes", 1)):
        if getattr(section, name) < least:
            raise ConfigError(WHERE, f"{name} = {getattr(section, name)} lets nobody in", f"give at least {least}")
    for origin in section.origins:
        scheme, mark, rest = origin.partition("://")
        if scheme not in ("http", "https") or not mark or not rest or "/" in rest.rstrip("/"):
            raise ConfigError(WHERE, f"{origin!r} is no origin", 'write it like "https://flow.example.com"')


def tls_unless(section: Section, *, is_insecure: bool) -> ssl.SSLContext | None:
    """Raises ConfigError where tokens would go over the net in the clear and nobody has said that they may."""
    wants_tls = section.tls_certificate is not None or section.tls_key is not None
    return None if is_insecure and not wants_tls else tls_of(section, WHERE)


def started_by(command: Sequence[str], state: Path, zone: str) -> Words:
    """A terminal UI that reads no configuration: there may be secrets in it."""
    return lambda place: [
        *command, "--state", str(state), "tui", "--browser", "--zone", zone, "--", place or "home",
    ]  # fmt: skip
