"""`flowlite runs mark` and `cancel`: what a person says about work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.again import followed, told
from flowlite.cli.live import ended
from flowlite.cli.options import dry_option, why_option, yes_option
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.targets import RUN, TARGET, Target
from flowlite.cli.words import count

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.store.views import RunDetail

MARKS = ("success", "failed", "skipped")


@click.command()
@click.argument("run", type=RUN)
@click.option("--task", required=True, type=TARGET, metavar="T", help="The task, one element of it (T[3]), or a group.")
@click.option("--as", "state", required=True, type=click.Choice(MARKS), help="How it ended.")
@why_option
@dry_option
@yes_option
@json_option
@click.pass_obj
def mark(
    setting: Setting, run: int, task: Target, state: Any, reason: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Say by hand how a task of RUN ended; what was blocked by it is judged anew, and runs if it may."""

    async def work(client: Client) -> list[RunDetail]:
        await client.check_name(run, task.task_id)
        async with client.acting() as acting:
            if not as_json:
                say(f"{shown(task)} of run {run} will be marked {state}")
            if dry_run:
                return []
            if not (yes or as_json):
                click.confirm("Mark it?", abort=True)
            before = [await acting.detail(run)]
            await acting.mark(run, task.task_id, task.index, state, reason)
            return await followed(acting, [run], before, is_quiet=as_json)

    found = setting.ask(work)
    if state == "failed":
        show_states(found, as_json=as_json)  # what a person wanted has happened: exit code 0
    else:
        told(found, as_json=as_json)


@click.command()
@click.argument("runs", type=RUN, nargs=-1, required=True, metavar="RUN...")
@why_option
@yes_option
@json_option
@click.pass_obj
def cancel(setting: Setting, runs: tuple[int, ...], reason: str, yes: bool, as_json: bool) -> None:
    """Cancel runs that have not ended. One that another process carries out is cancelled there, with Ctrl-C."""

    async def work(client: Client) -> list[RunDetail]:
        found = [(await client.run(run)).run for run in runs]
        from flowlite.service.errors import Nothing

        over = [run for run in found if run.ended_at is not None]
        if over:
            raise Nothing(f"run {over[0].id} has ended already ({over[0].state}); there is nothing to cancel")
        if not as_json:
            print_table(["run", "dag", "state"], [(str(run.id), run.dag_id, run.state) for run in found])
        if not (yes or as_json):
            click.confirm(f"Cancel {count(len(found), 'run')}?", abort=True)
        async with client.acting() as acting:
            for run in runs:
                await acting.cancel(run, reason)
            return await acting.watch(runs, lambda _: None)

    found = setting.ask(work)
    for detail in () if as_json else found:
        ended(detail)
    show_states(found, as_json=as_json)


# A negative number is no option here.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("run", type=RUN)
@click.argument("number", type=int)
@json_option
@click.pass_obj
def priority(setting: Setting, run: int, number: int, as_json: bool) -> None:
    """Give what waits for slots of RUN a priority: it beats what its DAG and tasks say. Higher goes first."""
    setting.change(lambda desk: desk.prioritize_run(run, number))
    if as_json:
        print_json({"run_id": run, "priority": number})
    else:
        say(f"run {run} has priority {number}")


def show_states(found: list[RunDetail], *, as_json: bool) -> None:
    """How the runs stand now, as JSON if that was asked for."""
    if as_json:
        from flowlite.cli.runs import run_fields

        print_json([{"run": run_fields(one.run), "tasks": one.tasks, "counts": one.counts} for one in found])


def shown(task: Target) -> str:
    """`fetch` or `fetch[3]`."""
    return task.task_id if task.index is None else f"{task.task_id}[{task.index}]"
