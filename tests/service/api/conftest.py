"""The real server on a real socket, with an engine behind it, in the process of the test."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from flowlite import Context, Dag, Retry, dag, task
from flowlite.client.remote import RemoteDesk
from flowlite.client.remote_line import Line
from flowlite.config.sections import Api as Section
from flowlite.engine.engine import Engine
from flowlite.engine.settings import EngineSettings
from flowlite.loading.catalog import Catalog
from flowlite.service.api.api import Api, Hooks
from flowlite.service.api.place import SOCKET
from flowlite.service.desk import Desk
from flowlite.service.places import Place
from flowlite.store.store import Store


@task
async def cities() -> list[str]:
    return ["Berlin", "Paris", "Oslo"]


@task
async def measure(city: str, ctx: Context) -> int:
    ctx.log.info("measuring %s", city)
    return len(city)


@dag(schedule="@daily")
def lengths():
    """Measure every city."""
    measure.map(cities())


@task
async def trip():
    raise ValueError("over a stone")


@dag
def broken():
    trip()


@task(retries=Retry(1, delay=0.05))
async def climb(ctx: Context):
    if ctx.attempt == 1:
        raise ValueError("slipped")


@dag
def stubborn():
    climb()


class Gate(BaseModel):
    gate: str = ""


@task
async def hold(ctx: Context):
    while not Path(ctx.params.gate).exists():  # noqa: ASYNC110  the test opens it from outside
        await asyncio.sleep(0.01)


@dag(params=Gate, sla=timedelta(minutes=45))
def held():
    hold()


DAGS = {"lengths": lengths, "broken": broken, "held": held, "stubborn": stubborn}


@dataclass
class World:
    """A server and ways to talk to it."""

    api: Api
    engine: Engine
    place: Place
    http: httpx.AsyncClient
    desk: Any
    asked: list[str]

    @property
    def socket(self) -> Path:
        return self.place.state / SOCKET

    async def run(self, dag_id: str = "lengths", **named: Any) -> int:
        """A run that has ended."""
        run = await self.desk.request(dag_id, **named)
        await self.engine.end_of(run)
        return run

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a good answer."""
        found = await self.http.get(path, params=query)
        assert found.status_code == 200, found.text
        return found.json()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def section() -> Section:
    return Section()


@asynccontextmanager
async def served(state: Path, section: Section, dags: Mapping[str, Dag] = DAGS) -> AsyncIterator[World]:
    """A server, and at the end nothing of it."""
    state.mkdir(mode=0o700, parents=True)
    async with AsyncExitStack() as stack:
        store = Store.open(state / "flowlite.db")
        stack.callback(store.close)
        engine = Engine(store, EngineSettings(state_dir=state, pools={"default": 32}))
        await engine.start(dags.values())
        stack.push_async_callback(engine.stop, leave_processes=False)
        place = Place(state=state, dag_folders=(state.parent / "pipelines",), pools={"default": 32})
        asked: list[str] = []
        catalog = Catalog(dags=dict(dags))
        hooks = Hooks(
            shutdown=asked.append,
            desk=lambda caller: Desk(engine, catalog, caller.name, known_as=caller.known_as),
        )
        api = Api(engine, catalog, place, hooks, section)
        await api.start()
        stack.push_async_callback(api.stop)
        by_socket = httpx.AsyncHTTPTransport(uds=str(state / SOCKET))
        http = httpx.AsyncClient(transport=by_socket, base_url="http://flowlite", timeout=30)
        stack.push_async_callback(http.aclose)
        yield World(api, engine, place, http, RemoteDesk(Line(state / SOCKET)), asked)


@pytest.fixture
def serve() -> Callable[..., AbstractAsyncContextManager[World]]:
    return served


@pytest.fixture
async def world(state: Path, section: Section) -> AsyncIterator[World]:
    async with served(state, section) as world:
        yield world


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    made = [str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    try:
        subprocess.run(
            [*words, "-addext", "subjectAltName=DNS:localhost", "-out", made[0], "-keyout", made[1]],
            check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return made[0], made[1]
