"""`flowlite run`: one run, now, followed to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.following import Screen
from flowlite.cli.live import Watcher, ended, until_the_end
from flowlite.cli.options import date_option, param_option, part_option, rehearsal_option
from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import date as date_told
from flowlite.cli.words import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowlite.client.client import Client
    from flowlite.service.records import Rehearsal, Why
    from flowlite.store.views import RunDetail


@click.command()
@click.argument("dag")
@date_option
@param_option
@part_option
@rehearsal_option
@json_option
@click.pass_obj
def run(
    setting: Setting,
    dag: str,
    date: str | None,
    params: tuple[tuple[str, Any], ...],
    tasks: tuple[str, ...],
    is_dry: bool,
    as_json: bool,
) -> None:
    """Run DAG once and follow it live. DAG may also be FILE.py, or FILE.py:DAG if the file builds several."""
    setting, dag_id = setting.for_dag(dag)
    if is_dry:
        show_rehearsal(setting.ask(lambda client: rehearsed(client, dag_id, date, params, tasks)), as_json)
        return
    found, why = setting.ask(lambda client: carry_out(client, dag_id, date, dict(params), tasks, is_quiet=as_json))
    if as_json:
        from flowlite.cli.runs import run_fields

        print_json(
            {"run": run_fields(found.run), "tasks": found.tasks, "counts": found.counts, "why": why and why.cause}
        )
    elif why is not None:
        from flowlite.cli.why import show_cause

        if why.cause is not None:
            show_cause(why.cause)
    if found.run.state != "success":
        raise WorkFailed(f"run {found.run.id} of {found.run.dag_id} ended as {found.run.state}")


async def carry_out(
    client: Client,
    dag_id: str | None,
    date: str | None,
    params: dict[str, Any],
    tasks: Sequence[str] = (),
    *,
    is_quiet: bool,
) -> tuple[RunDetail, Why | None]:
    """The run itself; if it did not go well, why."""
    from flowlite.client.client import Client

    wanted = client.wanted_id(dag_id, tasks)
    watcher = Watcher(Screen(), is_quiet=is_quiet)
    tell = _silent if is_quiet else _tell
    async with client.acting() as acting:
        number = await acting.request(wanted, date, params, tasks)
        if not is_quiet:
            announce(await acting.detail(number), acting.taken_up)
        (found,) = await until_the_end(acting, [number], acting.watch([number], watcher.look), tell)
        if not is_quiet:
            ended(found)
        if found.run.state == "success":
            for other in await acting.watch_rest(watcher.look):
                if not is_quiet:
                    ended(other)
    # A client of its own: the first was opened before there was a state file.
    async with Client(client.place) as after:
        return found, await after.why(number) if found.run.state == "failed" else None


async def rehearsed(
    client: Client, dag_id: str | None, date: str | None, params: Iterable[tuple[str, Any]], tasks: Sequence[str]
) -> Rehearsal:
    """Which tasks would run, for which interval and with which parameters."""
    return client.rehearsal(client.wanted(dag_id, tasks), date, dict(params))


def show_rehearsal(found: Rehearsal, as_json: bool) -> None:
    """For people or for programs."""
    if as_json:
        print_json(found)
        return
    covers = f"covers {date_told(found.data_interval_start)} to {date_told(found.data_interval_end)}"
    paint(Cell(found.dag_id, bold=True), f" for {date_told(found.logical_date)}, {covers}")
    say(f"params {found.params}")
    for task_id in found.tasks:
        say(f"  {task_id}")
    say(f"{len(found.tasks)} tasks would run; nothing was run")


def announce(detail: RunDetail, taken_up: list[int]) -> None:
    """What begins now."""
    run = detail.run
    paint(Cell(f"run {run.id}", bold=True), f" of {run.dag_id} for {date_told(run.logical_date)}")
    if taken_up:
        say(f"going on, too, with unfinished runs: {numbers(taken_up)}")


def _tell(text: str) -> None:
    say(f"\n{text}", err=True)


def _silent(text: str) -> None:
    """With --json nothing but JSON is printed."""
