"""`flowlite users`: who may use the API, with which role, for which teams."""

from __future__ import annotations

import time
from typing import Any

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.words import ago, count

COMMANDS = {
    "add": Lazy("flowlite.cli.users:add", "Add somebody, with a role."),
    "list": Lazy("flowlite.cli.users:list_", "List who may use the API."),
    "change": Lazy("flowlite.cli.users:change", "Give somebody another role, or other teams."),
    "remove": Lazy("flowlite.cli.users:remove", "Remove somebody, with all their tokens."),
}
ROLES = click.Choice(["viewer", "operator", "admin"])
WHAT_ROLES_MAY = "viewer: look; operator: also run and stop work; admin: everything."

team_option = click.option(
    "--team", "teams", multiple=True, metavar="T",
    help="For an operator: the DAGs of this team only. May be given again.",
)  # fmt: skip


@click.group(cls=LazyGroup, lazy=COMMANDS)
def users() -> None:
    """Add, list, change and remove those who may use the API."""


@click.command()
@click.argument("name")
@click.option("--role", default="viewer", show_default=True, type=ROLES, help=WHAT_ROLES_MAY)
@team_option
@json_option
@click.pass_obj
def add(setting: Setting, name: str, role: Any, teams: tuple[str, ...], as_json: bool) -> None:
    """Add NAME. `flowlite tokens create` then makes tokens for them; who comes by the socket is known by the name of
    their account."""
    setting.change(lambda desk: desk.add_user(name, role, teams))
    if as_json:
        print_json({"name": name, "role": role, "teams": teams})
    else:
        say(f"{name} is {rights(role, teams)}; `flowlite tokens create NAME --user {name}` makes a token for them")


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List who may use the API. Whoever owns the state folder may do anything, and is not listed."""
    found = setting.ask(lambda client: client.users())
    if as_json:
        print_json(found)
        return
    now = time.time()
    rows = [(one.name, one.role, ", ".join(one.teams) or "all", ago(one.created_at, now), one.created_by)
            for one in found]  # fmt: skip
    print_table(
        ["name", "role", "teams", "added", "by"], rows, empty="no users; `flowlite users add NAME` adds one"
    )  # fmt: skip


@click.command()
@click.argument("name")
@click.option("--role", type=ROLES, help=WHAT_ROLES_MAY)
@team_option
@click.option("--all-teams", is_flag=True, help="Of all teams again.")
@json_option
@click.pass_obj
def change(
    setting: Setting, name: str, role: Any, teams: tuple[str, ...], all_teams: bool, as_json: bool
) -> None:  # fmt: skip
    """Give NAME another role, or other teams. Holds for their tokens, too, at once."""
    if not (role or teams or all_teams):
        raise click.UsageError("nothing to change; give --role, --team or --all-teams")
    if teams and all_teams:
        raise click.UsageError("--team names some teams, --all-teams means all; choose one")
    setting.change(lambda desk: desk.change_user(name, role, () if all_teams else teams or None))
    found = next(one for one in setting.ask(lambda client: client.users()) if one.name == name)
    if as_json:
        print_json({"name": name, "role": found.role, "teams": found.teams})
    else:
        say(f"{name} is {rights(found.role, found.teams)}")


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def remove(setting: Setting, name: str, as_json: bool) -> None:
    """Remove NAME; their tokens open nothing any more."""
    revoked = setting.change(lambda desk: desk.remove_user(name))
    if as_json:
        print_json({"name": name, "revoked": revoked})
    else:
        say(f"{name} is removed" + (f", and {count(revoked, 'token')} with them" if revoked else ""))


def rights(role: str, teams: tuple[str, ...]) -> str:
    """`operator of data, ml`."""
    return f"{role} of {', '.join(teams)}" if teams else role
