"""What somebody may in a tab is what they may, and a tab's process ends with it: real terminal UIs on a real daemon."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from flowlite.web import tab as process_of_tab
from flowlite.web import tabs
from flowlite.web.logins import IDLE, LOGGED_OUT, REVOKED

from .conftest import come_true, command_of, environment_of, terminal_uis

STUBBORN = (sys.executable, "-u", "-c", """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
print("__GANGLION__")
while True:
    time.sleep(60)
""")  # fmt: skip
SPEECHLESS = (sys.executable, "-c", "import sys; sys.exit('flowlite: it all went wrong')")


@pytest.fixture
def _in_a_hurry(monkeypatch):
    """Those who never end by themselves are waited for a moment only."""
    monkeypatch.setattr(process_of_tab, "WITHIN_S", 0.1)
    monkeypatch.setattr(tabs, "PATIENCE_S", 0.1)


@pytest.fixture(autouse=True)
async def _nothing_is_left(company, serve):
    """Of any test."""
    yield
    await come_true(lambda: not terminal_uis(company.state))


# --- rights -----------------------------------------------------------------------------------------------------------
async def test_a_viewer_sees_everything_and_is_refused_with_the_reason(served, company):
    before = await company.owner.runs(dag_id="train")
    tab = await (await served.browser("vera")).opened("dag/train")
    assert await tab.is_told("place") == "dag/train"
    await tab.shows("read-only")
    await tab.press("t")
    await tab.shows("vera is viewer, and viewers only look")
    assert await company.owner.runs(dag_id="train") == before
    await tab.socket.close()


async def test_an_operator_of_a_team_acts_on_its_dags_under_their_own_name_and_on_no_others(served, company):
    browser = await served.browser("olga")
    foreign = await browser.opened("dag/sales")
    own = await browser.opened("dag/train")
    for tab, dag_id in ((foreign, "sales"), (own, "train")):
        await tab.shows("trigger")
        await tab.press("t")
        await tab.shows(f"flowlite trigger {dag_id}")
        await tab.press("\r")
    await foreign.shows("olga is operator of team ml, and DAG 'sales' is of team data")
    await own.shows("run 3")
    (newest, *_) = await company.owner.runs(dag_id="train")
    assert (newest.id, (await company.owner.detail(newest.id)).run.asked_by) == (3, "olga")
    await asyncio.gather(foreign.socket.close(), own.socket.close())


async def test_a_viewer_who_is_asked_by_name_answers(served, company):
    run = await company.owner.request("ship")
    tab = await (await served.browser("vera")).opened("approvals")
    await tab.shows("read-only")
    await tab.shows("may it go out?")
    await tab.press("a")
    await tab.shows("may be answered by vera")
    await tab.press("\t\r")
    await tab.shows(f"ship.ask of run {run} approved")
    await tab.socket.close()


# --- the process ------------------------------------------------------------------------------------------------------
async def test_its_process_has_their_token_and_nothing_else_of_ours(served, company, monkeypatch):
    monkeypatch.setenv("LAKE_SECRET", "canary")
    monkeypatch.setenv("FLOWLITE_CONFIG", "canary")
    tab = await (await served.browser("vera")).opened("run/1")
    await tab.shows("row 2 is bad")
    (pid,) = terminal_uis(company.state)
    theirs = environment_of(pid)
    assert theirs["FLOWLITE_TOKEN"] == company.tokens["vera"]
    assert set(theirs) <= {*process_of_tab.environment_of({}, "", 1, 1), *process_of_tab.KEPT}
    assert "canary" not in theirs.values()
    assert command_of(pid)[-3:-1] == ["--", "run/1"]
    for one in (pid, os.getpid()):
        assert not any(company.tokens["vera"] in word for word in command_of(one))
    assert os.getsid(pid) == pid  # no shell between us, and what it starts ends with it
    assert parent_of(pid) == os.getpid()
    await tab.socket.close()


def parent_of(pid: int) -> int:
    return int(re.search(r"PPid:\t(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


@pytest.mark.parametrize("place", ["nowhere", "--read-only", "$(id); id"])
async def test_a_place_is_a_place_and_never_an_option_or_a_command(served, place):
    tab = await (await served.browser("vera")).opened(place)
    code, reason = await tab.end()
    assert code == 4000 and reason.startswith("there is no place"), reason


async def test_a_tab_that_is_closed_leaves_nothing(served, company):
    browser = await served.browser("vera")
    first, second = [await browser.opened() for _ in range(2)]
    for tab in (first, second):
        await tab.shows("flowlite")
    assert len(terminal_uis(company.state)) == served.web.tabs.count == 2
    await first.socket.close()
    await come_true(lambda: len(terminal_uis(company.state)) == 1)
    second.socket._response.connection.transport.abort()  # a browser that is killed says no goodbye
    await come_true(lambda: not terminal_uis(company.state))
    await come_true(lambda: served.web.tabs.count == 0)


@pytest.mark.usefixtures("_in_a_hurry")
async def test_one_that_ignores_every_request_to_end_is_killed(serve):
    served = await serve(words=STUBBORN)
    tab = await (await served.browser("vera")).opened()
    await come_true(lambda: served.web.tabs.count == 1 and children())
    (pid,) = children()
    await tab.socket.close()
    await come_true(lambda: not command_of(pid))


def children() -> list[int]:
    """Of this process that are stubborn."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if STUBBORN[-1] in command_of(pid)]


