"""HTTP with JSON: short troubles are tried again inside the task, long ones are handed to flowlite's own retry.

Needs nothing beyond the core (httpx, tenacity). Tested against a local server that answers 429 with Retry-After, 500,
slowly, and not at all. The fields of the connection: `base_url`, `token` (sent as a bearer), `headers`, `timeout`.

    [connections.weather]
    type = "http"
    base_url = "https://api.open-meteo.com"
"""

from __future__ import annotations

import json as json_module
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import flowlite
from flowlite import FlowliteError
from flowlite.integrations import Connection, required, settings_of

TRIES = 3
PATIENCE_S = 5.0  # a server that asks for a longer wait gets it from flowlite's retry, which holds no slot
_BRIEF_STATUSES = {408, 425, 429, 500, 502, 503, 504}
_NOTHING_DONE = {425, 429, 503}  # the server says that it did not take the request


class HttpFailed(FlowliteError):
    """A request without the answer that was hoped for.

    flowlite's retry reads `retry_at` (seconds since the epoch: not before then) and `is_final` (no further try).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        is_final: bool = False,
        retry_at: float | None = None,
        is_undone: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_final = is_final
        self.retry_at = retry_at
        self.is_undone = is_undone  # the server has certainly not acted on it


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, complete."""

    method: str
    url: str
    params: Mapping[str, Any] | None
    json: Any
    headers: Mapping[str, str]
    timeout_s: float
    tries: int

    @property
    def is_repeatable(self) -> bool:
        """Whether asking twice does no harm."""
        return self.method == "GET" or "Idempotency-Key" in self.headers

    @property
    def shown(self) -> str:
        """For people: without the query and a password, where secrets live."""
        parts = urlsplit(self.url)
        return f"{self.method} {parts._replace(netloc=parts.netloc.rpartition('@')[2], query='').geturl()}"


def get_json(
    url: str,
    *,
    connection: Connection | None = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    tries: int = TRIES,
) -> Any:
    """The JSON at an address (or at a path of the connection's base_url)."""
    return ask(request_of("GET", url, connection, params=params, headers=headers, timeout=timeout, tries=tries))


async def get_json_async(
    url: str,
    *,
    connection: Connection | None = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    tries: int = TRIES,
) -> Any:
    """`get_json` for coroutine tasks."""
    asked = request_of("GET", url, connection, params=params, headers=headers, timeout=timeout, tries=tries)
    return await ask_async(asked)


def post_json(
    url: str,
    json: Any,
    *,
    connection: Connection | None = None,
    headers: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
    timeout: float | None = None,
    tries: int = TRIES,
) -> Any:
    """Post JSON and return the JSON of the answer (None if it is empty).

    After an error that leaves open whether the server acted, it is tried again only with an `idempotency_key`:
    `ctx.idempotency_key` is the same for all attempts of a task instance.
    """
    more = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    both = {**(headers or {}), **more}
    return ask(request_of("POST", url, connection, json=json, headers=both, timeout=timeout, tries=tries))


async def post_json_async(
    url: str,
    json: Any,
    *,
    connection: Connection | None = None,
    headers: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
    timeout: float | None = None,
    tries: int = TRIES,
) -> Any:
    """`post_json` for coroutine tasks."""
    more = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    both = {**(headers or {}), **more}
    asked = request_of("POST", url, connection, json=json, headers=both, timeout=timeout, tries=tries)
    return await ask_async(asked)


