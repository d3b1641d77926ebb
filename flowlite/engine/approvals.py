"""Answers to approvals: who may answer, and what is passed on."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flowlite.core.errors import FlowliteError
from flowlite.core.rows import Evidence
from flowlite.core.states import State
from flowlite.engine.announce import moment
from flowlite.engine.engine import Engine
from flowlite.execution.failure import plain_error


class NotWaiting(FlowliteError):
    """There is no such approval, or it has been answered."""


class NotAnApprover(FlowliteError):
    """Somebody who is not on the list of approvers."""


async def answer_approval(
    engine: Engine, run: int, task_id: str, index: int = -1, *, is_approved: bool, by: str, note: str = "",
    known_as: Sequence[str] = (),
) -> None:  # fmt: skip
    """Approved: it succeeds and passes on who answered what and when. Refused: it fails, and says who refused.

    `known_as`: what approvers may name them by, too: their role, their teams. Raises NotWaiting, NotAnApprover.
    """
    number = waiting_number(engine, run, task_id, index)
    approvers = approvers_of(engine, run, number)
    if approvers and not {by, *known_as}.intersection(approvers):
        raise NotAnApprover(f"{by!r} may not answer {task_id} of run {run}; ask one of {', '.join(approvers)}")
    at = moment(engine.clock.now()).isoformat()
    result = json.dumps({"approved": is_approved, "by": by, "at": at, "note": note}, ensure_ascii=False)
    refusal = (
        None
        if is_approved
        else plain_error("error", f"refused by {by}" + (f": {note}" if note else ""), type_name="Refused")
    )
    await engine.answer(
        run, number, index, is_approved=is_approved, by=by, evidence=Evidence(error=refusal, result=result)
    )


def approvers_of(engine: Engine, run: int, number: int) -> tuple[str, ...]:
    """Whom its DAG file names; nobody: anybody."""
    plan = engine.plans.of(engine.machine.runs[run].version)
    spec = plan.specs[number] if plan is not None else None
    return spec.approvers if spec is not None else ()


def waiting_number(engine: Engine, run: int, task_id: str, index: int) -> int:
    """The number of the task that waits for an answer. Raises NotWaiting."""
    live = engine.machine.runs.get(run)
    number = None if live is None else live.graph.number.get(task_id)
    instance = None if live is None or number is None else live.find(number, index)
    if live is None or number is None or instance is None or not instance.node.task.is_approval:
        raise NotWaiting(
            f"run {run} has no approval {task_id!r} that waits; `flowlite runs show {run}` shows its tasks"
        )
    if instance.state is not State.WAITING:
        raise NotWaiting(f"{task_id} of run {run} is {instance.state}, it waits for nobody")
    return number
