"""Carrying things out of the terminal UI: to the clipboard, into an editor; and hearing of what ends meanwhile."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from flowlite.tui.acting.aims import Aim, dags_aimed_at, runs_aimed_at, tasks_aimed_at
from flowlite.tui.acting.work import no_run, state_of
from flowlite.tui.actions import Action
from flowlite.tui.places import Place
from flowlite.tui.sheets.menu import Menu
from flowlite.tui.widgets.code import Code
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.widgets.problem_list import ProblemList

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


# --- copying ----------------------------------------------------------------------------------------------------------
def texts(app: FlowliteApp) -> list[tuple[str, str]]:
    """What can be copied here, each with its name; what `y` takes comes first."""
    found: list[tuple[str, str]] = []
    aims = tasks_aimed_at(app)
    if aims:
        aim = aims[0]
        found += [("name", str(aim) if aim.name else str(aim.run)), ("run", str(aim.run)), ("DAG", aim.dag_id)]
        found += [("command: why", command("why", aim)), ("command: logs", command("logs", aim))]
        found.append(("command: retry", f"flowlite runs retry {aim.run}{task_option(aim)}"))
    elif dags := dags_aimed_at(app):
        found += [("DAG", dags[0]), ("command: trigger", f"flowlite trigger {shlex.quote(dags[0])}")]
    elif isinstance(app.focused, ProblemList) and app.focused.problem is not None:
        found.append(
            ("problem", f"{app.focused.problem.file}:{app.focused.problem.line}: {app.focused.problem.message}")
        )
    elif isinstance(app.focused, Listing) and app.focused.picking.key is not None:
        found.append(("name", str(app.focused.picking.key)))
    found.append(("place", f"flowlite tui {shlex.quote(str(place_of(app)))}"))
    return found


def place_of(app: FlowliteApp) -> Place:
    """Where one is, with the task under the cursor."""
    aims = tasks_aimed_at(app)
    if aims and aims[0].name:
        return Place("run", str(aims[0].run), str(aims[0]))
    return app.history.here


def command(verb: str, aim: Aim) -> str:
    """`flowlite why 17 load`."""
    name = "" if not aim.name else f" {shlex.quote(aim.name)}"
    return f"flowlite {verb} {aim.run}{name}"


def task_option(aim: Aim) -> str:
    """`--task load`."""
    return f" --task {shlex.quote(str(aim))}" if aim.name else ""


def copy(app: FlowliteApp) -> None:
    """What is nearest."""
    app.copy(texts(app)[0][1])


async def copy_menu(app: FlowliteApp) -> None:
    """Choose what."""
    found = texts(app)
    chosen = await app.push_screen_wait(Menu("Copy", found))
    if chosen is not None:
        app.copy(found[chosen][1])


async def copy_json(app: FlowliteApp) -> None:
    """All that the daemon says of the run."""
    aim = runs_aimed_at(app)[0]
    told = await app.remote.raw("detail", run=aim.run)
    app.copy(json.dumps(told, indent=1))


# --- editing ----------------------------------------------------------------------------------------------------------
async def edit(app: FlowliteApp) -> None:
    """The file of what is under the cursor, at its line."""
    found = await source_of(app)
    if found is None:
        app.say("there is no file for what is under the cursor", "warn")
        return
    file, line = found
    if not Path(file).exists():
        app.say(f"{file} is not on this machine", "warn")
        return
    if app.is_web:
        await hand_over_source(app, Path(file))
        return
    run_in_terminal(app, editor_command(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi", file, line))


async def source_of(app: FlowliteApp) -> tuple[str, int] | None:
    """File and line: of the problem, the line of code, the failure, the task, the DAG."""
    focused = app.focused
    if isinstance(focused, Code | ProblemList):
        return focused.place()
    aims = tasks_aimed_at(app)
    if aims and state_of(app, aims[0].run) == "failed":
        why = await app.remote.raw("why", run=aims[0].run)
        failure = (why["cause"] or {}).get("failure") or {}
        if failure.get("file") and aims[0].name in ("", failure["task_id"]):
            return failure["file"], int(failure["line"] or 1)
    dag_id = aims[0].dag_id if aims else next(iter(dags_aimed_at(app)), None)
    if not dag_id:
        return None
    source = await app.remote.raw("source", dag_id=dag_id)
    name = aims[0].name if aims else ""
    return (source["file"], int(source["tasks"].get(name, 1))) if source["file"] else None


def editor_command(editor: str, file: str, line: int) -> list[str]:
    """Each editor has its own way to say a line."""
    words = shlex.split(editor)
    name = Path(words[0]).name
    if name in ("code", "codium", "cursor"):
        return [*words, "--wait", "--goto", f"{file}:{line}"]
    if name in ("subl", "hx", "helix", "zed"):
        return [*words, f"{file}:{line}"]
    return [*words, f"+{line}", file]


def run_in_terminal(app: FlowliteApp, words: Sequence[str]) -> None:
    """Leave the terminal to it, and come back."""
    try:
        with app.suspend():
            subprocess.run(words, check=False)
    except SuspendNotSupported:
        app.say(f"there is no terminal to lend here: {words[-1]}", "warn")
    except OSError as error:
        app.say(f"{words[0]} can't be started: {error.strerror}; set EDITOR to one that can", "error")
    app.refresh(layout=True)


# --- in a browser -----------------------------------------------------------------------------------------------------
def hand_over(app: FlowliteApp, file: Path, name: str) -> None:
    """To the downloads of a browser, where there is no terminal to lend."""
    app.deliver_text(file, save_filename=name)
    app.say(f"{name} goes to the downloads of your browser", "good")


async def hand_over_source(app: FlowliteApp, file: Path) -> None:
    """Only what lies with the DAG files: the process may read more of this machine than who sits at the browser."""
    folders = [Path(folder) for folder in (await app.remote.raw("health"))["dag_folders"]]
    if any(file.resolve().is_relative_to(folder.resolve()) for folder in folders):
        hand_over(app, file, file.name)
    else:
        app.say(f"{file} is none of the DAG files; open it on the machine itself", "warn")


# --- watching ---------------------------------------------------------------------------------------------------------
def watch(app: FlowliteApp) -> None:
    """Or no longer."""
    runs = {aim.run for aim in runs_aimed_at(app)}
    open_ = {run for run in runs if state_of(app, run) not in ("success", "failed", "cancelled")}
    if not open_:
        app.say("it has ended already; there is nothing to wait for", "warn")
    elif open_ <= app.watched:
        app.watched -= open_
        app.say("not watched any more")
    else:
        app.watched |= open_
        app.say(f"the bell rings when {'it ends' if len(open_) == 1 else 'one of them ends'}", "good")


def carried(verb: str, title: str, key: str, run: Any, reason: Any = None) -> Action:
    """One that changes nothing here."""
    given = {} if reason is None else {"reason": reason}
    return Action(id=f"everywhere.{verb}", title=title, keys=(key,), run=run, **given)


CARRYING = (
    carried("copy", "Copy the name of what is under the cursor", "y", copy),
    carried("copy-menu", "Copy: choose what", "Y", copy_menu),
    carried("edit", "Open its file in your editor", "o", edit),
    carried("watch", "Ring the bell when it ends", "w", watch, no_run),
    Action(id="everywhere.copy-json", title="Copy the run as JSON", keys=(), run=copy_json, reason=no_run),
)
