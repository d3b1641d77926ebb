"""`flowlite approvals`: questions of DAGs that wait for a person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.targets import RUN, TARGET, Target
from flowlite.cli.waiting import say_if_nobody_goes_on
from flowlite.cli.words import ago, instant

if TYPE_CHECKING:
    from flowlite.service.desk import Desk
    from flowlite.service.records import OpenApproval

COMMANDS = {
    "list": Lazy("flowlite.cli.approvals:list_", "List what waits for a person."),
    "answer": Lazy("flowlite.cli.approvals:answer", "Approve or refuse."),
}
ANSWERS = {"approve": True, "refuse": False}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def approvals() -> None:
    """List the questions that wait for a person, and answer them."""


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List what waits for a person, the longest wait first."""
    found = setting.ask(lambda client: client.approvals())
    if as_json:
        print_json(found)
        return
    now = time.time()
    heads = ["run", "dag", "task", "question", "who may answer", "asked", "until"]
    print_table(heads, [row(one, now) for one in found], right=["run"], empty="nothing waits for a person")


def row(one: OpenApproval, now: float) -> tuple[str, ...]:
    """One of them."""
    name = one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]"
    return (
        str(one.run_id), one.dag_id, name, one.question, ", ".join(one.approvers) or "anybody", ago(one.since, now),
        instant(one.wait_until) if one.wait_until is not None else "",
    )  # fmt: skip


@click.command()
@click.argument("run", type=RUN)
@click.argument("task", type=TARGET)
@click.argument("answer", type=click.Choice(list(ANSWERS)))
@click.option("--note", default="", metavar="TEXT", help="What to pass on with the answer.")
@json_option
@click.pass_obj
def answer(setting: Setting, run: int, task: Target, answer: str, note: str, as_json: bool) -> None:
    """Answer TASK of RUN. Approved, it succeeds, and what waits for it may run; refused, it fails."""
    is_approved = ANSWERS[answer]

    async def work(desk: Desk) -> bool:
        await desk.answer_approval(run, task.task_id, is_approved, task.index, note)
        return desk.is_here

    is_here = setting.change(work)
    name = task.task_id if task.index is None else f"{task.task_id}[{task.index}]"
    if as_json:
        print_json({"run_id": run, "task_id": task.task_id, "map_index": task.index, "is_approved": is_approved})
    else:
        say(f"{name} of run {run} is {'approved' if is_approved else 'refused'}")
    say_if_nobody_goes_on(is_here=is_here)
