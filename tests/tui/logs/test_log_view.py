"""The log in the terminal, on recorded worlds: what each key does, and what is seen at first."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest

from flowlite.tui.app import FlowliteApp
from flowlite.tui.places import place_of
from flowlite.tui.sheets.long_line import LongLine
from flowlite.tui.views.run import RunView
from flowlite.tui.widgets.log_view import LogView

NIGHTLY, DEDUPE = 51, "transform.dedupe"


async def until(what: Callable[[], Any]) -> None:
    """Wait until it is true; answers of the daemon come when they come."""
    for _ in range(500):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


class Seen(SimpleNamespace):
    """An application with a log in it."""

    app: Any
    pilot: Any
    world: Any

    @property
    def view(self) -> LogView:
        return self.app.screen_stack[0].query_one(LogView)

    @property
    def pane(self):
        return self.view.pane

    @property
    def rows(self) -> list[str]:
        """What is on the screen of the log, as text."""
        found = []
        for row in self.view.rows:
            text = ""
            for span in row:
                text = text.ljust(span.x) + span.text
            found.append(text.rstrip())
        return found

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, what: Callable[[], Any]) -> None:
        await until(what)
        self.view.renew_now()

    async def opened(self) -> None:
        """Wait for the log, if it is on the screen."""
        await self.until(lambda: not self.view.display or (self.pane is not None and self.pane.begins_at is not None))

    async def type(self, text: str) -> None:
        await self.press(*text, "enter")


@pytest.fixture
def looking(worlds) -> Callable[..., Any]:
    @asynccontextmanager
    async def look(world: str, place: str, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Seen]:
        async with worlds(world) as there:
            latest = {run.dag_id: run.id for run in reversed(await there.remote.runs(limit=200))}
            app = FlowliteApp(there.remote, place=place_of(place.format_map(latest)), clock=there.clock.now, zone=UTC)
            async with app.run_test(size=size) as pilot:
                seen = Seen(app=app, pilot=pilot, world=there)
                await seen.until(lambda: app.view is not None and app.view.query_one("#tree").picking.key)
                await seen.opened()
                yield seen

    return look


# --- at first ---------------------------------------------------------------------------------------------------------
async def test_a_failed_run_opens_on_the_last_error_of_its_first_failure(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.until(lambda: seen.pane.errors.is_counted and "2 of 2 errors" in seen.text)
        assert seen.pane.row.line.text == "Traceback (most recent call last):"
        assert "MemoryError: unable to allocate" in seen.rows[-2]
        assert "Log transform.dedupe  1 2 3" in seen.rows[0]
        assert "424 lines" in seen.rows[0]
        assert not seen.view.is_live


async def test_what_runs_is_followed_as_it_grows_until_one_goes_up(looking):
    async with looking("busy", "run/{retrain_model}/train") as seen:
        before = seen.pane.count
        await seen.until(lambda: "FOLLOWING" in seen.text and seen.pane.pages.is_whole)
        await seen.world.advance(seconds=20)
        await seen.until(lambda: seen.pane.count > before and f"{seen.pane.count} lines" in seen.rows[0])
        await seen.press("L", "k")
        assert "PAUSED" in seen.rows[0]
        at, before = seen.pane.line, seen.pane.count
        await seen.world.advance(seconds=20)
        await seen.until(lambda: seen.pane.count > before)
        assert (seen.pane.line, seen.pane.is_following) == (at, False)
        await seen.press("f")
        assert "FOLLOWING" in seen.rows[0]
        await seen.press("f")
        assert not seen.pane.is_following
        await seen.press("G")
        assert seen.pane.is_following
        while seen.view.is_live:
            await seen.world.advance(minutes=5)
            await asyncio.sleep(0.05)
        await seen.until(lambda: "FOLLOWING" not in seen.text and "round 200" in seen.text)


# --- keys -------------------------------------------------------------------------------------------------------------
async def test_keys_move_the_cursor(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L")
        await seen.until(lambda: seen.view.has_focus and seen.pane.height > 20)
        moves = {
            "g": 0, "j": 1, "down": 2, "k": 1, "up": 0, "pagedown": 27, "pageup": 0, "ctrl+d": 13, "ctrl+u": 0,
            "G": 423, "home": 0, "end": 423,
        }  # fmt: skip
        for key, place in moves.items():
            await seen.press(key)
            assert seen.pane.cursor == place, key
        await seen.until(lambda: "MemoryError" in seen.rows[-2])
        seen.view.wheeled(-5)
        assert seen.pane.position.top == 391


async def test_a_search_goes_through_the_whole_log_and_counts(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L", "g", "slash")
        await seen.type("RSS")
        await seen.until(lambda: "not found" in seen.text)
        await seen.press("slash", *["backspace"] * 3)
        await seen.type("rss")
        for key, line, told in (("", 98, "1 of 4"), ("n", 196, "2 of 4"), ("n", 294, "3 of 4"), ("N", 196, "2 of 4")):
            if key:
                await seen.press(key)
            await seen.until(lambda line=line, told=told: seen.pane.line == line and told in seen.text)
        assert [span.text for row in seen.view.rows for span in row if span.role.startswith("match")] == ["rss"]
        await seen.press("N", "N")
        await seen.until(lambda: "4 of 4  from the other end" in seen.text)
        await seen.press("escape")
        assert "/rss" not in seen.text


async def test_errors_are_gone_through_one_message_at_a_time(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L", "g", "e")
        await seen.until(lambda: seen.pane.line == 417 and "1 of 2 errors" in seen.text)
        await seen.press("e")
        await seen.until(lambda: seen.pane.line == 418 and "2 of 2 errors" in seen.text)
        await seen.press("E")
        await seen.until(lambda: seen.pane.line == 417)


async def test_a_level_keeps_messages_whole_and_says_how_much_is_left_out(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L", "l")
        await seen.until(lambda: "warnings  11 of 424" in seen.rows[0] and "MemoryError" in seen.text)
        assert seen.pane.line == 418  # where the cursor was
        await seen.press("l")
        await seen.until(lambda: "errors  7 of 424" in seen.rows[0])
        await seen.press("full_stop")
        await seen.until(lambda: "merge chunk 412/420" in seen.text and "with context" in seen.text)
        assert len(seen.pane.pages.at(0).before) == 3
        await seen.press("l", "l", "l")
        await seen.until(lambda: "424 lines" in seen.rows[0])
        assert seen.pane.line == 418


async def test_one_goes_to_a_line_a_share_or_a_time(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L")
        for text, line in (("100", 99), ("50%", 211), ("99,999", 423), ("+0s", 0)):
            await seen.press("at")
            await seen.type(text)
            await seen.until(lambda line=line: seen.pane.line == line)
        await seen.press("at", *"soon", "enter")
        assert "is no place in a log" in seen.app.screen_stack[0].query_one("Prompt").error
        await seen.press("escape")
        assert seen.view.has_focus


async def test_attempts_have_tabs_and_stand_side_by_side_in_time(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L", "1")
        await seen.until(lambda: seen.view.attempt == 1 and seen.pane.row is not None)
        first = seen.pane.row.line.stamp
        await seen.press("9")
        assert "there is no attempt 9 yet" in seen.app.message[0]
        await seen.press("3", "equals_sign")
        await seen.until(lambda: seen.view.other and seen.view.other.row and "attempt 3 │ attempt 2" in seen.rows[0])
        for key in ("g", "G"):
            await seen.press(key)
            await seen.until(lambda: near(seen.pane, seen.view.other))
            assert seen.pane.depth == seen.view.other.depth
        assert seen.pane.row.line.stamp > first
        await seen.press("equals_sign")
        assert seen.view.other is None


def near(one, other) -> bool:
    """At the same time since their beginnings, to a line."""
    if None in (one.row, other.row, one.begins_at, other.begins_at):
        return False
    return abs((one.row.line.at - one.begins_at) - (other.row.line.at - other.begins_at)) < 10


async def test_lines_are_wrapped_scrolled_and_timed_otherwise(looking):
    async with looking("failing", f"run/{NIGHTLY}", (80, 24)) as seen:
        await seen.press("L")
        await seen.opened()
        await seen.press("G")
        await seen.until(lambda: "…" in seen.text)
        await seen.press("w")
        assert "…" not in seen.text
        await seen.press("w", "right")
        assert "MemoryError: unable" not in seen.text
        await seen.press("left", "T")
        assert "+3m" in seen.text
        await seen.press("T")
        assert seen.rows[-2].startswith("▌      MemoryError")


async def test_lines_and_the_path_are_copied(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        written = []
        seen.app._driver.write = written.append
        await seen.press("L", "G", "v", "k")
        assert "2 lines marked" in seen.text
        await seen.press("y")
        await seen.until(lambda: copied(written))
        assert copied(written)[-1].splitlines()[1] == "MemoryError: unable to allocate 1.2 GiB for chunk 412"
        await seen.press("Y")
        await seen.until(lambda: len(copied(written)) == 2)
        assert copied(written)[-1].endswith(f"logs/orders_nightly/{NIGHTLY}/{DEDUPE}.3.log")


def copied(written: list[str]) -> list[str]:
    """What the terminal was asked to copy."""
    found = [one.partition("\x1b]52;c;")[2].partition("\x07")[0] for one in written if "\x1b]52;c;" in one]
    return [base64.b64decode(one).decode() for one in found]


async def test_the_log_is_opened_in_other_programs_at_its_line(looking, monkeypatch, tmp_path):
    from contextlib import nullcontext

    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\n')
    program.chmod(0o755)
    (tmp_path / "vi").symlink_to(program)
    monkeypatch.setenv("PAGER", str(program))
    monkeypatch.setenv("VISUAL", str(tmp_path / "vi"))
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        monkeypatch.setattr(seen.app, "suspend", nullcontext)
        await seen.press("L", "G", "O")
        await seen.until((tmp_path / "said").exists)
        await seen.press("o")
        await seen.until(lambda: (tmp_path / "said").read_text().count("\n") == 2)
        path = seen.world.place.state / "logs" / "orders_nightly" / str(NIGHTLY) / f"{DEDUPE}.3.log"
        assert (tmp_path / "said").read_text() == f"{path}\n+424 {path}\n"
        monkeypatch.setenv("PAGER", str(tmp_path / "nowhere"))
        await seen.press("O")
        await seen.until(lambda: seen.app.message and "can't be started" in seen.app.message[0])


async def test_a_line_that_is_cut_can_be_read_to_its_end(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        log = seen.world.place.state / "logs" / "orders_nightly" / str(NIGHTLY) / f"{DEDUPE}.3.log"
        text = log.read_text()
        log.unlink()
        log.write_text("2026-11-25T02:00:00.000Z out   " + "".join(f"{n:06} " for n in range(40_000)) + f"\n{text}")
        await seen.press("L", "g")
        await seen.until(lambda: seen.pane.pages.total == 425 and "⏎" in seen.text)
        await seen.press("g", "enter")
        await seen.until(lambda: isinstance(seen.app.screen, LongLine))
        sheet = seen.app.screen
        await seen.until(lambda: "000000 000001" in sheet._page.text)
        await seen.press("j", "j")
        await seen.until(lambda: "000000" not in sheet._page.text and sheet._starts[-1] > 1_000)
        await seen.press("k", "g")
        await seen.until(lambda: sheet._page.text.startswith("2026-"))
        await seen.press("escape")
        assert seen.app.screen is seen.app.screen_stack[0]


async def test_escape_gives_up_marks_then_the_search_then_the_log(looking):
    async with looking("failing", f"run/{NIGHTLY}", (80, 24)) as seen:
        view = seen.app.view
        assert isinstance(view, RunView)
        assert not seen.view.display
        await seen.press("enter")
        assert seen.view.display and seen.view.has_focus
        await seen.opened()
        await seen.press("v", "escape", "slash", "r", "enter", "escape")
        assert (seen.pane.anchor, seen.pane.search, seen.view.has_focus) == (None, None, True)
        await seen.press("escape")
        assert view.query_one("#tree").has_focus
        assert not seen.view.display


async def test_what_has_no_log_says_so(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("g")
        await seen.until(lambda: "put the cursor on a task" in seen.text)
        await seen.press("L")
        assert "extract is a group" in seen.app.message[0]
        await seen.press("G")
        await seen.until(lambda: "has not been started yet" in seen.text)
        await seen.press("tab", "slash")
        assert "has not been started yet" in seen.app.message[0]


# --- the daemon -------------------------------------------------------------------------------------------------------
async def test_a_log_stays_where_it_is_while_the_daemon_is_away(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        await seen.press("L", "l", "at")
        await seen.type("295")
        await seen.until(lambda: seen.pane.line == 294)
        await seen.world.down()
        await seen.until(lambda: not seen.app.reader.is_live)
        await seen.press("j", "j")
        assert seen.pane.line == 417
        await seen.world.up()
        await seen.until(lambda: seen.app.reader.is_live)
        assert (seen.pane.line, seen.view.shown.level) == (417, "warn")
        await seen.press("slash")
        await seen.type("rss")
        await seen.until(lambda: seen.pane.search.line == 98)


async def test_a_log_that_was_written_anew_is_seen_anew(looking):
    async with looking("failing", f"run/{NIGHTLY}") as seen:
        log = seen.world.place.state / "logs" / "orders_nightly" / str(NIGHTLY) / f"{DEDUPE}.3.log"
        await seen.press("L", "G")
        log.unlink()
        log.write_text("2026-11-25T02:00:00.000Z out   short\n")
        await seen.press("k")
        await seen.until(lambda: seen.pane.pages.total == 1 and "short" in seen.text)
        assert seen.pane.cursor == 0