async def test_a_terminal_ui_that_breaks_off_says_why(serve, served, company):
    broken = await serve(words=SPEECHLESS)
    tab = await (await broken.browser("vera")).opened()
    assert await tab.end() == (4000, "it all went wrong")
    tab = await (await served.browser("vera")).opened()
    await tab.shows("flowlite")
    os.kill(terminal_uis(company.state)[0], signal.SIGKILL)
    assert await tab.end() == (4000, "the terminal UI broke off (signal 9)")


@pytest.mark.slow
async def test_who_leaves_it_is_told_that_they_did(served):
    tab = await (await served.browser("vera")).opened()
    await tab.shows("flowlite")
    await tab.press("q")
    assert await tab.end() == (4000, "You have left the terminal UI.")


# --- how many ---------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("_in_a_hurry")
async def test_so_many_tabs_in_all_and_so_many_each(serve):
    served = await serve(words=STUBBORN, tabs=3, tabs_each=2)
    vera, other, olga = [await served.browser(who) for who in ("vera", "vera", "olga")]
    opened = [await vera.opened(), await other.opened()]
    assert await vera.refused() == await other.refused() == 429
    assert "you have 2 tabs open" in (await vera.get("/tabs")).text
    assert (await olga.get("/tabs")).status == 204
    opened.append(await olga.opened())
    assert await olga.refused() == 429
    assert "3 tabs are open in all" in (await olga.get("/tabs")).text
    assert (await vera.get("/")).status == 200
    await come_true(lambda: len(children()) == 3)
    await asyncio.gather(*(tab.socket.close() for tab in opened))
    await come_true(lambda: not children())


@pytest.mark.slow
@pytest.mark.usefixtures("_in_a_hurry")
async def test_five_hundred_at_once_get_no_more_than_there_are(serve):
    served = await serve(words=STUBBORN, tabs=4, tabs_each=4)
    browser = await served.browser("vera")

    async def opened():
        try:
            return await browser.opened()
        except Exception as error:
            return error

    found = await asyncio.gather(*(opened() for _ in range(500)))
    lucky = [one for one in found if not isinstance(one, Exception)]
    await come_true(lambda: len(children()) == 4)
    assert len(lucky) == 4
    await asyncio.gather(*(tab.socket.close() for tab in lucky))
    await come_true(lambda: not children())


@pytest.mark.slow
async def test_a_page_that_is_reloaded_finds_the_place_of_the_one_before(serve):
    served = await serve(tabs=1)
    browser = await served.browser("vera")
    before = await browser.opened("pools")
    assert await before.is_told("place") == "pools"
    await before.socket.close()  # its process takes a moment to end
    after = await browser.opened("pools")
    assert await after.is_told("place") == "pools"
    await after.socket.close()


