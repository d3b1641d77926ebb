"""Who comes in: by which name, from which page, with which cookie. No process is started for anybody else."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

import flowlite.web
from flowlite.config import ConfigError
from flowlite.config.sections import Web as Section
from flowlite.web import door, listening
from flowlite.web.knocks import MOST
from flowlite.web.pages import FILES, OPEN
from flowlite.web.server import Web

from .conftest import Screen, terminal_uis

PAGES = Path(flowlite.web.__file__).with_name("pages")
EVERY = ["/", "/login", "/tabs", "/static/style.css", "/static/screen.js", "/download/x", "/nix", "/ws/"]


@asynccontextmanager
async def line_to(served) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        async with asyncio.timeout(20):
            yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def said(served, head: str) -> bytes:
    """The first line of the answer to a request as it stands here."""
    async with line_to(served) as (reader, writer):
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        return await reader.readline()


async def is_hung_up_on(reader: asyncio.StreamReader) -> bool:
    """Without a word."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


# --- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 401), ("LOCALHOST:8081", 401), ("127.0.0.1:1", 401), ("[::1]:8081", 401), ("flow.example", 401),
        ("proxy.example", 401), ("evil.example", 421), ("evil.example:8081", 421), ("localhost.", 421), ("", 421),
        ("localhost.evil.example", 421), ("evil.example@localhost:x", 421), ("127.0.0.1.evil.example", 421),
        ("[::1", 421), ("0.0.0.0", 421), ("127.1", 421), ("localhost\nHost: evil.example", 400),
    ],
)  # fmt: skip
async def test_only_our_own_names_are_answered_to(serve, host, status):
    served = await serve(hosts=("flow.example",), origins=("https://proxy.example",))
    assert (await said(served, f"GET / HTTP/1.1\nHost: {host}")).split()[1] == str(status).encode()


async def test_a_request_names_a_path(served):
    assert b" 400 " in await said(served, "GET http://localhost/ HTTP/1.1\nHost: localhost")
    assert b" 400 " in await said(served, "GET / HTTP/1.1")


# --- pages of other sites ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "127.0.0.1"]
)
async def test_a_page_of_another_site_gets_no_terminal_and_no_login(served, company, origin):
    origin = origin and origin.format(port=served.port)
    browser = await served.browser("vera")
    assert await browser.refused(origin=origin) == 403
    headers = {} if origin is None else {"Origin": origin}
    for path in ("/login", "/logout"):
        found = await browser.ask("POST", path, headers, data={"token": company.tokens["vera"]})
        assert found.status == 403
    assert (await browser.get("/")).status == 200  # and is still logged in
    assert terminal_uis(company.state) == []


async def test_behind_a_proxy_its_pages_are_ours(serve, company):
    served = await serve(origins=("https://flow.example/",))
    browser = await served.browser()
    headers = {"Origin": "https://flow.example", "Host": "flow.example"}
    found = await browser.ask("POST", "/login", headers, data={"token": company.tokens["vera"]}, allow_redirects=False)
    assert found.status == 303
    assert re.fullmatch(
        r"__Host-flowlite=[\w-]{43}; HttpOnly; Path=/; SameSite=Strict; Secure", found.headers["Set-Cookie"]
    )


async def test_over_tls_the_cookie_is_sent_over_nothing_else(serve, company, certificate):
    served = await serve(**certificate)
    own = f"https://localhost:{served.port}"
    trust = ssl.create_default_context(cafile=certificate["tls_certificate"])
    async with aiohttp.ClientSession(own, headers={"Origin": own}, connector=aiohttp.TCPConnector(ssl=trust)) as http:
        async with http.post("/login", data={"token": company.tokens["vera"]}, allow_redirects=False) as found:
            assert found.headers["Set-Cookie"].startswith("__Host-flowlite=")
            assert found.headers["Set-Cookie"].endswith("; HttpOnly; Path=/; SameSite=Strict; Secure")
        tab = Screen(await http.ws_connect("/ws/pools"))
        await tab.is_told("place")
        await tab.socket.close()
    with suppress(ConnectionError):
        assert await said(served, "GET / HTTP/1.1\nHost: localhost") == b""


# --- without a login --------------------------------------------------------------------------------------------------
async def test_without_a_cookie_there_is_a_login_page_and_nothing_else(served, company):
    browser = await served.browser()
    for path in EVERY:
        found = await browser.get(path)
        is_open = path == "/login" or path.removeprefix("/static/") in OPEN
        assert found.status == (200 if is_open else 401), path
        assert is_open or '<form method="post" action="/login">' in found.text
    assert await browser.refused() == 401
    browser.http.cookie_jar.update_cookies({"flowlite": "x" * 43, "__Host-flowlite": "y" * 43})
    assert await browser.refused() == 401
    assert terminal_uis(company.state) == []


async def test_other_methods_do_nothing(served):
    browser = await served.browser("vera")
    for path in EVERY:
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
            assert (await browser.ask(method, path, {"Origin": served.address})).status == 405
    for path in ("/", "/tabs", "/ws/", "/static/style.css"):
        assert (await browser.ask("POST", path)).status == 404
    assert (await browser.get("/ws/")).status == 400


