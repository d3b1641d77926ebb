"""Where somebody is in a list that changes under them."""

from __future__ import annotations

import pytest

from flowlite.core.errors import FlowliteError
from flowlite.tui.actions import Action, Registry
from flowlite.tui.picking import Picking
from flowlite.tui.places import History, Place, place_of


@pytest.fixture
def picking() -> Picking[str]:
    found: Picking[str] = Picking()
    found.take(list("abcdefgh"))
    return found


def test_the_cursor_stays_on_its_item_when_others_come_and_go(picking):
    picking.go(3)
    picking.take(list("zabcdef"))
    assert (picking.key, picking.at) == ("d", 4)


def test_an_item_that_is_gone_leaves_the_cursor_at_its_place(picking):
    picking.go(3)
    picking.take(list("abcefgh"))
    assert picking.key == "e"


def test_a_list_that_is_empty_for_a_moment_does_not_make_the_cursor_forget(picking):
    picking.go(3)
    picking.take([])
    assert picking.key is None
    picking.take(list("abcdefgh"))
    assert picking.key == "d"


def test_the_cursor_is_always_seen(picking):
    picking.go(7)
    assert picking.scrolled(3) == 5
    picking.go(6)
    assert picking.scrolled(3) == 5
    picking.go(0)
    assert picking.scrolled(3) == 0


def test_what_is_picked_is_the_marks_else_the_cursor(picking):
    assert picking.picked == ["a"]
    picking.go(4)
    picking.mark()
    picking.go(1)
    picking.mark()
    assert picking.picked == ["b", "e"]


def test_a_range_goes_from_where_it_was_begun_to_the_cursor(picking):
    picking.go(4)
    picking.draw_range()
    picking.go(2)
    assert picking.picked == ["c", "d", "e"]
    picking.draw_range()
    picking.go(0)
    assert picking.picked == ["c", "d", "e"]
    assert picking.clear()
    assert picking.picked == ["a"]


def test_marks_of_items_that_are_gone_are_gone(picking):
    picking.mark_all()
    picking.take(list("abc"))
    assert list(picking.marks) == ["a", "b", "c"]


# --- places -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place("home")),
        ("home", Place("home")),
        ("17", Place("run", "17")),
        ("run/17", Place("run", "17")),
        ("run/17/load[3]", Place("run", "17", "load[3]")),
        ("dag/sales/grid", Place("dag", "sales", "grid")),
        ("dag/a%2Fb", Place("dag", "a/b")),
        ("pools", Place("pools")),
        ("pools/db", Place("pools", "db")),
    ],
)
def test_a_place_is_a_text_and_back(text, place):
    assert place_of(text) == place
    assert place_of(str(place)) == place


@pytest.mark.parametrize("text", ["runs", "run", "run/x", "dag", "home/x", "sla/x", "backfill/a"])
def test_a_place_that_is_not_there_is_refused_with_those_that_are(text):
    with pytest.raises(FlowliteError, match=r"run/RUN\[/TASK\]"):
        place_of(text)


def test_history_goes_back_and_forward_like_a_browser():
    history = History(Place("home"))
    history.go(Place("dag", "a"))
    history.go(Place("run", "1"))
    assert history.back() and history.here == Place("dag", "a")
    assert history.forward() and history.here == Place("run", "1")
    history.back()
    history.go(Place("pools"))
    assert not history.forward()
    assert history.back() and history.back() and not history.back()


# --- actions ----------------------------------------------------------------------------------------------------------
def made(id_: str, *keys: str) -> Action:
    return Action(id=id_, title=id_, keys=keys, run=lambda here: None)


def test_the_nearest_scope_has_the_key():
    registry = Registry([made("log.next", "n"), made("everywhere.new", "n"), made("everywhere.help", "h")])
    assert registry.at(["log", "everywhere"], "n") is registry.named("log.next")
    assert [action.id for action in registry.of(["log", "everywhere"])] == ["log.next", "everywhere.help"]


def test_two_actions_with_one_key_in_one_scope_are_refused():
    with pytest.raises(ValueError, match=r"log\.next already"):
        Registry([made("log.next", "n"), made("log.new", "n")])
