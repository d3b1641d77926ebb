"""`flowlite trigger`: ask for a run and leave it to the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.options import date_option, param_option, part_option, rehearsal_option
from flowlite.cli.output import json_option, paint, print_json
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.waiting import say_if_nobody_goes_on
from flowlite.cli.words import date as date_told

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.store.views import RunDetail


@click.command()
@click.argument("dag")
@date_option
@param_option
@part_option
@rehearsal_option
@json_option
@click.pass_obj
def trigger(
    setting: Setting, dag: str, date: str | None, params: tuple[tuple[str, Any], ...], tasks: tuple[str, ...],
    is_dry: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask for a run of DAG, and do not wait for it. Where no daemon is up, it waits for one."""
    setting, dag_id = setting.for_dag(dag)
    if is_dry:
        from flowlite.cli.run import rehearsed, show_rehearsal

        show_rehearsal(setting.ask(lambda client: rehearsed(client, dag_id, date, params, tasks)), as_json)
        return
    if (
        dag_id is not None
        and setting.dag_file is None
        and not as_json
        and is_done_by_daemon(setting, dag_id, date, params, tasks)
    ):
        return

    async def work(client: Client) -> tuple[RunDetail, bool]:
        wanted = client.wanted_id(dag_id, tasks)
        async with client.acting(is_still=True) as desk:
            return await desk.detail(await desk.request(wanted, date, dict(params), tasks)), desk.is_here

    found, is_here = setting.ask(work)
    run = found.run
    if as_json:
        from flowlite.cli.runs import run_fields

        print_json({"run": run_fields(run)})
    else:
        show(run.id, run.dag_id, run.logical_date)
    say_if_nobody_goes_on(is_here=is_here)


def is_done_by_daemon(
    setting: Setting, dag_id: str, date: str | None, params: tuple[tuple[str, Any], ...], tasks: tuple[str, ...]
) -> bool:
    """The short way, half as long: a daemon that is up is asked, and no room is entered for what it answers."""
    import asyncio

    from flowlite.client.quick import requested

    run = asyncio.run(requested(setting.state_folder, setting.dag_folders, dag_id, date, dict(params), tasks))
    if run is not None:
        show(run["id"], run["dag_id"], run["logical_date"])
    return run is not None


def show(run: object, dag_id: str, logical_date: float) -> None:
    """For people."""
    paint(Cell(f"run {run}", bold=True), f" of {dag_id} for {date_told(logical_date)}")
