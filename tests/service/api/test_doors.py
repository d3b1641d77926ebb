"""Who comes in: the socket's owner, tokens with their roles over TCP, and nobody else."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import ssl
import stat
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from flowlite.client.remote import Remote
from flowlite.client.remote_line import Line
from flowlite.config import ConfigError
from flowlite.config.sections import Api as Section
from flowlite.service.api import guard, listening
from flowlite.service.api.callers import Caller, account, peer
from flowlite.service.api.faults import OfAnotherTeam, RoleTooLow, TokenMissing
from flowlite.service.api.listening import unix_socket
from flowlite.service.api.place import SOCKET
from flowlite.service.api.table import ROUTES, Role
from flowlite.service.api.tcp import hosts_of, tls_of
from flowlite.service.users import BadName, Me, TokenNameTaken, TokenUnknown


# --- the socket -------------------------------------------------------------------------------------------------------
def test_the_socket_is_for_its_owner_from_its_first_instant(tmp_path, monkeypatch):
    modes = []
    bind = socket.socket.bind

    class Seen(socket.socket):
        def bind(self, address):
            bind(self, address)
            modes.append(stat.S_IMODE(os.stat(tmp_path / f"{SOCKET}.new").st_mode))

    monkeypatch.setattr(socket, "socket", Seen)
    umask = os.umask(0)
    try:
        unix_socket(tmp_path).close()
    finally:
        os.umask(umask)
    assert modes == [0o600]
    assert stat.S_IMODE(os.stat(tmp_path / SOCKET).st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [SOCKET]


def test_a_socket_that_is_left_over_is_replaced(tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / SOCKET))
    left.close()
    fresh = unix_socket(tmp_path)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(tmp_path / SOCKET))
    fresh.close()


async def test_at_the_end_the_socket_is_gone(world):
    assert world.socket.is_socket()
    await world.api.stop()
    assert not world.socket.exists()


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    return tmp_path / ("deep" * 30) / ("deeper" * 20)


async def test_a_path_that_is_too_long_for_the_kernel_is_no_obstacle(deep: Path, serve):
    async with serve(deep, Section()) as world:
        assert len(os.fsencode(world.socket)) > 200
        assert (await world.desk.detail(await world.run())).run.state == "success"


async def test_the_other_side_is_who_the_kernel_says():
    users = {"12345": Caller("12345", Role.OPERATOR, ("ml",))}

    async def by_account(name: str) -> Caller | None:
        return users.get(name)

    assert (await peer(os.geteuid(), by_account)).role == (await peer(0, by_account)).role == Role.ADMIN
    assert await peer(12346, by_account) == Caller("12346", Role.VIEWER)
    assert await peer(12345, by_account) == Caller("12345", Role.OPERATOR, ("ml",))


# --- a token at the socket --------------------------------------------------------------------------------------------
async def as_holder(world, role: str, teams: tuple[str, ...] = ()) -> Remote:
    """Over the socket, which belongs to the account of this test, and as somebody else."""
    made = await world.desk.create_token(f"{role} {teams}", role, teams)
    return Remote(Line(world.socket, made.token))


async def test_who_presents_a_token_at_the_socket_may_what_it_may_and_no_more(world):
    viewer = await as_holder(world, "viewer")
    assert await viewer.runs() == []
    with pytest.raises(RoleTooLow, match="is viewer"):
        await viewer.request("lengths")
    with pytest.raises(OfAnotherTeam, match="of no team"):
        await (await as_holder(world, "operator", ("ml",))).request("lengths")
    assert await (await as_holder(world, "operator")).request("lengths") == 1
    (row,) = await world.get("/runs")
    assert row["state"] in ("queued", "running", "success")


@pytest.mark.parametrize("said", ["Bearer nonsense", "Bearer", "Basic dTpw", "nonsense"])
async def test_a_wrong_token_at_the_socket_is_refused_and_nobody_is_taken_for_its_owner(world, said):
    assert (await world.http.get("/runs", headers={"authorization": said})).status_code == 401
    assert (await world.http.get("/runs")).status_code == 200


async def test_a_token_that_is_revoked_opens_the_socket_no_more(world):
    viewer = await as_holder(world, "viewer")
    assert await viewer.runs() == []
    await world.desk.revoke_token("viewer ()")
    with pytest.raises(TokenMissing):
        await viewer.runs()


async def test_everybody_can_ask_who_they_are(world):
    await world.desk.add_user("anna", "operator", ["ml"])
    made = await world.desk.create_token("annas laptop", user="anna")
    anna = Remote(Line(world.socket, made.token))
    assert await anna.me() == Me(name="anna", role="operator", teams=("ml",))
    assert await (await as_holder(world, "viewer")).me() == Me(name="token viewer ()", role="viewer", teams=())
    assert await Remote(Line(world.socket)).me() == Me(name=account(os.geteuid()), role="admin", teams=())


# --- tokens -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def section() -> Section:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Section(port=free.getsockname()[1], hosts=("flow.example",))


@pytest.fixture
async def port(world, section):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{section.port}") as http:
        yield http


async def key(world, role: str, name: str = "") -> dict[str, str]:
    made = await world.desk.create_token(name or role, role)
    return {"authorization": f"Bearer {made.token}"}


@pytest.mark.parametrize("key", [None, "Bearer nonsense", "Bearer", "Basic dTpw"])
async def test_without_a_token_nothing_is_open(port, key):
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        found = await port.request(route.method, path, headers={} if key is None else {"authorization": key})
        assert (found.status_code, found.headers.get("www-authenticate")) == (401, "Bearer"), route
        assert "token is needed" in found.json()["error"]


async def test_without_a_token_nobody_learns_what_there_is(port):
    for path in ("/openapi.json", "/nix", "/"):
        assert (await port.get(path)).status_code == 401


async def test_what_a_token_changes_is_written_under_its_name(world, port):
    run = await world.run("broken")
    found = await port.post(
        f"/runs/{run}/mark", headers=await key(world, "operator", "night shift"),
        json={"name": "trip", "index": None, "state": "success", "why": ""},
    )  # fmt: skip
    assert found.status_code == 200, found.text
    (row,) = await world.engine.store.views.audit_rows(limit=1)
    assert row.by == "token night shift"


async def test_a_revoked_token_opens_nothing_from_then_on(world, port):
    headers = await key(world, "viewer")
    assert (await port.get("/runs", headers=headers)).status_code == 200
    await world.desk.revoke_token("viewer")
    assert (await port.get("/runs", headers=headers)).status_code == 401
    with pytest.raises(TokenUnknown):
        await world.desk.revoke_token("viewer")


async def test_of_a_token_only_a_digest_is_kept(world, port):
    made = await world.desk.create_token("bot")
    assert (await port.get("/runs", headers={"authorization": f"bearer {made.token}"})).status_code == 200
    db = sqlite3.connect(world.place.state / "flowlite.db")
    text = "\n".join(db.iterdump())
    db.close()
    assert made.token not in text
    assert made.token[4:] not in text
    (shown,) = await world.get("/tokens")
    assert (shown["name"], shown["role"]) == ("bot", "viewer")
    assert shown["last_used_at"] >= shown["created_at"]


async def test_two_tokens_in_use_have_two_names(world):
    await world.desk.create_token("bot")
    with pytest.raises(TokenNameTaken):
        await world.desk.create_token("bot")
    await world.desk.revoke_token("bot")
    await world.desk.create_token("bot")
    for name in ("", "x" * 101, "a\nb"):
        with pytest.raises(BadName):
            await world.desk.create_token(name)


# --- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "status"), [("localhost", 200), ("flow.example", 200), ("evil.example", 403), ("", 403)]
)
async def test_only_our_own_names_are_answered_to(world, port, section, host, status):
    headers = {**await key(world, "viewer"), "host": f"{host}:{section.port}"}
    assert (await port.get("/runs", headers=headers)).status_code == status


async def test_pages_of_other_sites_are_refused(world, port, section):
    headers = await key(world, "viewer")
    ours = f"http://127.0.0.1:{section.port}"
    assert (await port.get("/runs", headers={**headers, "origin": ours})).status_code == 200
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        found = await port.get("/runs", headers={**headers, "origin": origin})
        assert found.status_code == 403, origin


async def test_nobody_can_say_that_they_came_by_the_socket(port):
    for name in ("x-forwarded-for", "forwarded", "x-real-ip"):
        assert (await port.get("/runs", headers={name: "uid:0"})).status_code == 401


# --- the port ---------------------------------------------------------------------------------------------------------
def test_a_token_never_leaves_this_machine_in_the_clear(tmp_path):
    with pytest.raises(ConfigError, match="reached from outside"):
        tls_of(Section(host="0.0.0.0", port=1))
    with pytest.raises(ConfigError, match="can't be used"):
        tls_of(Section(port=1, tls_certificate=str(tmp_path / "nix"), tls_key=str(tmp_path / "nix")))
    for half in ({"tls_certificate": "chain.pem"}, {"tls_key": "key.pem"}):
        with pytest.raises(ConfigError, match="one is missing"):
            tls_of(Section(port=1, **half))
    assert tls_of(Section(host="::1", port=1)) is None


def test_a_machine_that_is_reached_from_outside_is_called_by_its_name():
    assert socket.gethostname() in hosts_of(Section(host="0.0.0.0"))
    assert set(hosts_of(Section())) == {"localhost", "127.0.0.1", "::1"}


async def test_with_a_certificate_the_port_speaks_tls(deep, serve, section, certificate):
    chain, secret = certificate
    wanted = replace(section, host="0.0.0.0", tls_certificate=chain, tls_key=secret)
    async with serve(deep, wanted) as world:
        headers = await key(world, "viewer")
        trust = ssl.create_default_context(cafile=chain)
        async with httpx.AsyncClient(verify=trust, base_url=f"https://localhost:{section.port}") as http:
            assert (await http.get("/runs", headers=headers)).status_code == 200
            assert (await http.get("/runs")).status_code == 401
        async with httpx.AsyncClient(base_url=f"http://localhost:{section.port}") as http:
            with pytest.raises(httpx.HTTPError):
                await http.get("/runs", headers=headers)


async def test_a_port_that_is_taken_is_named(deep, section, serve):
    with socket.create_server(("127.0.0.1", section.port)):
        with pytest.raises(ConfigError, match=f"127.0.0.1:{section.port} can't be listened on"):
            async with serve(deep, section):
                pass
    assert not (deep / SOCKET).exists()


# --- those who keep us waiting ----------------------------------------------------------------------------------------
async def answer_to(world, words: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(world.socket))
    writer.write(words)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    return said


async def test_whoever_says_nothing_is_hung_up_on(state, section, serve, monkeypatch):
    monkeypatch.setattr(listening, "WITHOUT_A_WORD_S", 0.1)
    async with serve(state, section) as world:
        assert await answer_to(world, b"") == b""
        assert await answer_to(world, b"GET /runs HTTP/1.1\r\nhost:") == b""


async def test_whoever_never_ends_a_request_is_told_so(world, monkeypatch):
    monkeypatch.setattr(guard, "WITHIN_S", 0.1)
    said = await answer_to(
        world, b"POST /runs/1/cancel HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{"
    )
    assert said.startswith(b"HTTP/1.1 408 ")


async def test_no_route_answers_to_head(world):
    for path in ("/events", "/runs"):
        assert (await world.http.head(path)).status_code == 405