# --- the end of a login -----------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("_in_a_hurry")
async def test_a_token_that_is_revoked_closes_what_is_open(serve, company):
    served = await serve(words=STUBBORN, look_every_s=0.1)
    token = (await company.owner.create_token("short-lived")).token
    browser = await served.browser()
    await browser.log_in(token)
    tab = await browser.opened()
    await company.owner.revoke_token("short-lived")
    assert await tab.end() == (tabs.LOGIN_OVER, REVOKED)
    assert (await browser.get("/")).status == 401
    assert served.told[-1] == "token short-lived is logged out: the token was revoked"


@pytest.mark.usefixtures("_in_a_hurry")
async def test_logging_out_closes_all_tabs_of_that_browser_and_no_others(serve):
    served = await serve(words=STUBBORN)
    browser, other = await served.browser("vera"), await served.browser("vera")
    tab, stays = await browser.opened(), await other.opened()
    await come_true(lambda: len(children()) == 2)
    await browser.ask("POST", "/logout")
    assert await tab.end() == (tabs.LOGIN_OVER, LOGGED_OUT)
    assert len(children()) == served.web.tabs.count == 1
    await stays.socket.close()
    await come_true(lambda: not children())


@pytest.mark.usefixtures("_in_a_hurry")
async def test_a_key_keeps_one_logged_in_and_looking_does_not(serve):
    served = await serve(words=STUBBORN, look_every_s=0.05, idle_minutes=10)
    browser = await served.browser("vera")
    tab = await browser.opened()
    served.now[0] += 500
    await tab.press("j")
    await tab.socket.send_json(["ping", "1"])
    await tab.is_told("pong")
    served.now[0] += 500
    await browser.get("/tabs")
    assert not tab.socket.closed
    served.now[0] += 150
    assert await tab.end() == (tabs.LOGIN_OVER, IDLE)
    assert (await browser.get("/")).status == 401


# --- what a page may send ---------------------------------------------------------------------------------------------
NONSENSE = [
    "", "nix", "[]", "{}", '"stdin"', '["stdin"]', '["stdin", 1]', '["resize", {"width": "x"}]', '["quit"]',
    '["resize", {"width": -1, "height": 1e9}]', "[" * 10_000, '["stdin", "\\ud800"]',
]  # fmt: skip


@pytest.mark.usefixtures("_in_a_hurry")
async def test_nonsense_is_passed_over(serve):
    served = await serve(words=STUBBORN)
    tab = await (await served.browser("vera")).opened()
    for text in NONSENSE:
        await tab.socket.send_str(text)
    await tab.socket.send_json(["ping", "still here"])
    assert await tab.is_told("pong") == "still here"
    tab.socket._response.connection.transport.abort()
    await come_true(lambda: not children())


@pytest.mark.usefixtures("_in_a_hurry")
async def test_a_message_without_end_ends_the_tab(serve):
    served = await serve(words=STUBBORN)
    tab = await (await served.browser("vera")).opened()
    await tab.socket.send_json(["stdin", "x" * 300_000])
    assert (await tab.end())[0] == 1009
    await come_true(lambda: not children())


# --- files ------------------------------------------------------------------------------------------------------------
async def test_a_log_goes_to_the_downloads_of_whoever_asked(served, company):
    browser, other = await served.browser("vera"), await served.browser("olga")
    tab = await browser.opened("run/2")
    await tab.shows("line 2999 of a log")
    await tab.press("L")
    await tab.shows("pager")
    await tab.press("O")
    key = await tab.is_told("download")
    assert (await other.get(f"/download/{key}")).status == 404
    found = await browser.get(f"/download/{key}")
    assert found.text.count("\n") == 3000 and "line 1500 of a log" in found.text
    assert found.headers["Content-Disposition"].startswith('attachment; filename="run 2 say attempt 1.log"')
    assert found.headers["Content-Type"] == "application/octet-stream"
    assert (await browser.get(f"/download/{key}")).status == 404  # once
    await tab.socket.close()


@pytest.mark.slow
async def test_a_dag_file_goes_there_too(served, company):
    browser = await served.browser("vera")
    tab = await browser.opened("dag/train")
    await tab.shows("say")
    await tab.press("o")
    found = await browser.get(f"/download/{await tab.is_told('download')}")
    assert found.text == (company.root / "pipelines" / "work.py").read_text()
    await tab.socket.close()
