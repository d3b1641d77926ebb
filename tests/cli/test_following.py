"""What a person sees while a run goes on. Pure: two looks at a run are compared."""

from __future__ import annotations

import click

from flowlite.cli.following import Screen, bar_text, news
from flowlite.store.views import RunDetail, RunView, TaskView


def task(task_id: str, state: str, **more) -> TaskView:
    given = {"number": 0, "kind": "python", "pool": "default", "slots": 1, "counts": {state: 1}, "width": None}
    rest = {"is_map": False, "attempt": 1, "started_at": 100.0, "ended_at": 101.5 if state == "success" else None}
    return TaskView(id=task_id, state=state, **{**given, **rest, **more})


def detail(*tasks: TaskView, started_at: float = 100.0) -> RunDetail:
    names = RunView.__dataclass_fields__
    run = RunView(**{**dict.fromkeys(names), "id": 1, "dag_id": "d", "started_at": started_at})
    counts: dict[str, int] = {}
    for one in tasks:
        for state, number in one.counts.items():
            counts[state] = counts.get(state, 0) + number
    return RunDetail(run=run, tasks=list(tasks), counts=counts)


def told(before: RunDetail | None, after: RunDetail) -> list[str]:
    seen = {one.id: one for one in before.tasks} if before else {}
    return [" ".join("".join(cell.text for cell in line).split()) for line in news(seen, after)]


def test_a_task_is_told_once_when_it_has_ended():
    before, after = detail(task("a", "running")), detail(task("a", "success"))
    assert told(None, before) == []
    assert told(before, after) == ["✓ a 1.5s"]
    assert told(after, after) == []


def test_a_map_is_told_as_one_with_what_became_of_it():
    running = task("m", "running", width=50, counts={"success": 10, "running": 40})
    ended = task("m", "failed", width=50, counts={"success": 48, "failed": 2}, ended_at=103.0)
    assert told(None, detail(running)) == []
    assert told(detail(running), detail(ended)) == ["✗ m ×50 3.0s 48 success, 2 failed"]


def test_the_first_failures_of_a_map_are_told_while_it_goes_on():
    before = task("m", "running", width=50, counts={"running": 50})
    after = task("m", "running", width=50, counts={"running": 48, "failed": 2})
    assert told(detail(before), detail(after)) == ["✗ m ×50 2 of 50 failed so far"]


def test_a_retry_is_told():
    retrying = task("a", "retrying")
    assert told(detail(task("a", "running")), detail(retrying)) == ["↻ a attempt 1 failed and will be tried again"]


def test_a_task_that_ran_again_is_told_again_with_its_own_time_only():
    before = detail(task("a", "success"))
    after = detail(task("a", "success", attempt=2, ended_at=902.0), started_at=900.0)
    assert told(before, after) == ["✓ a 2.0s attempt 2"]


def test_the_bar_counts_task_instances_and_fits_the_terminal():
    here = detail(task("a", "success"), task("m", "running", counts={"success": 2, "running": 3, "failed": 2}))
    assert bar_text([here], 65.0, 80) == "███████████████░░░░░░░░░ 5/8  3 running  2 failed  1m 05s"
    assert len(bar_text([here], 65.0, 30)) <= 29


def test_without_a_terminal_there_is_no_bar(capsys):
    Screen(is_live=False).show(news({}, detail(task("a", "success"))), "the bar")
    assert capsys.readouterr().out.split() == ["✓", "a", "1.5s"]


def test_on_a_terminal_the_bar_stays_below_the_lines(capsys):
    screen = Screen(is_live=True)
    screen.show([], "bar 1")
    screen.show(news({}, detail(task("a", "success"))), "bar 2")
    screen.clear()
    out = click.unstyle(capsys.readouterr().out)
    assert out.startswith("bar 1")
    assert out.index("a") < out.index("bar 2")
