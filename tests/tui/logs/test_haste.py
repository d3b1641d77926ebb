"""Keys that come faster than the screen can follow: a paste, a slow line. None of them goes astray."""

from __future__ import annotations

import asyncio
from datetime import UTC

from screens import screen_of
from textual import events

from flowlite.tui.app import FlowliteApp
from flowlite.tui.widgets.dag_list import DagList
from flowlite.tui.widgets.prompt import Prompt


def burst(app, text: str) -> None:
    """All at once, as a terminal hands over what has gathered."""
    for letter in text:
        key = {"/": "slash", ":": "colon", "\r": "enter", "\x1b": "escape", " ": "space"}.get(letter, letter)
        app.post_message(events.Key(key, letter))


async def test_what_is_typed_behind_a_slash_is_typed_and_not_done(worlds):
    async with worlds("calm") as world:
        app = FlowliteApp(world.remote, clock=world.clock.now, zone=UTC)
        async with app.run_test(size=(120, 36)) as pilot:
            listing = app.screen_stack[0].query_one(DagList)
            for _ in range(300):
                await asyncio.sleep(0.01)
                if listing.picking.keys:
                    break
            burst(app, "/xtp:")
            prompt = app.screen.query_one(Prompt)
            for _ in range(300):
                await asyncio.sleep(0.01)
                if prompt.edit.text == "xtp:":
                    break
            await pilot.press("escape")
            assert (world.asked, app.screen, app.focused) == ([], app.screen_stack[0], listing)


async def test_what_is_typed_behind_a_key_that_opens_a_sheet_is_for_the_sheet(tmp_path):
    async with screen_of("failing", tmp_path, size=(120, 36)) as screen:
        burst(screen.app, ":run 107\rW")
        await screen.until(lambda: "KeyError" in screen.text and len(screen.app.screen_stack) == 2)
        assert "run 107" in screen.lines[0]
        assert screen.world.asked == []
        burst(screen.app, "\x1b:pools\r")
        await screen.until(lambda: "› pools" in screen.lines[0])
        assert len(screen.app.screen_stack) == 1


async def test_what_is_typed_behind_a_key_that_opens_nothing_is_done_after_it(tmp_path):
    async with screen_of("calm", tmp_path) as screen:
        first = screen.app.focused.picking.key
        burst(screen.app, "pj")
        await screen.until(lambda: screen.app.focused.picking.key != first)
        assert [(one.verb, one.args["dag_id"]) for one in screen.world.asked] == [("pause_dag", first)]


async def test_keys_behind_a_prompt_are_for_what_it_was_asked_for(tmp_path):
    async with screen_of("failing", tmp_path, size=(120, 36)) as screen:
        burst(screen.app, "/state:failed\rj / ml\r")
        await screen.settled()
        listing = screen.app.focused
        assert (listing.filter.text, listing.picking.key) == ("state:failed ml", "ml_features")
        assert len(listing.picking.marks) == 1
