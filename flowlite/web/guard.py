"""The door: by which name we were called, from which page, in which way. Before anything else is looked at; and what
every answer says about how it may be used."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from flowlite.service.api.guard import host_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOKING = ("GET", "HEAD")
METHODS = (*LOOKING, "POST")
HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Nothing is told to other sites. Not `no-referrer`: browsers then hide where our own forms come from, too, and a
    # login could not be told from one that another site has sent.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STRICT = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "font-src": "'self'", "img-src": "'self'",
    "connect-src": "'self'", "form-action": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
}  # fmt: skip


def policy(**other: str) -> str:
    """Of a page: nothing from elsewhere, no script of its own text; `style_src` and so on differ."""
    said = {**STRICT, **{name.replace("_", "-"): value for name, value in other.items()}}
    return "; ".join(f"{name} {value}" for name, value in said.items())


def refused(status: int, text: str) -> web.Response:
    """In plain words."""
    return web.Response(status=status, text=f"{text}\n")


class Guard:
    """`hosts`: the names we are called by. `origins`: where browsers find us behind a proxy; else where they ask."""

    def __init__(self, hosts: Iterable[str], origins: Iterable[str], scheme: str) -> None:
        self._hosts = frozenset(host.lower() for host in (*hosts, *map(host_of, origins)) if host)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._scheme = scheme

    def refusal(self, request: web.Request) -> web.Response | None:
        """Why it can't come in; None: it can."""
        called = request.headers.getall(hdrs.HOST, [])
        if len(called) != 1 or not request.raw_path.startswith("/"):
            return refused(400, "a request names the host once, and a path")
        if not HOST.fullmatch(called[0]) or host_of(f"//{called[0]}") not in self._hosts:
            return refused(421, "nobody here has that name; add it to `hosts` in [web] of flowlite.toml")
        if request.method not in METHODS:
            return refused(405, f"nothing here is asked by {request.method}")
        if (request.method not in LOOKING or is_upgrade(request)) and not self._is_ours(request, called[0]):
            return refused(403, "only pages of this server may ask; behind a proxy, add its address to `origins`")
        return None

    def _is_ours(self, request: web.Request, called: str) -> bool:
        said = request.headers.getall(hdrs.ORIGIN, [])
        if len(said) != 1:
            return False
        origin = said[0].lower()
        return origin in self._origins or origin == f"{self._scheme}://{called.lower()}"

    def is_secret(self, request: web.Request) -> bool:
        """Whether the browser speaks TLS, to us or to a proxy: its cookie is then sent over nothing else."""
        return urlsplit(request.headers.get(hdrs.ORIGIN, "")).scheme == "https"


def is_upgrade(request: web.Request) -> bool:
    """It wants to be a WebSocket, or anything else that is no answer."""
    return hdrs.UPGRADE in request.headers


async def signed(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer, errors too, says how it may be used."""
    response.headers[hdrs.SERVER] = "flowlite"
    for name, value in {**HEADERS, "Content-Security-Policy": policy()}.items():
        response.headers.setdefault(name, value)


def guarding(guard: Guard) -> Middleware:
    """As aiohttp wants it."""

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = guard.refusal(request)
        return await handler(request) if refusal is None else refusal

    return checked
