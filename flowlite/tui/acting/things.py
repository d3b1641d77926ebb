"""What can be done to what is listed: approvals, assets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowlite.tui.actions import Action
from flowlite.tui.format import plural
from flowlite.tui.sheets.answer import AnswerSheet
from flowlite.tui.sheets.confirm import Confirm
from flowlite.tui.widgets.approval_list import ApprovalList
from flowlite.tui.widgets.asset_list import AssetList


def no_question(here: ApprovalList) -> str:
    """Nothing waits."""
    return "" if here.one is not None else "nothing waits for an answer here"


def answer(*, is_approved: bool) -> Callable[[ApprovalList], Any]:
    """With a note."""

    async def run(here: ApprovalList) -> None:
        told = here.one
        assert told is not None
        answered = await here.ui.push_screen_wait(AnswerSheet(told, is_approved=is_approved))
        if answered is None:
            return
        index = told["map_index"] if told["map_index"] >= 0 else None
        await here.ui.remote.raw(
            "answer_approval", run=int(told["run_id"]), task_id=told["task_id"], is_approved=answered.is_approved,
            index=index, note=answered.note,
        )  # fmt: skip
        word = "approved" if answered.is_approved else "refused"
        here.ui.say(f"{told['dag_id']}.{told['task_id']} of run {told['run_id']} {word}", "good")

    return run


def no_asset(here: AssetList) -> str:
    """Nothing listed."""
    return "" if here.picking.key is not None else "there is no asset here"


async def update_asset(here: AssetList) -> None:
    """Say that it has new data."""
    name = str(here.picking.key)
    waiting = here.waiters.get(name, [])
    items = [[("  ", "text"), (dag_id, "text"), ("  starts when its schedule says so", "dim")] for dag_id in waiting]
    notes = (f"{plural(len(waiting), 'DAG')} waits for it." if waiting else "No DAG waits for it.",)
    sheet = Confirm(f"Say that {name} has new data?", items, label="Update", number=1, notes=notes, is_danger=False)
    if await here.ui.push_screen_wait(sheet):
        await here.ui.remote.raw("update_asset", name=name, why="")
        here.ui.say(f"{name} has new data", "good")


THINGS = (
    Action(
        id="approvals.approve", title="Approve", keys=("a",), run=answer(is_approved=True), reason=no_question,
        hint="approve", changes=True, is_for_the_named=True,
    ),
    Action(
        id="approvals.refuse", title="Refuse", keys=("X",), run=answer(is_approved=False), reason=no_question,
        hint="refuse", changes=True, is_for_the_named=True, is_danger=True,
    ),
    Action(
        id="assets.update", title="Say that the asset has new data", keys=("U",), run=update_asset, reason=no_asset,
        hint="update", changes=True,
    ),
)  # fmt: skip
