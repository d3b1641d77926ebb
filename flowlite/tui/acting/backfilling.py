"""Backfills: planning one, and what can be done about one that is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowlite.tui.acting.aims import dags_aimed_at
from flowlite.tui.acting.work import no_single_dag
from flowlite.tui.actions import Action
from flowlite.tui.format import plural
from flowlite.tui.places import Place
from flowlite.tui.sheets.backfill import BackfillSheet
from flowlite.tui.sheets.confirm import Confirm
from flowlite.tui.widgets.asked_list import Told
from flowlite.tui.widgets.backfill_list import BackfillList
from flowlite.tui.widgets.board import Board

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

Here = BackfillList | Board
OPEN = ("running", "paused")


async def plan(app: FlowliteApp) -> None:
    """With a preview. The range is at first the last thirty days."""
    dag_id = dags_aimed_at(app)[0]
    detail = await app.remote.raw("dag", dag_id=dag_id)
    today = datetime.fromtimestamp(app.now(), app.zone)
    start, end = f"{today - timedelta(days=30):%Y-%m-%d}", f"{today:%Y-%m-%d}"
    number = await app.push_screen_wait(BackfillSheet(detail, start, end))
    if number is not None:
        app.say(f"backfill {number} of {dag_id} has begun", "good")
        app.go(Place("backfill", str(number)))


def told_of(here: Here) -> Told | None:
    """The backfill that is looked at."""
    if isinstance(here, Board):
        model = here.model
        return {**model.told, "state": model.state} if model.is_known else None
    return here.one


def none_there(here: Here) -> str:
    """Nothing under the cursor."""
    return "" if told_of(here) else "there is no backfill here; b on a DAG plans one"


def not_open(here: Here) -> str:
    """It has ended."""
    told = told_of(here)
    if told is not None and told["state"] not in OPEN:
        return f"backfill {told['id']} has ended ({told['state']}); r runs again what failed"
    return none_there(here)


def none_failed(here: Here) -> str:
    """Nothing to run again."""
    told = told_of(here)
    counts = told["counts"] if isinstance(here, BackfillList) and told else here.model.counts if told else {}  # type: ignore[union-attr]
    if told is not None and not (counts.get("failed") or counts.get("cancelled")):
        return f"no run of backfill {told['id']} failed or was cancelled"
    return none_there(here)


async def ask(here: Here, verb: str, **named: Any) -> None:
    """The daemon, about the backfill that is looked at."""
    told = told_of(here)
    assert told is not None
    await here.ui.remote.raw(verb, backfill=int(told["id"]), **named)
    here.ui.reader.backfill(int(told["id"])).is_old = True
    here.ui.reader.wake()


async def pause(here: Here) -> None:
    """Or go on."""
    told = told_of(here)
    assert told is not None
    is_paused = told["state"] == "paused"
    verbs = ("resume_backfill", "pause_backfill") if is_paused else ("pause_backfill", "resume_backfill")
    await ask(here, verbs[0])
    word = "goes on" if is_paused else "is paused: what runs goes on, nothing more is begun"
    here.ui.undo.keep(f"backfill {told['id']} {word.partition(':')[0]}", lambda: ask(here, verbs[1]))
    here.ui.say(f"backfill {told['id']} {word}; u undoes it", "good")


async def cancel(here: Here) -> None:
    """What is left of it."""
    told = told_of(here)
    assert told is not None
    counts = told["counts"] if isinstance(here, BackfillList) else here.model.counts
    left = counts.get("queued", 0) + counts.get("running", 0)
    title = f"Cancel backfill {told['id']} of {told['dag_id']}?"
    notes = (f"{plural(left, 'run')} that has not ended is cancelled; those that have ended stay as they are.",)
    sheet = Confirm(title, [], label=f"Cancel {plural(left, 'run')}", number=left, notes=notes, leave="Leave it")
    if await here.ui.push_screen_wait(sheet):
        await ask(here, "cancel_backfill")
        here.ui.say(f"backfill {told['id']} is cancelled", "good")


async def retry(here: Here) -> None:
    """What failed or was cancelled."""
    told = told_of(here)
    assert told is not None
    counts = told["counts"] if isinstance(here, BackfillList) else here.model.counts
    number = counts.get("failed", 0) + counts.get("cancelled", 0)
    items: list[Any] = []
    if isinstance(here, Board):
        days = [day for day in here.model.days if day.state in ("failed", "cancelled")]
        items = [[("  ", "text"), ("✗", "state-failed"), (f" run {day.run_id}", "text")] for day in days]
    title = f"Run again what failed in backfill {told['id']} of {told['dag_id']}?"
    sheet = Confirm(title, items, label=f"Run {plural(number, 'run')} again", number=number)
    if await here.ui.push_screen_wait(sheet):
        await ask(here, "retry_backfill")
        here.ui.say(f"{plural(number, 'run')} of backfill {told['id']} {'goes' if number == 1 else 'go'} on", "good")


def resize(by: int) -> Callable[[Here], Any]:
    """More or fewer at once."""

    async def run(here: Here) -> None:
        told = told_of(here)
        assert told is not None
        before = int(told["concurrency"])
        wanted = max(1, before + by)
        await ask(here, "resize_backfill", concurrency=wanted)
        here.ui.undo.keep(
            f"backfill {told['id']} with {wanted} at once", lambda: ask(here, "resize_backfill", concurrency=before)
        )
        here.ui.say(f"backfill {told['id']}: {plural(wanted, 'run')} at once; u undoes it", "good")

    return run


def move(verb: str, title: str, keys: tuple[str, ...], run: Callable[[Board], None]) -> Action:
    """On the board."""
    return Action(id=f"board.{verb}", title=title, keys=keys, run=run, is_silent=True)


def of_backfill(
    verb: str, title: str, key: str, run: Any, reason: Any, hint: str, *, is_danger: bool = False
) -> Action:
    """About the one that is looked at."""
    return Action(
        id=f"backfill.{verb}", title=title, keys=(key,), run=run, reason=reason, hint=hint, changes=True,
        is_danger=is_danger,
    )  # fmt: skip


BACKFILLING = (
    Action(
        id="everywhere.backfill", title="Backfill: run the DAG for a range of dates", keys=("b",), run=plan,
        reason=no_single_dag, hint="backfill", changes=True, is_danger=True,
    ),
    of_backfill("pause", "Pause or resume the backfill", "p", pause, not_open, "pause"),
    of_backfill("cancel", "Cancel the backfill", "x", cancel, not_open, "cancel", is_danger=True),
    of_backfill("retry", "Run again what failed in the backfill", "r", retry, none_failed, "retry", is_danger=True),
    of_backfill("more", "One more run at once", "plus", resize(1), not_open, "more"),
    of_backfill("fewer", "One run fewer at once", "underscore", resize(-1), not_open, "fewer"),
    Action(id="board.open", title="Open the run of the day", keys=("enter",), run=Board.enter, hint="open", rank=10),
    move("left", "Day before", ("h", "left"), lambda here: here.step(-1)),
    move("right", "Day after", ("l", "right"), lambda here: here.step(1)),
    move("down", "Row below", ("j", "down"), lambda here: here.step_lines(1)),
    move("up", "Row above", ("k", "up"), lambda here: here.step_lines(-1)),
    move("first", "First day", ("g", "home"), lambda here: here.step(-1_000_000)),
    move("last", "Last day", ("G", "end"), lambda here: here.step(1_000_000)),
    move("next-failed", "Next day that failed", ("n",), Board.next_failed),
    move("previous-failed", "Day before that failed", ("N",), lambda here: here.next_failed(-1)),
)  # fmt: skip
