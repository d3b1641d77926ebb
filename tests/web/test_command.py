"""`flowlite web` as it is called: what it says, and that nothing of it is left, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import SimpleNamespace

import aiohttp
import pytest
from click.testing import CliRunner

from flowlite.cli.root import flowlite

from .conftest import COMMAND, Browser, Company, Screen, come_true, free_port, terminal_uis


def called(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(flowlite, list(words), prog_name="flowlite")
    return found.exit_code, found.stderr


def test_without_a_daemon_it_says_so_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = called("--state", str(tmp_path), "web")
    assert (code, said) == (1, f"flowlite: no daemon works on {tmp_path}; start one with `flowlite up`\n")


def test_without_the_extra_it_says_what_to_install(company, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("flowlite.web", "textual_serve"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    code, said = called("--state", str(company.state), "web")
    assert code == 1
    assert said == "flowlite: the terminal UI in a browser needs more: pip install 'flowlite[web]'\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--host", "0.0.0.0"], r"host '0\.0\.0\.0' can be reached from outside.*tls_certificate"),
        (["--host", "0.0.0.0", "--insecure", "--port", "99999"], "invalid value for '--port'"),
        (["--host", "192.0.2.1", "--insecure"], r"192\.0\.2\.1:8081 can't be listened on"),
    ],
)
def test_what_it_can_not_do_is_said_in_one_line(company, words, problem):
    code, said = called("--state", str(company.state), "web", *words)
    assert code == 2 and said.count("\n") == 1
    assert re.search(problem, said), said


# --- its life ---------------------------------------------------------------------------------------------------------
@pytest.fixture
async def begin(company: Company) -> AsyncIterator[object]:
    """`await begin()`: a server in a process of its own."""
    async with AsyncExitStack() as stack:

        async def begun(*words: str) -> tuple[subprocess.Popen[str], Browser]:
            port = free_port()
            process = subprocess.Popen(  # noqa: ASYNC220  it starts in no time
                [*COMMAND, "web", "--port", str(port), *words], cwd=company.root, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
            stack.callback(ended, process)
            assert f"the terminal UI is at http://127.0.0.1:{port}" in process.stdout.readline()
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
            browser = Browser(SimpleNamespace(address=f"http://127.0.0.1:{port}", company=company), http)
            assert (await browser.log_in(company.tokens["vera"])).status == 200
            return process, browser

        yield begun


def ended(process: subprocess.Popen[str]) -> None:
    """Whatever happened."""
    process.kill()
    process.wait()
    process.stdout.close()


async def tab_of(browser: Browser) -> Screen:
    tab = await browser.opened()
    await tab.shows("flowlite")
    return tab


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
async def test_when_it_ends_its_tabs_are_told_and_their_processes_are_gone(begin, company, how):
    process, browser = await begin()
    tabs = [await tab_of(browser) for _ in range(2)]
    assert len(terminal_uis(company.state)) == 2
    process.send_signal(how)
    for tab in tabs:
        assert await tab.end() == (1001, "the server ends")
    await come_true(lambda: process.poll() is not None)
    assert process.returncode == 0
    assert terminal_uis(company.state) == []
    said = process.stdout.read().splitlines()
    assert [line.partition(" ")[2] for line in said[:1]] == ["vera has logged in from 127.0.0.1"]
    assert said[1:] == [f"the terminal UI is in no browser any more (was process {process.pid})"]


async def test_when_it_is_killed_nothing_of_it_lives_on(begin, company):
    process, browser = await begin()
    await tab_of(browser)
    process.kill()
    await come_true(lambda: not terminal_uis(company.state))


@pytest.mark.slow
async def test_a_terminal_ui_that_hangs_ends_with_a_killed_server_too(begin, company):
    process, browser = await begin()
    await tab_of(browser)
    (pid,) = terminal_uis(company.state)
    os.kill(pid, signal.SIGSTOP)
    process.kill()
    process.wait()
    os.kill(pid, signal.SIGCONT)
    await come_true(lambda: not terminal_uis(company.state))
