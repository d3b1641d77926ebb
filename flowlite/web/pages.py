"""What browsers are given beside the terminal UI: two pages and a handful of files. Nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2
import textual_serve
from aiohttp import web

from flowlite.service.users import Me
from flowlite.web.guard import policy

OURS = Path(__file__).with_name("pages")
THEIRS = Path(str(textual_serve.__file__)).with_name("static")

# By their names in addresses: there is no folder to be listed or left. The first are those of the login page.
OPEN: Mapping[str, tuple[Path, str]] = {
    "style.css": (OURS / "style.css", "text/css"),
    "login.js": (OURS / "login.js", "text/javascript"),
    "icon.svg": (OURS / "icon.svg", "image/svg+xml"),
    "RobotoMono.ttf": (THEIRS / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}
FILES: Mapping[str, tuple[Path, str]] = {
    **OPEN,
    "screen.js": (OURS / "screen.js", "text/javascript"),
    "textual.js": (THEIRS / "js" / "textual.js", "text/javascript"),
    "xterm.css": (THEIRS / "css" / "xterm.css", "text/css"),
    "RobotoMono-Italic.ttf": (THEIRS / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"),
}


@cache
def template(name: str) -> jinja2.Template:
    """A page."""
    loader = jinja2.FileSystemLoader(OURS)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template(name)


def login_page(status: int, problem: str = "", **headers: str) -> web.Response:
    """Where one logs in; `problem`: why that did not work."""
    return page(template("login.html").render(problem=problem), status, policy(), headers)


def screen_page(me: Me) -> web.Response:
    """The terminal UI. xterm.js makes its style sheets while it runs."""
    rights = f"{me.role} of {', '.join(me.teams)}" if me.teams else me.role
    text = template("screen.html").render(me=me, rights=rights)
    return page(text, 200, policy(style_src="'self' 'unsafe-inline'"), {})


def page(text: str, status: int, rules: str, headers: Mapping[str, str]) -> web.Response:
    """As an answer."""
    return web.Response(
        text=text, status=status, content_type="text/html", headers={"Content-Security-Policy": rules, **headers}
    )


def file_answer(name: str) -> web.StreamResponse | None:
    """None: there is none of that name. A browser may keep it, and asks each time whether it is still the same."""
    if name not in FILES:
        return None
    path, kind = FILES[name]
    return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "no-cache"})
