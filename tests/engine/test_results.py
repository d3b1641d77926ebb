"""Results: what one task hands to another, decoded by the annotation of whoever takes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import flowlite
from flowlite import Context, Dag, Retry, task
from flowlite.engine import carrier
from flowlite.engine.recovery import fill_results


@dataclass
class Point:
    x: int
    at: datetime


@task
def make_point() -> Point:
    return Point(3, datetime(2024, 1, 1, tzinfo=UTC))


@task
def take_point(point: Point) -> str:
    return f"{type(point).__name__} {point.x} {point.at.year}"


@task
def take_points(points: list[Point]) -> int:
    return sum(point.x for point in points)


@task
async def echo(value):
    return value


def outcome_of(value):
    with Dag("echo") as dag:
        echo(value)
    run = flowlite.run(dag)
    return run.tasks["echo"][0]


def test_a_dataclass_comes_back_as_itself_where_the_annotation_says_so():
    with Dag("points") as dag:
        take_point(make_point())
    assert flowlite.run(dag)["take_point"] == "Point 3 2024"


def test_a_mapped_upstream_comes_as_the_list_of_its_results_in_map_order():
    @task
    def point(x: int) -> Point:
        return Point(x, datetime(2024, 1, 1, tzinfo=UTC))

    with Dag("points") as dag:
        take_points(point.map([1, 2, 3]))
    run = flowlite.run(dag)
    assert run["take_points"] == 6
    assert [one["x"] for one in run["point"]] == [1, 2, 3]


def test_a_part_of_a_result_can_be_picked():
    with Dag("picks") as dag:
        whole = echo({"a": [10, 20], "b": {"c": "deep"}})
        echo(whole["b"]["c"])
        echo.options(id="second")(whole["a"][1])
    run = flowlite.run(dag)
    assert (run["echo_2"], run["second"]) == ("deep", 20)


def test_a_pick_on_a_mapped_handle_picks_from_each_element():
    @task
    def pair(n: int) -> dict:
        return {"n": n, "square": n * n}

    with Dag("squares") as dag:
        rows = pair.map([1, 2, 3])
        echo(rows["square"])
    assert flowlite.run(dag)["echo"] == [1, 4, 9]


def test_handles_inside_lists_and_dicts_are_results_too():
    with Dag("nested") as dag:
        one = echo(1)
        echo({"list": [one, 2], "plain": "x"})
    assert flowlite.run(dag)["echo_2"] == {"list": [1, 2], "plain": "x"}


def test_a_result_that_does_not_fit_the_parameter_fails_and_names_it():
    @task
    def wants_a_number(count: int) -> int:
        return count

    with Dag("misfit") as dag:
        wants_a_number(echo("many"))
    cause = flowlite.run(dag).root_cause
    assert cause.task_id == "wants_a_number"
    assert "'count'" in cause.error.message


@pytest.mark.parametrize(
    ("value", "kind", "place"),
    [
        (float("nan"), "float", "result"),
        ({"rows": [1, object()]}, "object", 'result["rows"][1]'),
        ({1: 2}, "int", "result"),
    ],
)
def test_a_result_that_is_no_json_fails_with_type_and_place(value, kind, place):
    @task
    def produce():
        return value

    with Dag("no_json") as dag:
        produce()
    message = flowlite.run(dag).root_cause.error.message
    assert kind in message and place in message


def test_a_large_result_goes_to_a_file_and_comes_back_whole(tmp_path: Path):
    text = "x" * (1 << 20) + "end"

    @task
    def produce() -> str:
        return text

    @task
    def length(value: str) -> int:
        return len(value)

    with Dag("large") as dag:
        length(produce())
    run = flowlite.run(dag, state=tmp_path / "state")
    assert run["length"] == len(text)
    assert run["produce"] == text
    assert len(list((tmp_path / "state" / "results").iterdir())) == 1


def test_a_task_without_success_is_none_under_a_rule_that_runs_after_failures():
    @task
    def breaks():
        raise ValueError("no")

    with Dag("after_failure") as dag:
        echo.options(trigger_rule="all_done")(breaks())
    run = flowlite.run(dag)
    assert run.state == "success" and run.had_failures
    assert run.tasks["echo"][0].state == "success" and run["echo"] is None


def test_a_mapped_argument_holds_the_successful_elements_under_such_a_rule():
    @task
    def half(n: int) -> int:
        if n % 2:
            raise ValueError("odd")
        return n // 2

    with Dag("some_fail") as dag:
        echo.options(trigger_rule="all_done")(half.map([0, 1, 2, 3, 4]))
    assert flowlite.run(dag)["echo"] == [0, 1, 2]


def test_what_one_consumer_changes_no_other_sees():
    @task
    def grow(item: dict) -> int:
        item["n"] = item.get("n", 0) + 1
        return item["n"]

    with Dag("fresh") as dag:
        items = echo([{}, {}])
        grow.map(items)
        grow.options(id="again").map(items)
    run = flowlite.run(dag)
    assert run["grow"] == [1, 1] and run["again"] == [1, 1]


async def test_a_retry_that_is_due_while_its_dag_becomes_known_again_gets_its_results(tmp_path, monkeypatch):
    @task(retries=Retry(1, delay=0.2, backoff="fixed"))
    async def second(found: str, ctx: Context) -> str:
        if ctx.attempt == 1:
            raise ValueError("once")
        return found

    with Dag("again") as dag:
        second(echo("kept"))
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dag)
        async for event in fl.events():
            if event.state == "retrying":
                break
    async with flowlite.open(tmp_path / "state") as fl:
        (live,) = fl.engine.machine.runs.values()

        async def slow(*fetched: Any) -> None:
            async with asyncio.timeout(10):
                while live.nodes[1].own.state != "running":  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await fill_results(*fetched)

        monkeypatch.setattr(carrier, "fill_results", slow)
        await fl.register(dag)
        ended = await fl.finished(run)
    assert (ended.state, ended["second"]) == ("success", "kept"), ended.root_cause
