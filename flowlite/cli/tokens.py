"""`flowlite tokens`: who may use the API over TCP."""

from __future__ import annotations

import time
from typing import Any

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.users import ROLES, WHAT_ROLES_MAY, rights, team_option
from flowlite.cli.words import ago

COMMANDS = {
    "create": Lazy("flowlite.cli.tokens:create", "Make a token and show it, once."),
    "list": Lazy("flowlite.cli.tokens:list_", "List the tokens, and when they were used last."),
    "revoke": Lazy("flowlite.cli.tokens:revoke", "Make a token worthless."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def tokens() -> None:
    """Make, list and revoke tokens for the API over TCP."""


@click.command()
@click.argument("name")
@click.option("--role", type=ROLES, help=f"{WHAT_ROLES_MAY} Default: viewer.")
@team_option
@click.option("--user", metavar="U", help="Of this user: it may what they may, as long as they are there.")
@json_option
@click.pass_obj
def create(
    setting: Setting, name: str, role: Any, teams: tuple[str, ...], user: str | None, as_json: bool
) -> None:  # fmt: skip
    """Make a token called NAME and show it, once: only its digest is kept."""
    if user is not None and (role is not None or teams):
        raise click.UsageError(f"a token of a user has their role; change it with `flowlite users change {user}`")
    made = setting.change(lambda desk: desk.create_token(name, role or "viewer", teams, user))
    if as_json:
        print_json(made)
        return
    say(made.token)
    whose = "" if made.user is None else f" of {made.user}"
    said = f"for {made.name}{whose} ({rights(made.role, made.teams)}); it is not shown again"
    say(f"{said}. Send it as `Authorization: Bearer TOKEN`", err=True)
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
            one.name, one.user or "", rights(one.role, one.teams), "in use" if one.revoked_at is None else "revoked",
            ago(one.created_at, now),
            one.created_by, "never" if one.last_used_at is None else ago(one.last_used_at, now),
        )
        for one in found
    ]  # fmt: skip
    heads = ["name", "of", "role", "state", "created", "by", "last used"]
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
