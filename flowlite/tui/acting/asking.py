"""Looking for things and asking about them: palette, help, filter, sort, why, copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowlite.tui.acting.aims import tasks_aimed_at
from flowlite.tui.actions import Action
from flowlite.tui.sheets.help import Help
from flowlite.tui.sheets.palette import Palette
from flowlite.tui.sheets.why import WhySheet
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


async def palette(app: FlowliteApp) -> None:
    """Choose, then do."""
    choose = await app.push_screen_wait(Palette(app))
    if choose is not None:
        choose()


async def show_help(app: FlowliteApp) -> None:
    """The same for keys."""
    choose = await app.push_screen_wait(Help(app))
    if choose is not None:
        choose()


def no_why(app: FlowliteApp) -> str:
    """Nothing to explain."""
    return "" if tasks_aimed_at(app) else "there is no run under the cursor to explain"


async def why(app: FlowliteApp) -> None:
    """Of what is under the cursor."""
    aim = tasks_aimed_at(app)[0]
    told = await app.remote.raw("why", run=aim.run, task_id=task_of(app, aim.run, aim.name))
    chosen = await app.push_screen_wait(WhySheet(told))
    if chosen is not None:
        app.carry_out_named(chosen)


def task_of(app: FlowliteApp, run: int, name: str) -> str | None:
    """The daemon explains runs and tasks; for a group that is the run."""
    model = app.reader.runs.get(run)
    if not name or (model is not None and model.is_known and name not in model.by_id):
        return None
    grid = next((grid for grid in app.reader.grids.values() if run in grid.by_id), None)
    return None if grid is not None and name in grid.tree.inside else name


def filter_list(here: Listing) -> None:
    """Type what is to be seen."""
    prompt = here.ui.screen_stack[0].query_one(Prompt)
    note = f"words, and {', '.join(f'{name}:' for name in here.facts[1:])}  ·  -not:this  took>10m"
    prompt.ask("/ ", here.filter.text, heard=here.filter_by, note=note)


def no_facts(here: Listing) -> str:
    """Lists that are short enough."""
    return "" if here.facts else "this list has no filter"


def no_orders(here: Listing) -> str:
    """Lists that have one order."""
    return "" if here.orders else "this list has but one order"


def asked(
    verb: str, title: str, keys: tuple[str, ...], run: Any, reason: Any = None, hint: str = "", rank: int = 50
) -> Action:  # fmt: skip
    """One that changes nothing."""
    given = {} if reason is None else {"reason": reason}
    return Action(id=verb, title=title, keys=keys, run=run, hint=hint, rank=rank, **given)


ASKING = (
    asked("everywhere.palette", "Go to, or do, anything", ("colon", "ctrl+p"), palette),
    asked("everywhere.help", "What the keys do here", ("question_mark",), show_help),
    asked("everywhere.why", "Why it failed, or is not running", ("W",), why, no_why, hint="why", rank=25),
    asked("list.filter", "Filter: show only what fits", ("slash",), filter_list, no_facts, hint="filter", rank=45),
    asked("list.sort", "Sort by the next column", ("s",), Listing.sort, no_orders),
    asked("list.turn", "Sort the other way round", ("S",), Listing.turn),
)