async def test_no_folder_is_listed_and_none_is_left(served):
    browser = await served.browser("vera")
    for path in ("/static", "/static/", "/static/.", "/static/..", "/static/..%2fserver.py", "/static/%2e%2e/door.py",
                 "/static/..%252fdoor.py", "/static/js/textual.js", "/static//etc/passwd", "/static/style.css%00.js",
                 "/static/pages"):  # fmt: skip
        found = await said(served, f"GET {path} HTTP/1.1\nHost: localhost\nCookie: {cookie_of(browser)}")
        assert b" 404 " in found or b" 400 " in found, path
    for name in FILES:
        assert (await browser.get(f"/static/{name}")).status == 200, name


def cookie_of(browser) -> str:
    return "; ".join(f"{one.key}={one.value}" for one in browser.http.cookie_jar)


# --- what answers say -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", [None, "vera"])
async def test_every_answer_says_how_it_may_be_used(served, who):
    browser = await served.browser(who)
    found = [await browser.get(path) for path in EVERY]
    found += [await browser.ask("POST", "/login", {}), await browser.get("/", Host="evil.example")]
    for one in found:
        rules = dict(rule.strip().split(" ", 1) for rule in one.headers["Content-Security-Policy"].split(";"))
        assert rules["default-src"] == "'none'" and rules["frame-ancestors"] == "'none'", one.url
        assert rules["script-src"] == "'self'" and rules["form-action"] == "'self'"
        assert one.headers["X-Frame-Options"] == "DENY"
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert one.headers["Referrer-Policy"] == "same-origin"
        assert one.headers["Cache-Control"] == (
            "no-cache" if one.status == 200 and "/static/" in one.url else "no-store"
        )
        assert one.headers["Server"] == "flowlite"
        assert "Access-Control-Allow-Origin" not in one.headers


def test_nothing_comes_from_elsewhere_and_no_page_has_a_script_in_it():
    for path in PAGES.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//\w+\.\w+/", text), path.name
        if path.suffix == ".html":
            assert not re.search(r"<script(?! src=\"/static/)|\son\w+=|style=|javascript:", text), path.name
            for address in re.findall(r"(?:src|href|action)=\"([^\"]+)\"", text):
                assert address in ("/login", "/logout") or address.removeprefix("/static/") in FILES, address


async def test_names_are_shown_as_they_are_and_make_no_markup(served, company):
    name = '<img src=x onerror="alert(1)">'
    made = await company.owner.create_token(name)
    browser = await served.browser()
    page = await browser.log_in(made.token)
    await company.owner.revoke_token(name)
    assert "<img" not in page.text and "token &lt;img src=x" in page.text


# --- logging in -------------------------------------------------------------------------------------------------------
async def test_a_token_opens_the_page_and_its_cookie_is_for_this_browser_alone(served, company):
    browser = await served.browser()
    found = await browser.ask("POST", "/login", data={"token": f" {company.tokens['olga']}\n"}, allow_redirects=False)
    assert (found.status, found.headers["Location"]) == (303, "/")
    assert re.fullmatch(r"flowlite=[\w-]{43}; HttpOnly; Path=/; SameSite=Strict", found.headers["Set-Cookie"])
    page = await browser.get("/")
    assert "olga" in page.text and "operator of ml" in page.text
    assert company.tokens["olga"] not in page.text
    assert served.told == ["olga has logged in from 127.0.0.1"]


async def test_a_new_login_has_a_new_cookie_and_ends_the_old_one(served):
    browser = await served.browser("vera")
    before = cookie_of(browser)
    await browser.log_in(served.company.tokens["olga"])
    assert cookie_of(browser) != before
    other = await served.browser()
    other.http.cookie_jar.update_cookies({"flowlite": before.partition("=")[2]})
    assert (await other.get("/")).status == 401


async def test_logging_out_ends_it(served):
    browser = await served.browser("vera")
    before = cookie_of(browser)
    assert (await browser.ask("POST", "/logout")).status == 401
    assert cookie_of(browser) == ""
    browser.http.cookie_jar.update_cookies({"flowlite": before.partition("=")[2]})
    assert (await browser.get("/")).status == 401


@pytest.mark.parametrize("token", ["", "nonsense", "flt_" + "x" * 43, "flt_\nHost: x", "x" * 300, "flt_é", "\0"])
async def test_a_wrong_token_is_told_so(served, monkeypatch, token):
    monkeypatch.setattr(door, "SLOW_S", 0.0)
    browser = await served.browser()
    found = await browser.log_in(token)
    assert found.status == 401 and "That token opens nothing" in found.text
    assert cookie_of(browser) == ""


