"""`flowlite tokens`: who may use the API over TCP."""

from __future__ import annotations

import time
from typing import Any

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.words import ago

COMMANDS = {
    "create": Lazy("flowlite.cli.tokens:create", "Make a token and show it, once."),
    "list": Lazy("flowlite.cli.tokens:list_", "List the tokens, and when they were used last."),
    "revoke": Lazy("flowlite.cli.tokens:revoke", "Make a token worthless."),
}
ROLES = ("viewer", "operator", "admin")


@click.group(cls=LazyGroup, lazy=COMMANDS)
def tokens() -> None:
    """Make, list and revoke tokens for the API over TCP."""


@click.command()
@click.argument("name")
@click.option(
    "--role", default="viewer", show_default=True, type=click.Choice(ROLES),
    help="viewer: look; operator: also run and stop work; admin: everything.",
)  # fmt: skip
@json_option
@click.pass_obj
def create(setting: Setting, name: str, role: Any, as_json: bool) -> None:
    """Make a token for NAME and show it, once: only its digest is kept."""
    made = setting.change(lambda desk: desk.create_token(name, role))
    if as_json:
        print_json(made)
        return
    say(made.token)
    say(f"for {made.name} ({made.role}); it is not shown again. Send it as `Authorization: Bearer TOKEN`", err=True)
    if setting.settings.api.port is None:
        say("the API listens on no port yet: set `port` in [api] of flowlite.toml", err=True)


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the tokens, newest first, those that were revoked, too."""
    found = setting.ask(lambda client: client.tokens())
    if as_json:
        print_json(found)
        return
    now = time.time()
    rows = [
        (
            one.name, one.role, "in use" if one.revoked_at is None else "revoked", ago(one.created_at, now),
            one.created_by, "never" if one.last_used_at is None else ago(one.last_used_at, now),
        )
        for one in found
    ]  # fmt: skip
    heads = ["name", "role", "state", "created", "by", "last used"]
    print_table(heads, rows, empty="no tokens; `flowlite tokens create NAME` makes one")


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def revoke(setting: Setting, name: str, as_json: bool) -> None:
    """Make the token of NAME worthless, from now on."""
    setting.change(lambda desk: desk.revoke_token(name))
    if as_json:
        print_json({"name": name, "is_revoked": True})
    else:
        say(f"the token of {name} opens nothing any more")
