"""`flowlite tui`: the terminal UI, on the daemon that is up or will be."""

from __future__ import annotations

import os
import sys
from threading import Thread
from typing import TYPE_CHECKING

import click

from flowlite.cli.setting import Setting

if TYPE_CHECKING:
    from threading import Event
    from zoneinfo import ZoneInfo

    from flowlite.tui.app import FlowliteApp


TOKEN = "FLOWLITE_TOKEN"  # in the environment, for a command line is seen by everybody on the machine


FRAMES = "240"  # a second, at most; nothing is painted that has not changed


@click.command()
@click.argument("place", required=False, default="home")
@click.option("--read-only", is_flag=True, help="Look only: nothing can be changed.")
@click.option("--theme", "look", default=None, help="dark, light, deuteranopia, tritanopia or bare.")
@click.option("--ascii", "is_ascii", is_flag=True, help="For terminals without Unicode.")
@click.option("--browser", "in_browser", is_flag=True, hidden=True, help="For `flowlite web`, which starts this.")
@click.option("--zone", metavar="Z", help="Show times in this zone, like Europe/Berlin. Default: as in flowlite.toml.")
@click.pass_obj
def tui(
    setting: Setting, place: str, read_only: bool, look: str | None, is_ascii: bool, in_browser: bool, zone: str | None
) -> None:  # fmt: skip
    """Show what runs, what failed and why; PLACE is where to begin: run/17, dag/sales, pools. With a token in
    FLOWLITE_TOKEN you may what it may; else everything that the account may that started the daemon."""
    show(setting, place, is_read_only=read_only, look=look, is_ascii=is_ascii, in_browser=in_browser, zone=zone)


def show(
    setting: Setting,
    place: str = "home",
    *,
    is_read_only: bool = False,
    look: str | None = None,
    is_ascii: bool = False,
    in_browser: bool = False,
    over: Event | None = None,
    zone: str | None = None,
) -> None:
    """Until its user leaves, or `over` is set by another thread. Raises NoSuchPlace."""
    from flowlite.client.remote import Remote
    from flowlite.client.remote_line import Line
    from flowlite.service.api.place import SOCKET
    from flowlite.tui.places import place_of

    begin = place_of(place)
    if not in_browser:
        refuse_without_terminal()
    # Textual waits for its next frame before it paints what came behind a key, such as the page of a log.
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    from flowlite.tui.app import FlowliteApp
    from flowlite.tui.themes import FIRST

    app = FlowliteApp(
        Remote(Line(setting.state_folder / SOCKET, token_given())), place=begin,
        zone=zone_of(zone or setting.settings.flowlite.timezone),
        look=look or os.environ.get("FLOWLITE_THEME", FIRST),
        is_ascii=is_ascii or not speaks_unicode(), is_read_only=is_read_only,
    )  # fmt: skip
    if in_browser:
        from flowlite.tui.browser import BrowserDriver

        app.driver_class = BrowserDriver
    if over is not None:
        Thread(target=leave_when, args=(over, app), daemon=True).start()
    app.run()


def refuse_without_terminal() -> None:
    """Raises UsageError where nobody would see anything."""
    if not sys.stdout.isatty():
        raise click.UsageError("the terminal UI needs a terminal; `flowlite status` and `flowlite runs list` print")
    if not sys.stderr.isatty():  # that is where Textual paints
        raise click.UsageError("the terminal UI paints on standard error, and here that goes elsewhere; leave out `2>`")


def leave_when(over: Event, app: FlowliteApp) -> None:
    """Close the UI from another thread; its user may have been quicker."""
    over.wait()
    if app.is_running:
        app.call_from_thread(app.exit)


def token_given() -> str | None:
    """Taken out of the environment: an editor that is started from here has no use for it."""
    return os.environ.pop(TOKEN, "").strip() or None


def speaks_unicode() -> bool:
    """Whether the terminal takes more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def zone_of(name: str) -> ZoneInfo | None:
    """None: that of this machine."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        raise click.UsageError(f"there is no time zone {name!r}; use a name like Europe/Berlin") from None