async def test_who_fails_too_often_waits_and_nobody_else_does(serve, company, monkeypatch):
    monkeypatch.setattr(door, "SLOW_S", 0.0)
    served = await serve(behind_proxy=True)
    browser = await served.browser()

    async def login_from(peer: str, token: str) -> int:
        headers = {"Origin": served.address, "X-Forwarded-For": peer}
        return (await browser.ask("POST", "/login", headers, data={"token": token})).status

    crowd = [login_from("192.0.2.1", "wrong") for _ in range(MOST + 5)]
    assert sorted(await asyncio.gather(*crowd)) == [401] * MOST + [429] * 5
    assert await login_from("192.0.2.1", company.tokens["vera"]) == 429
    assert await login_from("192.0.2.2", company.tokens["vera"]) == 200
    served.now[0] += 60
    assert await login_from("192.0.2.1", company.tokens["vera"]) == 200


async def test_forms_are_small_and_of_one_kind(served, company, monkeypatch):
    monkeypatch.setattr(door, "SLOW_S", 0.0)
    browser = await served.browser()
    own = {"Origin": served.address}
    assert (await browser.log_in("x" * 20_000)).status == 413
    parts = aiohttp.FormData({"token": company.tokens["vera"]}, default_to_multipart=True)
    assert (await browser.ask("POST", "/login", own, data=parts)).status == 401
    assert (await browser.ask("POST", "/login", own, json={"token": company.tokens["vera"]})).status == 401
    odd = {**own, "Content-Type": "application/x-www-form-urlencoded; charset=nix"}
    assert (await browser.ask("POST", "/login", odd, data=b"token=x")).status == 401


async def test_without_a_daemon_nobody_is_let_in_and_nobody_is_blamed(tmp_path, serve, company, monkeypatch):
    served = await serve()
    monkeypatch.setattr(served.web, "_state", tmp_path)
    browser = await served.browser()
    for _ in range(MOST + 1):
        found = await browser.log_in(company.tokens["vera"])
        assert found.status == 503 and "flowlite up" in found.text


# --- those who keep us waiting ----------------------------------------------------------------------------------------
async def test_whoever_says_nothing_is_hung_up_on(serve, certificate, monkeypatch):
    monkeypatch.setattr(listening, "WITHOUT_A_WORD_S", 0.1)
    served, with_tls = await serve(), await serve(**certificate)
    for one, words in ((served, b""), (served, b"GET / HTTP/1.1\r\nHost: local"), (with_tls, b"")):
        async with line_to(one) as (reader, writer):
            writer.write(words)
            assert await is_hung_up_on(reader)
    browser = await served.browser()
    assert (await browser.get("/login")).status == 200


async def test_a_form_that_never_ends_is_given_up(served, monkeypatch):
    monkeypatch.setattr(door, "BODY_WITHIN_S", 0.1)
    monkeypatch.setattr(door, "SLOW_S", 0.0)
    head = (
        "POST /login HTTP/1.1\nHost: localhost\nOrigin: http://localhost\nContent-Length: 100\n"
        "Content-Type: application/x-www-form-urlencoded"
    )
    assert b" 401 " in await said(served, head)


async def test_there_is_an_end_to_connections(serve, monkeypatch):
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 3)
    served = await serve()
    async with AsyncExitStack() as stack:
        for _ in range(3):
            reader, writer = await stack.enter_async_context(line_to(served))
            writer.write(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in await reader.readline()
        reader, _ = await stack.enter_async_context(line_to(served))
        assert await is_hung_up_on(reader)


# --- configuration ----------------------------------------------------------------------------------------------------
def test_a_token_never_leaves_this_machine_in_the_clear_unless_told_so(tmp_path, certificate):
    def made(is_insecure: bool = False, **options) -> Web:
        return Web(Section(**options), tmp_path, lambda place: [], tell=print, is_insecure=is_insecure)

    with pytest.raises(ConfigError, match=r"\[web\].*reached from outside.*tls_certificate"):
        made(host="0.0.0.0")
    assert made(host="0.0.0.0", is_insecure=True).is_in_the_clear
    assert not made().is_in_the_clear
    for options, address in (
        ({}, "http://127.0.0.1:8081"), ({"host": "::1"}, "http://[::1]:8081"),
        ({"host": "0.0.0.0", "hosts": ("flow.example",), **certificate}, "https://flow.example:8081"),
        ({"host": "0.0.0.0", **certificate}, f"https://{socket.gethostname()}:8081"),
        ({"origins": ("https://flow.example",)}, "https://flow.example"),
    ):  # fmt: skip
        assert made(**options).address == address
    with pytest.raises(ConfigError, match=r"\[web\].*can't be used"):
        made(is_insecure=True, tls_certificate=str(tmp_path / "nix"), tls_key=str(tmp_path / "nix"))
    for half in certificate:
        for is_insecure in (False, True):
            with pytest.raises(ConfigError, match="one is missing"):
                made(is_insecure=is_insecure, **{half: certificate[half]})
    for options in ({"tabs": 0}, {"tabs_each": 0}, {"idle_minutes": 0}):
        with pytest.raises(ConfigError, match="lets nobody in"):
            made(**options)
    for origin in ("flow.example", "ftp://flow.example", "https://flow.example/x", "https://"):
        with pytest.raises(ConfigError, match="is no origin"):
            made(origins=(origin,))
