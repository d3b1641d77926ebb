"""`flowlite runs retry`, `clear` and `resume`: make work run (again), and follow it to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.following import Screen
from flowlite.cli.live import Watcher, ended, until_the_end
from flowlite.cli.options import dry_option, task_option, why_option, yes_option
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.targets import RUN, Target
from flowlite.cli.words import count, numbers

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.service.desk import Desk, Touched
    from flowlite.store.views import RunDetail

MOST_SHOWN = 30


@click.command()
@click.argument("run", type=RUN)
@task_option
@click.option("--downstream", is_flag=True, help="Also what ran downstream of it, whether or not it failed.")
@click.option("--failed", is_flag=True, help="Only what failed (this is what retry does anyway).")
@why_option
@dry_option
@yes_option
@json_option
@click.pass_obj
def retry(
    setting: Setting, run: int, tasks: tuple[Target, ...], downstream: bool, failed: bool, reason: str, dry_run: bool,
    yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run again what failed in RUN, and what was blocked by it."""
    again(
        setting,
        run,
        tasks,
        with_downstream=downstream,
        only_failed=True,
        reason=reason,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


@click.command()
@click.argument("run", type=RUN)
@task_option
@click.option("--no-downstream", is_flag=True, help="Leave alone what lies downstream.")
@why_option
@dry_option
@yes_option
@json_option
@click.pass_obj
def clear(
    setting: Setting, run: int, tasks: tuple[Target, ...], no_downstream: bool, reason: str, dry_run: bool, yes: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Run finished work of RUN again, with everything downstream. Old attempts are kept."""
    again(
        setting, run, tasks, with_downstream=not no_downstream, only_failed=False, reason=reason, dry_run=dry_run,
        yes=yes, as_json=as_json,
    )  # fmt: skip


def again(
    setting: Setting, run: int, tasks: Sequence[Target], *, with_downstream: bool, only_failed: bool, reason: str,
    dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show what will happen, ask, do it, follow it."""
    names, index = names_and_index(tasks)

    async def work(client: Client) -> list[RunDetail]:
        for task in tasks:
            await client.check_name(run, task.task_id)
        async with client.acting() as acting:
            shown = await acting.preview(
                run, names, index, with_downstream=with_downstream, only_failed=only_failed
            )  # fmt: skip
            if not as_json:
                show_touched(run, shown.touched)
            if dry_run:
                if as_json:
                    print_json({"run_id": run, "would_run_again": touched_fields(shown.touched)})
                return []
            if not (yes or as_json):
                click.confirm("Run these again?", abort=True)
            before = [await acting.detail(run)]
            await acting.clear(
                run, names, index, with_downstream=with_downstream, only_failed=only_failed, why=reason,
                seen=shown.token,
            )  # fmt: skip
            return await followed(acting, [run], before, is_quiet=as_json)

    told(setting.ask(work), as_json=as_json)


@click.command()
@json_option
@click.pass_obj
def resume(setting: Setting, as_json: bool) -> None:
    """Go on with runs that were left unfinished, and follow them to their end."""

    async def work(client: Client) -> list[RunDetail]:
        async with client.acting() as acting:
            if not acting.taken_up:
                if not as_json:
                    say("nothing was left unfinished" if acting.is_here else "the daemon goes on with it by itself")
                return []
            if not as_json:
                say(f"going on with {count(len(acting.taken_up), 'run')}: {numbers(acting.taken_up)}")
            before = [await acting.detail(run) for run in acting.taken_up]
            return await followed(acting, acting.taken_up, before, is_quiet=as_json)

    told(setting.ask(work), as_json=as_json)


async def followed(
    acting: Desk, runs: Sequence[int], before: Sequence[RunDetail], *, is_quiet: bool
) -> list[RunDetail]:
    """Watch them to their end, telling what has changed since `before`, and then what they have started."""
    watcher = Watcher(Screen(), is_quiet=is_quiet)
    for detail in before:
        watcher.known(detail)
    found = await until_the_end(acting, runs, acting.watch(runs, watcher.look), lambda text: say(f"\n{text}", err=True))
    rest = await acting.watch_rest(watcher.look)
    for detail in () if is_quiet else (*found, *rest):
        ended(detail)
    return found


def told(found: list[RunDetail], *, as_json: bool) -> None:
    """JSON if it was asked for; exit code 1 if a run did not go well."""
    if as_json and found:
        from flowlite.cli.runs import run_fields

        print_json([{"run": run_fields(one.run), "tasks": one.tasks, "counts": one.counts} for one in found])
    bad = [detail.run for detail in found if detail.run.state != "success"]
    if bad:
        raise WorkFailed(
            f"run {bad[0].id} of {bad[0].dag_id} ended as {bad[0].state}; `flowlite why {bad[0].id}` says why"
        )


def names_and_index(tasks: Sequence[Target]) -> tuple[list[str], int | None]:
    """Several tasks, or one with an element."""
    indexes = {task.index for task in tasks}
    if len(tasks) > 1 and indexes != {None}:
        raise click.UsageError("an element such as fetch[3] can only be given alone")
    return [task.task_id for task in tasks], next(iter(indexes), None)


def show_touched(run: int, touched: Sequence[Touched]) -> None:
    """The list of what will happen."""
    say(f"{count(len(touched), 'task instance')} of run {run} will run again:")
    rows = [(_name(one), f"was {one.state}") for one in touched[:MOST_SHOWN]]
    print_table(["task", "state"], rows)
    if len(touched) > MOST_SHOWN:
        say(f"and {len(touched) - MOST_SHOWN} more")


def touched_fields(touched: Sequence[Touched]) -> list[dict[str, object]]:
    """As JSON shows them."""
    from dataclasses import asdict

    return [asdict(one) for one in touched]


def _name(one: Touched) -> str:
    return one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]"
