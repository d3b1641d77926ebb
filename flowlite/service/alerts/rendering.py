"""From a row of the outbox to the words: which DAG, run and task, the root cause, what it blocked, what to do next.

Made when it is sent, from the state: a message that had to wait tells how things are, not how they were.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any

from flowlite.authoring.alert import Alert
from flowlite.core.errors import FlowliteError
from flowlite.engine.why import Failure, failure_of, span_text
from flowlite.service.notes import date_of
from flowlite.service.reading import Reading
from flowlite.service.records import Cause
from flowlite.store.views import OutboxView, RunDetail

MESSAGE_CHARS = 600
LINE_CHARS = 200
MOST_NAMED = 5
MOST_TITLES = 10

HEADLINES = {
    "failure": "{dag} failed",
    "sla": "{what} is late",
    "success": "{dag} succeeded",
    "retry": "{name} failed and is tried again",
    "recovered": "{dag} has recovered",
}


async def alert_of(row: OutboxView, reading: Reading) -> Alert:
    """What is to be said. A run that is gone by now is told of with what the row itself knows."""
    given = json.loads(row.payload)
    if row.kind == "test":
        return test_alert(row.dedup_key, given["at"])
    try:
        detail = await reading.run(given["run"])
        cause = (await reading.why(given["run"])).cause if row.kind == "failure" else None
    except FlowliteError:
        detail, cause = None, None
    return Alert(
        kind=row.kind,
        key=row.dedup_key,
        title=title_of(row.kind, given),
        at=given["at"],
        facts=(*facts_of(row.kind, given, detail, cause), *await last_try(row.kind, given, reading)),
        detail="" if cause is None else detail_of(cause),
        steps=steps_of(row.kind, given, cause),
        dag_id=given["dag_id"],
        run_id=str(given["run"]),
        task_id=given["task_id"] if cause is None else cause.failure.task_id,
    )


def test_alert(key: str, at: float) -> Alert:
    """For `flowlite notify test`."""
    return Alert(
        kind="test", key=key, at=at, title=f"A test from flowlite on {socket.gethostname()}",
        steps=("If you can read this, the channel works.",),
    )  # fmt: skip


def title_of(kind: str, given: dict[str, Any]) -> str:
    """`sales failed: run 17 for 2024-01-01`."""
    what = given["dag_id"] if given["name"] is None else f"{given['dag_id']} {given['name']}"
    said = HEADLINES[kind].format(dag=given["dag_id"], what=what, name=what)
    return f"{said}: run {given['run']} for {date_of(given['logical_date'])}"


def facts_of(
    kind: str, given: dict[str, Any], detail: RunDetail | None, cause: Cause | None
) -> Sequence[tuple[str, str]]:
    """Label and value."""
    found = [("DAG", given["dag_id"]), ("run", f"{given['run']} for {date_of(given['logical_date'])}")]
    if kind == "sla":
        found += lateness(given, detail)
    if detail is not None and detail.run.ended_at is not None and detail.run.started_at is not None:
        found.append(("took", span_text(detail.run.ended_at - detail.run.started_at)))
    if kind == "recovered" and given["incident"]:
        found.append(("after", f"trouble that began with run {given['incident']}"))
    if cause is not None:
        found += causes(cause)
    elif given["name"] is not None:
        found.append(("task", given["name"]))
    return found


def lateness(given: dict[str, Any], detail: RunDetail | None) -> Sequence[tuple[str, str]]:
    """By how much, and how far it is."""
    found = []
    if given["base_at"] is not None:
        found.append(("deadline", f"{span_text(given['at'] - given['base_at'])} after {date_of(given['base_at'])}Z"))
    if detail is not None:
        found.append(("now", str(detail.run.state)))
    return found


async def last_try(kind: str, given: dict[str, Any], reading: Reading) -> Sequence[tuple[str, str]]:
    """What the attempt that will be followed by another ended with."""
    if kind != "retry":
        return ()
    attempts = await reading.views.attempts_of(given["run"], given["task_id"])
    ended = [one for one in attempts if one.map_index == given["map_index"] and one.outcome != "success"]
    if not ended:
        return ()
    failure = failure_of(ended[-1])
    return [("attempt", str(failure.attempt)), ("error", error_of(failure))]


def causes(cause: Cause) -> Sequence[tuple[str, str]]:
    """The root of it."""
    failure = cause.failure
    found = [("task", f"{failure.name}, attempt {failure.attempt}"), ("cause", error_of(failure))]
    if failure.file is not None:
        found.append(("where", f"{failure.file}:{failure.line}"))
    elif failure.declared_file is not None:
        found.append(("declared", f"{failure.declared_file}:{failure.declared_line}"))
    if cause.deeper is not None:
        run, why = cause.deeper, cause.deeper.failure
        found.append(("because", f"run {run.run_id} of {run.dag_id}: {why.name}, {error_of(why)}"))
    if cause.also_failed:
        found.append(("also failed", some(cause.also_failed)))
    if cause.blocked:
        found.append(("blocked", some(cause.blocked)))
    if cause.same_error is not None and len(cause.same_error.runs) > 1:
        seen = cause.same_error
        found.append(("before", f"same error in {len(seen.runs)} of the last {seen.looked_at} runs"))
    return found


def error_of(failure: Failure) -> str:
    """`data quality: RowsMissing: no rows for 2024-01-01`."""
    kind = "" if failure.kind == "error" else f"{failure.kind.replace('_', ' ')}: "
    return cut(f"{kind}{failure.said}", MESSAGE_CHARS)


def detail_of(cause: Cause) -> str:
    """The end of its log."""
    return "\n".join(cut(line, LINE_CHARS) for line in cause.log_tail)


def steps_of(kind: str, given: dict[str, Any], cause: Cause | None) -> tuple[str, ...]:
    """Commands to go on with."""
    run = given["run"]
    if kind == "failure":
        return (f"flowlite runs retry {run}" if cause is None else cause.advice, f"flowlite why {run}")
    if kind in ("sla", "retry"):
        return (f"flowlite why {run}",)
    return ()


def gathered(alerts: Sequence[Alert]) -> Alert:
    """Many in one message: how many of what, and the first of them."""
    first, counts = alerts[0], dict.fromkeys((one.kind for one in alerts), 0)
    for one in alerts:
        counts[one.kind] += 1
    kinds = ", ".join(f"{number} x {kind}" for kind, number in counts.items())
    left = len(alerts) - MOST_TITLES
    titles = [f"- {one.title}" for one in alerts[:MOST_TITLES]] + ([f"- and {left} more"] if left > 0 else [])
    return Alert(
        kind=first.kind, key=f"{first.key}+{len(alerts) - 1}", at=first.at,
        title=f"{len(alerts)} alerts within a minute ({kinds})", more=tuple(titles),
        steps=("flowlite status", "flowlite runs list --state failed"),
    )  # fmt: skip


def cut(text: str, most: int) -> str:
    """No longer than that."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def some(names: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
