"""Keys: each does what the registry says, in every place where it means something; help and footer never lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
from screens import screen_of

from flowlite.tui.acting import REGISTRY
from flowlite.tui.actions import EVERYWHERE, Action, Registry
from flowlite.tui.keymap import shown

# Where the keys of each scope mean something: world, place, and keys that lead there.
RUN = "run/210/extract.orders_api"
WHERE = {
    "home": ("calm", "home"), "dags": ("calm", "home"), "list": ("calm", "home"), EVERYWHERE: ("calm", "home"),
    "dag": ("calm", "dag/etl_orders/grid"), "grid": ("calm", "dag/etl_orders/grid"),
    "graph": ("calm", "dag/etl_orders/graph"), "gantt": ("calm", "dag/etl_orders/gantt"),
    "trends": ("calm", "dag/etl_orders/trends"), "runs": ("calm", "dag/etl_orders/runs"),
    "code": ("calm", "dag/etl_orders/code"), "run": ("calm", "run/246"), "tree": ("calm", "run/246"),
    "hops": ("calm", "dag/etl_orders/graph", "f"), "log": ("calm", RUN, "L"), "pools": ("calm", "pools"),
    "queue": ("calm", "pools", "tab"), "backfill": ("busy", "backfills"), "board": ("busy", "backfill/1"),
    "sla": ("calm", "sla"), "events": ("calm", "events"), "assets": ("calm", "assets"),
    "approvals": ("busy", "approvals"), "problems": ("calm", "problems"),
}  # fmt: skip
SCOPES = sorted({action.scope for action in REGISTRY.all})


def test_every_scope_has_a_place():
    assert set(SCOPES) <= set(WHERE)


def test_a_key_is_shown_as_it_stands_on_the_keyboard():
    signs = [shown(key) for action in REGISTRY.all for key in action.keys if not key.startswith(("ctrl+", "shift+"))]
    words = {sign for sign in signs if len(sign) > 1}
    assert words <= {"esc", "space", "tab", "home", "end", "pgup", "pgdn"}


@pytest.mark.parametrize("action", REGISTRY.all, ids=lambda action: action.id)
def test_an_action_says_what_it_does_and_has_a_key_or_is_in_the_palette(action):
    assert (action.title[0].isupper() or action.title[0].isdigit()) and not action.title.endswith(".")
    assert action.keys or not action.is_silent
    assert ("." in action.id and action.hint.islower()) or not action.hint
    assert not any(
        key in ("ctrl+w", "ctrl+t", "ctrl+n", "ctrl+s", "ctrl+z", "ctrl+j", "ctrl+i", "ctrl+m") for key in action.keys
    )
    assert not (action.is_danger and any(key.startswith("ctrl+") for key in action.keys))


def test_ids_and_titles_are_there_once():
    ids = [action.id for action in REGISTRY.all]
    assert len(ids) == len(set(ids))
    titles = [(action.scope, action.title) for action in REGISTRY.all]
    assert len(titles) == len(set(titles))


def spied(seen: list[str]) -> Registry:
    """The same actions, which only say that they were asked for."""

    def one(action: Action) -> Action:
        return replace(action, run=lambda here: seen.append(action.id), reason=lambda here: "", changes=False)

    return Registry([one(action) for action in REGISTRY.all])


@pytest.mark.parametrize("world", ["calm", "busy"])
async def test_every_key_reaches_its_action(world, tmp_path):
    real = {}
    async with screen_of(world, tmp_path) as screen:
        for scope in SCOPES:
            there, place, *keys = WHERE[scope]
            if there != world:
                continue
            await screen.go(place)
            await screen.press(*keys)
            seen: list[str] = []
            real, screen.app.registry = screen.app.registry, spied(seen)
            chain = [name for name, _ in screen.app.chain()]
            assert scope in chain, (scope, chain)
            for action in REGISTRY.of(chain):
                for key in action.keys:
                    if action.scope == scope and REGISTRY.at(chain, key) is action:
                        seen.clear()
                        screen.send(key)
                        await screen.pilot.pause(0.0)
                        assert seen == [action.id], key
            screen.app.registry = real
            screen.app.set_focus(None)


async def test_the_footer_shows_only_what_can_be_done_here(tmp_path):
    async with screen_of("calm", tmp_path, size=(200, 60)) as screen:
        for place in ("home", "dag/etl_orders/grid", RUN, "pools"):
            await screen.go(place)
            for action, here in screen.app.offered():
                if action.keys and action.hint and f"{shown(action.keys[0])} {action.hint}  " in screen.lines[-1]:
                    assert not screen.app.refusal(action, here), action.id


async def test_the_help_finds_by_letters_and_by_key_and_carries_out(tmp_path):
    async with screen_of("calm", tmp_path) as screen:
        await screen.press("question_mark")
        await screen.type("palette")
        assert "Go to, or do, anything" not in screen.text
        await screen.press("ctrl+u")
        await screen.type("anything")
        assert ":  ^p" in screen.line("Go to, or do, anything")
        await screen.press("enter")
        assert screen.line("Go to, or do ─")
        await screen.press("escape")
        assert len(screen.app.screen_stack) == 1


async def test_an_action_that_is_not_allowed_says_why(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/etl_orders/grid") as screen:
        await screen.press("x")
        assert "ended (success); there is nothing to cancel" in screen.lines[-1]
        await screen.press("r")
        assert "there is nothing to retry" in screen.lines[-1]
        await screen.press("u")
        assert "there is nothing to undo" in screen.lines[-1]
        assert screen.world.asked == []


@pytest.mark.parametrize(
    ("how", "why"), [({"is_read_only": True}, "read-only"), ({"viewer": "vera"}, "vera is viewer")]
)
async def test_a_viewer_changes_nothing_and_is_told_why(tmp_path, how, why):
    async with screen_of("failing", tmp_path, **how) as screen:
        assert "read-only" in screen.lines[0]
        for key in ("t", "r", "R", "p", "b", "plus", "m"):
            await screen.press(key)
            assert why in screen.lines[-1], key
        assert len(screen.app.screen_stack) == 1
        assert screen.world.asked == []
        await screen.press("f")
        assert "run 429" in screen.lines[0]
