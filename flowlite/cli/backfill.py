"""`flowlite backfill`: a range of past dates, several at a time, the plan first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowlite.cli.backfill_following import followed, told
from flowlite.cli.backfill_plan import plan_fields, show_plan
from flowlite.cli.options import param_option
from flowlite.cli.output import json_option, print_json, say
from flowlite.cli.setting import Setting

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.service.records import BackfillPlan
    from flowlite.store.views import BackfillDetail


@click.command()
@click.argument("dag")
@click.argument("start")
@click.argument("end")
@click.option("--concurrency", default=10, show_default=True, type=click.IntRange(1), help="How many runs at a time.")
@click.option(
    "--reprocess", default="none", show_default=True, type=click.Choice(["none", "failed", "all"]),
    help="What to do with dates that have a run.",
)  # fmt: skip
@click.option("--newest-first", is_flag=True, help="Begin with the newest date.")
@click.option("--inclusive", is_flag=True, help="Take END in.")
@param_option
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def backfill(
    setting: Setting, /, dag: str, start: str, end: str, yes: bool, dry_run: bool, as_json: bool, **how: Any
) -> None:
    """Run DAG for every data interval from START up to END (END itself is left out)."""
    setting, dag_id = setting.for_dag(dag)
    wanted = {
        "concurrency": how["concurrency"], "reprocess": how["reprocess"], "is_newest_first": how["newest_first"],
        "is_inclusive": how["inclusive"], "params": dict(how["params"]),
    }  # fmt: skip

    async def work(client: Client) -> BackfillDetail | None:
        wanted_id = client.wanted_id(dag_id)
        async with client.acting(is_still=dry_run) as acting:
            plan = await acting.plan_backfill(wanted_id, start, end, **wanted)
            if not shall_run(plan, has_params=bool(how["params"]), yes=yes, dry_run=dry_run, as_json=as_json):
                return None
            detail = await acting.start_backfill(wanted_id, start, end, **wanted, seen=plan.token)
            return None if detail is None else await followed(acting, detail.backfill.id, is_quiet=as_json)

    told(setting.ask(work), as_json=as_json)


def shall_run(plan: BackfillPlan, *, has_params: bool, yes: bool, dry_run: bool, as_json: bool) -> bool:
    """Show the plan, and ask."""
    if not as_json:
        show_plan(plan, has_params=has_params)
        if not plan.runs:
            say("nothing to do; --reprocess failed or --reprocess all runs dates again")
    elif dry_run or not plan.runs:
        print_json(plan_fields(plan))
    if dry_run or not plan.runs:
        return False
    if not (yes or as_json):
        click.confirm("Go on?", abort=True)
    return True
