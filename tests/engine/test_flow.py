"""Which tasks run, and which do not: maps, branches, conditions, skips, groups, rules."""

from __future__ import annotations

import pytest

import flowlite
from flowlite import Dag, Fail, Skip, chain, group, task


@task
async def value(x=None):
    return x


@task
async def noop():
    pass


def states(run) -> dict[str, list[str]]:
    return {id_: [str(one.state) for one in many] for id_, many in run.tasks.items()}


@pytest.mark.parametrize("count", [0, 1, 10_000])
def test_a_map_has_as_many_elements_as_its_list(count):
    @task
    def numbers() -> list[int]:
        return list(range(count))

    @task
    async def double(n: int) -> int:
        return 2 * n

    @task
    def total(ns: list[int]) -> int:
        return sum(ns)

    with Dag("mapped") as dag:
        total(double.map(numbers()))
    run = flowlite.run(dag)
    assert run.state == "success"
    assert run["total"] == count * (count - 1)
    assert len(run["double"]) == count


def test_maps_over_maps_go_element_by_element_and_partial_fixes_the_rest():
    @task
    async def add(a: int, b: int, c: int = 0) -> int:
        return a + b + c

    with Dag("pairs") as dag:
        first = add.partial(c=100).map([1, 2, 3], [10, 20, 30])
        add.partial(b=1).map(first)
    run = flowlite.run(dag)
    assert run["add"] == [111, 122, 133]
    assert run["add_2"] == [112, 123, 134]


def test_unequal_lengths_fail_the_expansion_and_name_them():
    @task
    def add(a: int, b: int) -> int:
        return a + b

    with Dag("unequal") as dag:
        add.map(value([1, 2, 3]), value([1]))
    run = flowlite.run(dag)
    assert run.state == "failed"
    assert run.root_cause.task_id == "add"
    assert run.root_cause.error.error_class == "expansion"
    assert "3" in str(run.root_cause) and "1" in str(run.root_cause)


def test_a_branch_follows_what_it_chose_and_a_join_behind_it_still_runs():
    @task.branch
    def choose() -> str:
        return "left"

    with Dag("branches") as dag:
        choice = choose()
        left, right = noop.options(id="left")(), noop.options(id="right")()
        join = noop.options(id="join", trigger_rule="none_failed_min_one_success")()
        choice >> [left, right] >> join
    run = flowlite.run(dag)
    assert states(run) == {"choose": ["success"], "left": ["success"], "right": ["skipped"], "join": ["success"]}


def test_a_branch_to_nowhere_fails_and_lists_its_choices():
    @task.branch
    def choose() -> str:
        return "lef"

    with Dag("branches") as dag:
        choose() >> [noop.options(id="left")(), noop.options(id="right")()]
    message = flowlite.run(dag).root_cause.error.message
    assert "'lef'" in message and "left, right" in message


@pytest.mark.parametrize(("given", "state"), [(True, "success"), ([1], "success"), (0, "skipped"), (None, "skipped")])
def test_when_runs_only_if_the_condition_is_truthy(given, state):
    with Dag("conditions") as dag:
        noop.when(value(given))()
    assert states(flowlite.run(dag))["noop"] == [state]


def test_when_after_a_failed_condition_is_upstream_failed_and_after_a_skipped_one_skipped():
    @task
    def breaks():
        raise Fail("for good")

    @task
    def skips():
        raise Skip("not today")

    with Dag("conditions") as dag:
        noop.options(id="a", trigger_rule="all_done").when(breaks())()
        noop.options(id="b", trigger_rule="all_done").when(skips())()
    found = states(flowlite.run(dag))
    assert found["a"] == ["upstream_failed"] and found["b"] == ["skipped"]


def test_skip_skips_what_follows_and_says_why():
    @task
    def skips():
        raise Skip("no data yet")

    with Dag("skips") as dag:
        skips() >> noop()
    run = flowlite.run(dag)
    assert run.state == "success" and states(run) == {"skips": ["skipped"], "noop": ["skipped"]}
    assert run.tasks["skips"][0].attempts[0].error.message == "no data yet"


def test_groups_prefix_ids_and_take_part_in_edges():
    with Dag("grouped") as dag:
        start = noop.options(id="start")()
        with group("silver") as silver:
            noop.options(id="clean")() >> noop.options(id="join")()
        start >> silver >> noop.options(id="end")()
    assert list(dag.specs) == ["start", "silver.clean", "silver.join", "end"]
    assert flowlite.run(dag).state == "success"


def test_a_group_is_tried_again_as_a_unit(tmp_path):
    tries = tmp_path / "tries"

    @task
    def first():
        with tries.open("a") as file:
            file.write("x")

    @task
    def second():
        if len(tries.read_text()) < 3:
            raise ValueError("not yet")

    with Dag("units") as dag, group("unit", retries=flowlite.Retry(2, delay=0)):
        first() >> second()
    run = flowlite.run(dag)
    assert run.state == "success"
    assert [len(run.tasks[id_][0].attempts) for id_ in ("unit.first", "unit.second")] == [3, 3]


def test_a_deep_chain_and_a_diamond_succeed():
    with Dag("shapes") as dag:
        layers = [noop.options(id=f"c{n}")() for n in range(100)]
        chain(*layers)
        top, bottom = noop.options(id="top")(), noop.options(id="bottom")()
        top >> [noop.options(id="a")(), noop.options(id="b")()] >> bottom
    run = flowlite.run(dag)
    assert run.state == "success" and len(run.tasks) == 104


def test_one_failure_stops_what_follows_and_the_root_cause_is_the_first():
    @task
    def breaks():
        raise ZeroDivisionError("by nothing")

    with Dag("fails") as dag:
        breaks() >> noop()
    run = flowlite.run(dag)
    assert run.state == "failed" and states(run)["noop"] == ["upstream_failed"]
    assert (run.root_cause.task_id, run.root_cause.error.type) == ("breaks", "ZeroDivisionError")
    assert run.root_cause.error.function == "breaks"
    assert run.root_cause.error.file.endswith("test_flow.py")


def test_a_part_of_a_dag_is_what_was_named_and_all_that_it_needs():
    with Dag("parts") as dag:
        first, second, other = (noop.options(id=id_)() for id_ in ("first", "second", "other"))
        first >> second >> noop.options(id="third")()
        first >> other
    assert list(dag.only("second").specs) == ["first", "second"]
    assert list(flowlite.run(dag.only("second"))) == ["first", "second"]
    assert len(dag.specs) == 4
    with pytest.raises(flowlite.FlowliteError, match="no task 'secnd'; use 'second'"):
        dag.only("secnd")
