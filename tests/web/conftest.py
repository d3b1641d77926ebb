"""A real daemon, a real server before it in the process of the test, and browsers that are nothing but HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from flowlite.client.remote import Remote
from flowlite.client.remote_line import Line
from flowlite.config.sections import Web as Section
from flowlite.service.api.place import SOCKET
from flowlite.web.server import Web, started_by

PATIENCE_S = 60.0  # on a machine that is busy with other tests
DAGS = """
    from flowlite import approve, dag, shell, task

    @task
    async def load() -> int:
        raise ValueError("row 2 is bad")

    @dag(team="data")
    def sales():
        load()

    @dag(team="data")
    def ship():
        approve("may it go out?", id="ask", approvers=["vera"])

    @dag(team="ml")
    def train():
        shell("i=0; while [ $i -lt 3000 ]; do echo line $i of a log; i=$((i+1)); done", id="say")
"""
COMMAND = (sys.executable, "-m", "flowlite")
STEERING = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")


@dataclass
class Company:
    """A project with a daemon, and who may ask it."""

    root: Path
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def owner(self) -> Remote:
        return Remote(Line(self.state / SOCKET))

    async def employ(self) -> None:
        """A viewer, an operator of a team, and a run of each DAG."""
        await self.owner.add_user("vera")
        await self.owner.add_user("olga", "operator", ["ml"])
        for name in ("vera", "olga"):
            self.tokens[name] = (await self.owner.create_token(f"{name}s", user=name)).token
        await self.owner.watch([await self.owner.request(one) for one in ("sales", "train")], look=lambda seen: None)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    root = tmp_path_factory.mktemp("company")
    (root / "pipelines").mkdir()
    (root / "pipelines" / "work.py").write_text(textwrap.dedent(DAGS))
    (root / "flowlite.toml").write_text('[flowlite]\nstate = "state"\n')
    done = subprocess.run([*COMMAND, "up", "--detach"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    company = Company(root)
    try:
        asyncio.run(company.employ())
        yield company
    finally:
        subprocess.run([*COMMAND, "down", "--kill"], cwd=root, capture_output=True, check=False)


# --- the server -------------------------------------------------------------------------------------------------------
@dataclass
class Served:
    """A server, the clock that it goes by, and what it has told."""

    web: Web
    company: Company
    port: int
    told: list[str]
    now: list[float]
    stack: AsyncExitStack

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def browser(self, who: str | None = None) -> Browser:
        """One of its own; logged in."""
        jar = aiohttp.CookieJar(unsafe=True)  # for a host that is a number
        http = await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        browser = Browser(self, http)
        if who is not None:
            found = await browser.log_in(self.company.tokens[who])
            assert found.status == 200, found.text
        return browser


@dataclass
class Answer:
    status: int
    text: str
    headers: Any
    url: str


class Browser:
    """Sends what browsers send, unless told otherwise."""

    def __init__(self, served: Served, http: aiohttp.ClientSession) -> None:
        self.served, self.http = served, http

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        given = {"Origin": self.served.address} if method == "POST" and headers is None else headers or {}
        async with self.http.request(method, self.served.address + path, headers=given, **more) as found:
            raw = await found.read()
            return Answer(found.status, raw.decode("utf-8", "replace"), found.headers, str(found.url))

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers)

    async def log_in(self, token: str) -> Answer:
        return await self.ask("POST", "/login", data={"token": token})

    async def opened(self, place: str = "", *, width: int = 200, origin: str | None = "own") -> Screen:
        """A tab."""
        headers = {} if origin is None else {"Origin": self.served.address if origin == "own" else origin}
        address = f"{self.served.address}/ws/{place}?width={width}&height=50"
        return Screen(await self.http.ws_connect(address, headers=headers))

    async def refused(self, place: str = "", **how: Any) -> int:
        """The status with which a tab is not opened."""
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await self.opened(place, **how)
        return caught.value.status


class Screen:
    """A tab: what was drawn in it since it was opened, and what its page was told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket, self.drawn, self.heard = socket, "", []

    async def until(self, what: Callable[[], object]) -> None:
        """Read until it is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not what():
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.drawn += STEERING.sub("", message.data.decode("utf-8", "replace"))
                elif message.type is aiohttp.WSMsgType.TEXT:
                    self.heard.append(json.loads(message.data))
                else:
                    raise AssertionError(f"closed: {message}; drawn: {self.drawn[-2000:]}")

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.drawn)

    async def is_told(self, what: str) -> Any:
        await self.until(lambda: any(said[0] == what for said in self.heard))
        return next(said[1] for said in self.heard if said[0] == what)

    async def press(self, keys: str) -> None:
        await self.socket.send_json(["stdin", keys])

    async def end(self) -> tuple[int | None, str]:
        """Close code and reason, when the server closes it."""
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self.socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
        return message.data, message.extra


@pytest.fixture
async def serve(company: Company) -> AsyncIterator[Callable[..., Any]]:
    """`await serve(tabs=1)`: a server that is so configured."""
    async with AsyncExitStack() as stack:

        async def served(words: Sequence[str] = (), look_every_s: float = 10.0, **options: Any) -> Served:
            port, told, now = options.pop("port", None) or free_port(), [], [1000.0]
            command = started_by(COMMAND, company.state, "Europe/Berlin")
            web = Web(
                Section(port=port, **options), company.state, (lambda place: words) if words else command,
                tell=told.append, clock=lambda: now[0], look_every_s=look_every_s,
            )  # fmt: skip
            await web.start()
            stack.push_async_callback(web.stop)
            clients = await stack.enter_async_context(AsyncExitStack())
            return Served(web, company, port, told, now, clients)

        yield served


@pytest.fixture
async def served(serve: Callable[..., Any]) -> Served:
    return await serve()


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """For localhost, as `[web]` wants it."""
    made = {"tls_certificate": str(tmp_path / "chain.pem"), "tls_key": str(tmp_path / "key.pem")}
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-out", made["tls_certificate"], "-keyout", made["tls_key"]]
    try:
        subprocess.run([*words.split(), *names], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


# --- processes --------------------------------------------------------------------------------------------------------
def terminal_uis(state: Path) -> list[int]:
    """The processes of terminal UIs on this state, as the kernel knows them."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_one(command_of(pid), state)]


def is_one(words: list[str], state: Path) -> bool:
    return "--browser" in words and str(state) in words


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def environment_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


async def come_true(what: Callable[[], object]) -> None:
    """What it waits for happens in another process."""
    async with asyncio.timeout(PATIENCE_S):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
