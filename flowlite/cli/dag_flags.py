"""`flowlite dags pause`, `unpause` and `priority`: what people set on a DAG. It outlives restarts and redeploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.options import why_option
from flowlite.cli.output import json_option, print_json, say
from flowlite.cli.setting import Setting

if TYPE_CHECKING:
    from flowlite.service.desk import Desk

AS_DECLARED = "default"


@click.command()
@click.argument("dags", nargs=-1, required=True, metavar="DAG...")
@why_option
@json_option
@click.pass_obj
def pause(setting: Setting, dags: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Let the schedules of these DAGs start no run until they are unpaused. What runs goes on, and `flowlite run`
    works as ever."""
    set_paused(setting, dags, reason, is_paused=True, as_json=as_json)


@click.command()
@click.argument("dags", nargs=-1, required=True, metavar="DAG...")
@why_option
@json_option
@click.pass_obj
def unpause(setting: Setting, dags: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Let the schedules of these DAGs go on. What was due in the pause is not made up for: that is what `flowlite
    backfill` is for."""
    set_paused(setting, dags, reason, is_paused=False, as_json=as_json)


def set_paused(setting: Setting, dags: tuple[str, ...], why: str, *, is_paused: bool, as_json: bool) -> None:
    """Each of them, in the order given; the first that can't be changed ends it."""

    async def work(desk: Desk) -> None:
        for dag_id in dags:
            await (desk.pause_dag if is_paused else desk.unpause_dag)(dag_id, why)
            if not as_json:
                say(f"{dag_id} is paused" if is_paused else f"{dag_id} is scheduled again")

    setting.change(work)
    if as_json:
        print_json([{"dag_id": dag_id, "is_paused": is_paused} for dag_id in dags])


class Priority(click.ParamType[Any]):
    """A whole number, or `default`."""

    name = "priority"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """`5`, `-1` or `default`."""
        try:
            return AS_DECLARED if value == AS_DECLARED else int(value)
        except ValueError:
            self.fail(f"{value!r} is no priority; give a whole number, or `{AS_DECLARED}`", param, ctx)


# A negative number is no option here.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("dag")
@click.argument("number", type=Priority(), metavar="NUMBER|default")
@why_option
@json_option
@click.pass_obj
def priority(setting: Setting, dag: str, number: int | str, reason: str, as_json: bool) -> None:
    """Give DAG a priority in the place of that in its file (`default`: that again). Higher goes first, also for what
    is in line already."""
    given = number if isinstance(number, int) else None
    setting.change(lambda desk: desk.prioritize_dag(dag, given, reason))
    if as_json:
        print_json({"dag_id": dag, "priority": given})
    else:
        say(f"{dag} has the priority of its file again" if given is None else f"{dag} has priority {given}")
