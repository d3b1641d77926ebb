"""What keys do in a log, and how one gets to it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowlite.tui.acting.aims import tasks_aimed_at
from flowlite.tui.acting.carrying import editor_command, hand_over, run_in_terminal
from flowlite.tui.actions import Action
from flowlite.tui.places import Place
from flowlite.tui.sheets.long_line import LongLine
from flowlite.tui.views.run import RunView
from flowlite.tui.widgets.log_view import LogView
from flowlite.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


# --- getting there ----------------------------------------------------------------------------------------------------
def no_log(app: FlowliteApp) -> str:
    """Nothing that writes one."""
    if isinstance(app.view, RunView) and (because := app.view.no_log()):
        return because
    return "" if tasks_aimed_at(app) else "there is no run under the cursor whose log could be read"


async def open_log(app: FlowliteApp) -> None:
    """The log of what is under the cursor, over all of the view."""
    aim = tasks_aimed_at(app)[0]
    if not isinstance(app.view, RunView):
        app.history.go(Place("run", str(aim.run), str(aim) if aim.name else ""))
        await app.show_place()
    if isinstance(app.view, RunView):
        app.view.zoom(is_zoomed=True)


# --- why not ----------------------------------------------------------------------------------------------------------
def no_lines(here: LogView) -> str:
    """There is nothing in it."""
    return "" if here.pane is not None and here.pane.count else here.nothing()


def no_pane(here: LogView) -> str:
    """There is no log. One without lines may be sifted, or be about to begin."""
    return "" if here.pane is not None else here.nothing()


def nothing_searched(here: LogView) -> str:
    """There is no next one."""
    return "" if here.pane is not None and here.pane.search is not None else "nothing was searched for; / begins"


def one_attempt(here: LogView) -> str:
    """Nothing to set beside it."""
    has_more = here.instance is not None and here.instance.attempt > 1
    return "" if has_more else "there is only one attempt; = sets two side by side"


def no_long_line(here: LogView) -> str:
    """All of it is seen."""
    row = None if here.pane is None else here.pane.row
    return "" if row is not None and row.line.more_bytes else "this line is not cut; w wraps, ← → scroll"


def not_live(here: LogView) -> str:
    """Nothing more will come."""
    return "" if here.is_live else "this attempt has ended: there is nothing to follow"


# --- doing ------------------------------------------------------------------------------------------------------------
def search(here: LogView) -> None:
    """Type what to look for."""
    text = here.pane.search.text if here.pane is not None and here.pane.search is not None else ""
    note = "in the whole log; small letters mean capital ones, too"
    prompt_of(here).ask("/ ", text, heard=lambda text: None, done=here.search, note=note)


def go_to(here: LogView) -> None:
    """Type where to go."""

    def check(text: str) -> None:
        if text:
            here.target(text)

    note = "a line 1204 · 50% · a time 15:12 · +3m20s after the beginning"
    prompt_of(here).ask("go to ", "", heard=check, done=here.go, note=note)


def prompt_of(here: LogView) -> Prompt:
    """Where something is typed."""
    return here.ui.screen_stack[0].query_one(Prompt)


def leave(here: LogView) -> None:
    """What is marked or searched for first, then the log."""
    pane = here.pane
    if pane is not None and pane.anchor is not None:
        pane.anchor = None
    elif pane is not None and pane.search is not None:
        here.search("")
    elif isinstance(here.ui.view, RunView):
        here.ui.view.leave_log()
    here.renew_now()


async def copy_lines(here: LogView) -> None:
    """What is marked, or the line under the cursor."""
    assert here.pane is not None
    texts = await here.pane.texts()
    here.ui.copy("\n".join(texts))
    here.pane.anchor = None
    here.renew()


async def copy_path(here: LogView) -> None:
    """Where the log lies."""
    here.ui.copy(str(await path_of(here)))


async def in_editor(here: LogView) -> None:
    """At the line under the cursor."""
    assert here.pane is not None
    line = here.pane.line + 1
    program = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    await lend(here, lambda file: editor_command(program, file, line))


async def in_pager(here: LogView) -> None:
    """The same."""
    assert here.pane is not None
    words, line = shlex.split(os.environ.get("PAGER") or "less"), here.pane.line + 1
    known = [f"+{line}"] if Path(words[0]).name in ("less", "more", "most") else []
    await lend(here, lambda file: [*words, *known, file])


async def lend(here: LogView, command: Callable[[str], list[str]]) -> None:
    """The terminal, to a program that shows the file."""
    path = await path_of(here)
    if not path.exists():
        here.ui.say(f"{path} is not on this machine", "warn")
        return
    if here.ui.is_web:
        hand_over(here.ui, path, file_name(here))
        return
    run_in_terminal(here.ui, command(str(path)))


def file_name(here: LogView) -> str:
    """For a log that goes elsewhere: all logs have the same name where they lie."""
    assert here.pane is not None
    aim = here.pane.ask.aim
    return f"run {aim.run} {aim.name} attempt {aim.attempt}.log"


async def path_of(here: LogView) -> Path:
    """The file, as the daemon has it."""
    assert here.pane is not None
    (found,) = await here.ui.remote.raw("logs", **here.pane.ask.aim.named)
    return Path(found["path"])


async def whole_line(here: LogView) -> None:
    """All of a line that is cut."""
    assert here.pane is not None
    await here.ui.push_screen_wait(LongLine(here.pane.ask, here.pane.line))


def zoom(here: LogView) -> None:
    """Over all of the view, or beside the tree."""
    if isinstance(here.ui.view, RunView):
        here.ui.view.zoom(is_zoomed=not here.ui.view.is_zoomed)


# --- the table --------------------------------------------------------------------------------------------------------
def move(verb: str, title: str, keys: tuple[str, ...], run: Callable[[LogView], Any]) -> Action:
    """One that nobody looks for in the palette."""
    return Action(id=f"log.{verb}", title=title, keys=keys, run=run, reason=no_lines, is_silent=True)


def log(verb: str, title: str, keys: tuple[str, ...], run: Callable[[LogView], Any], **more: Any) -> Action:
    """One of the log."""
    return Action(id=f"log.{verb}", title=title, keys=keys, run=run, **{"reason": no_lines, **more})


def shows(verb: str, title: str, key: str, run: Callable[[LogView], Any], hint: str = "") -> Action:
    """How it is shown: also before there are lines."""
    return log(verb, title, (key,), run, reason=no_pane, hint=hint)


def attempt(number: int) -> Action:
    """The tab of one."""

    def reason(here: LogView) -> str:
        attempts = 0 if here.instance is None else here.instance.attempt
        return "" if number <= attempts else f"there is no attempt {number} yet: there are {attempts}"

    return log(
        f"attempt-{number}", f"Attempt {number}", (str(number),), lambda here: here.choose(number), reason=reason,
        is_silent=True,
    )  # fmt: skip


def step(by: int) -> Callable[[LogView], None]:
    """By lines."""
    return lambda here: here.moved(lambda pane: pane.step(by))


def page(share: float) -> Callable[[LogView], None]:
    """By pages."""
    return lambda here: here.moved(lambda pane: pane.page(share))


LOGS = (
    shows("search", "Search the whole log", "slash", search, hint="search"),
    log("error", "Next error", ("e",), lambda here: here.find_error(is_backwards=False), hint="error"),
    log("error-before", "Error before this one", ("E",), lambda here: here.find_error(is_backwards=True)),
    shows("level", "Show only warnings and worse, errors, stderr, all", "l", LogView.next_level, hint="level"),
    shows("context", "With the lines around what is shown", "full_stop", LogView.turn_context, hint="context"),
    log("follow", "Follow the end, or stop following", ("f",), LogView.follow, reason=not_live, hint="follow"),
    log("next", "Next match", ("n",), lambda here: here.find(is_backwards=False), reason=nothing_searched),
    log("before", "Match before this one", ("N",), lambda here: here.find(is_backwards=True), reason=nothing_searched),
    shows("wrap", "Wrap long lines, or cut them", "w", LogView.wrap, hint="wrap"),
    shows("times", "Time of the clock, since the beginning, none", "T", LogView.next_times),
    log("go", "Go to a line, a share, a time", ("at",), go_to),
    log("compare", "Two attempts side by side in time", ("equals_sign",), LogView.compare, reason=one_attempt),
    log("whole-line", "All of a line that is cut", ("enter",), whole_line, reason=no_long_line),
    log("range", "Mark lines: from here to where the cursor goes", ("v",), lambda here: here.moved(lambda p: p.mark())),
    log("copy", "Copy what is marked, or this line", ("y",), copy_lines, hint="copy"),
    log("copy-path", "Copy the path of the log", ("Y",), copy_path),
    log("editor", "Open in your editor", ("o",), in_editor),
    log("pager", "Open in your pager", ("O",), in_pager, hint="pager"),
    log("zoom", "Over all of the view, or beside the tasks", ("z",), zoom, reason=lambda here: ""),
    log("leave", "Back: marks, search, log", ("escape",), leave, reason=lambda here: "", is_silent=True),
    *(attempt(number) for number in range(1, 10)),
    move("down", "Down", ("j", "down"), step(1)),
    move("up", "Up", ("k", "up"), step(-1)),
    move("half-down", "Half a page down", ("ctrl+d",), page(0.5)),
    move("half-up", "Half a page up", ("ctrl+u",), page(-0.5)),
    move("page-down", "A page down", ("pagedown", "space"), page(1)),
    move("page-up", "A page up", ("pageup",), page(-1)),
    move("first", "First line", ("g", "home"), lambda here: here.moved(lambda pane: pane.to(0))),
    move("last", "Last line", ("G", "end"), LogView.last),
    move("left", "Scroll to the left", ("left", "h"), lambda here: here.scroll_sideways(-20)),
    move("right", "Scroll to the right", ("right",), lambda here: here.scroll_sideways(20)),
    Action(id="everywhere.log", title="The log of what is under the cursor", keys=("L",), run=open_log, reason=no_log,
           hint="log"),
)  # fmt: skip