def answers(
    url: str | Callable[[flowlite.Context], str],
    *,
    connection: Connection | None = None,
    is_ready: Callable[[Any], Any] = bool,
    poke_every: float | timedelta = 30,
    timeout: float | timedelta = 3600,
    soft_fail: bool = False,
    id: str = "answers",  # noqa: A002 - the word of the public surface
    **options: Any,
) -> Any:
    """A sensor: waits until the JSON at an address is ready; its result is that JSON.

    404 and passing troubles (429, 5xx, no connection) mean "not yet"; any other refusal fails the task.
    """

    def poke(ctx: flowlite.Context) -> Any:
        try:
            found = get_json(url(ctx) if callable(url) else url, connection=connection, tries=1)
        except HttpFailed as failed:
            if failed.is_final and failed.status != 404:
                raise
            ctx.log.info("not yet: %s", failed)
            return None
        return found if is_ready(found) else None

    make = flowlite.sensor(id=id, poke_every=poke_every, timeout=timeout, soft_fail=soft_fail, **options)
    return make(poke)()


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people. Asks for nothing but the head of its base_url."""
    import httpx

    required(connection, "base_url", example="https://api.example.com")
    request = request_of("HEAD", "", connection, tries=1)
    try:
        with httpx.Client(verify=certificates()) as client:
            send(client, request)
    except HttpFailed as failed:
        if failed.status is None or failed.status in (401, 403) or (failed.status >= 500 and failed.status != 501):
            raise
        return f"{request.shown} answered {failed.status}: it is there"
    return f"{request.shown} answered"


def request_of(
    method: str,
    url: str,
    connection: Connection | None,
    *,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    tries: int = TRIES,
) -> Request:
    """What is asked, with what the connection adds to it."""
    settings = settings_of(connection) if connection is not None else {}
    token = {"Authorization": f"Bearer {settings['token']}"} if settings.get("token") else {}
    base = str(settings.get("base_url") or "").rstrip("/")
    return Request(
        method=method,
        url=url if "://" in url else f"{base}/{url.lstrip('/')}",
        params=params,
        json=json,
        headers={**(settings.get("headers") or {}), **token, **(headers or {})},
        timeout_s=timeout or settings.get("timeout") or 30.0,
        tries=tries,
    )


def ask(request: Request) -> Any:
    """Send a request, again after a short wait where that may help."""
    import httpx
    import tenacity

    with httpx.Client(verify=certificates()) as client:
        return tenacity.Retrying(**patience(request))(lambda: send(client, request))


def send(client: Any, request: Request) -> Any:
    """Send it once."""
    import httpx

    try:
        return verdict(request, client.request(**call(request)), now=time.time())
    except httpx.HTTPError as broken:
        raise lost_contact(request, broken) from broken


async def ask_async(request: Request) -> Any:
    """`ask`, without holding a thread while it waits."""
    import httpx
    import tenacity

    async with httpx.AsyncClient(verify=certificates()) as client:
        return await tenacity.AsyncRetrying(**patience(request))(send_async, client, request)


async def send_async(client: Any, request: Request) -> Any:
    """Send it once."""
    import httpx

    try:
        return verdict(request, await client.request(**call(request)), now=time.time())
    except httpx.HTTPError as broken:
        raise lost_contact(request, broken) from broken


@cache
def certificates() -> ssl.SSLContext:
    """Whom to trust; read once, since reading them costs more than a request."""
    import httpx

    return httpx.create_ssl_context()


def call(request: Request) -> dict[str, Any]:
    """The request in httpx's words."""
    body = {"json": request.json} if request.method == "POST" else {}
    return {
        "method": request.method,
        "url": request.url,
        "params": request.params,
        "headers": dict(request.headers),
        "timeout": request.timeout_s,
        **body,
    }


def patience(request: Request) -> dict[str, Any]:
    """How often, and how long, a request is tried again inside the task."""
    import tenacity

    grows = tenacity.wait_random_exponential(multiplier=0.3, max=PATIENCE_S / 2)

    def wait(state: Any) -> float:
        asked_for = state.outcome.exception().retry_at
        return float(grows(state)) if asked_for is None else max(0.0, asked_for - time.time())

    return {
        "stop": tenacity.stop_after_attempt(request.tries),
        "retry": tenacity.retry_if_exception(lambda failed: is_worth_a_wait(request, failed, now=time.time())),
        "wait": wait,
        "reraise": True,
    }


def is_worth_a_wait(request: Request, failed: BaseException, *, now: float) -> bool:
    """Whether trying again at once, or nearly so, may help and does no harm."""
    if not isinstance(failed, HttpFailed) or failed.is_final:
        return False
    if not (request.is_repeatable or failed.is_undone):
        return False
    return failed.retry_at is None or failed.retry_at - now <= PATIENCE_S


def verdict(request: Request, answer: Any, *, now: float) -> Any:
    """The JSON of a good answer; anything else is an HttpFailed that says what to do."""
    status = answer.status_code
    if status >= 300:
        is_final = status not in _BRIEF_STATUSES
        raise HttpFailed(
            f"{request.shown} answered {status} {answer.reason_phrase}: {answer.text[:200]}".rstrip(": "),
            status=status,
            is_final=is_final,
            retry_at=None if is_final else retry_time(answer.headers.get("Retry-After"), now=now),
            is_undone=status in _NOTHING_DONE,
        )
    if not answer.content:
        return None
    try:
        return json_module.loads(answer.content)
    except ValueError as broken:
        raise HttpFailed(f"{request.shown} answered {status}, but not with JSON: {answer.text[:80]!r}") from broken


def lost_contact(request: Request, broken: Exception) -> HttpFailed:
    """No answer at all: no connection, or a timeout. Only without a connection is it sure that nothing was done."""
    import httpx

    is_undone = isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout)
    if isinstance(broken, httpx.TimeoutException):
        return HttpFailed(f"{request.shown} gave no answer within {request.timeout_s:g} s", is_undone=is_undone)
    why = str(broken) or type(broken).__name__
    is_final = isinstance(broken, httpx.UnsupportedProtocol)
    return HttpFailed(f"{request.shown} failed: {why}", is_undone=is_undone, is_final=is_final)


def retry_time(header: str | None, *, now: float) -> float | None:
    """The instant that a Retry-After header names, in seconds or as a date; None where it says nothing of use."""
    if not header:
        return None
    if header.strip().isdigit():
        return now + int(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(now, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
