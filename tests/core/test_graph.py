"""Graphs: what they know, what they refuse and in which words, and their text."""

from random import Random

import pytest
from core_graphs import random_graph

from flowlite.core.graph import BadGraph, Each, Fact, Graph, Task
from flowlite.core.retry import Backoff

BAD = {
    "two tasks with one id": (
        [Task(id="a"), Task(id="a")],
        "a",
        "etl: two tasks have the id 'a'; give one another with id=...",
    ),
    "an unknown upstream": (
        [Task(id="load"), Task(id="b", after=("laod",))],
        "b",
        "etl.b: waits for 'laod', which is not in the DAG; did you mean 'load'?",
    ),
    "an unknown upstream that nothing is like": (
        [Task(id="load"), Task(id="b", after=("x",))],
        "b",
        "etl.b: waits for 'x', which is not in the DAG; there is load, b",
    ),
    "a loop": (
        [
            Task(id="x"),
            Task(id="a", after=("c", "x")),
            Task(id="b", after=("a",)),
            Task(id="c", after=("b",)),
            Task(id="d", after=("c",)),
        ],
        "a",
        "etl: the tasks wait for each other: a -> b -> c -> a; take one edge out",
    ),
    "a task that waits for itself": (
        [Task(id="a", after=("a",))],
        "a",
        "etl: the tasks wait for each other: a -> a; take one edge out",
    ),
    "an unknown rule": (
        [Task(id="a", rule="all_sucess")],
        "a",
        "etl.a: no trigger rule 'all_sucess'; did you mean 'all_success'?",
    ),
    "always over a list to come": (
        [Task(id="a"), Task(id="b", rule="always", over=(Fact("length", "a"),))],
        "b",
        "etl.b: 'always' can't wait for the list it is mapped over; use 'all_done'",
    ),
    "a mapped branch": (
        [Task(id="a", is_branch=True, over=(3,))],
        "a",
        "etl.a: a branch can't be mapped; map the tasks after it",
    ),
    "an approval that is a branch": (
        [Task(id="a", is_branch=True, is_approval=True)],
        "a",
        "etl.a: an approval can't be a branch; let a branch take its answer",
    ),
    "a map over nothing": ([Task(id="a", over=())], "a", "etl.a: is mapped over nothing; give map() a list"),
    "an element of a plain task": (
        [Task(id="a"), Task(id="b", over=(Each("a"),))],
        "b",
        "etl.b: 'a' is not mapped; map over its result instead",
    ),
    "a condition on a mapped task": (
        [Task(id="a", over=(2,)), Task(id="b", when=(Fact("truth", "a"),))],
        "b",
        "etl.b: 'a' is mapped; gather its results in a task first",
    ),
    "no slots": ([Task(id="a", slots=0)], "a", "etl.a: slots=0; a task takes at least 1 slot"),
    "a negative budget": (
        [Task(id="a", retry=Backoff(max_retries=-1))],
        "a",
        "etl.a: retries=-1; it can't be below 0",
    ),
    "an unknown backoff": (
        [Task(id="a", retry=Backoff(backoff="exponental"))],
        "a",
        "etl.a: no backoff 'exponental'; did you mean 'exponential'?",
    ),
    "too much jitter": (
        [Task(id="a", retry=Backoff(jitter=1.5))],
        "a",
        "etl.a: jitter=1.5; give a share from 0 to 1",
    ),
    "a deadline in the past": ([Task(id="a", sla_s=0)], "a", "etl.a: sla of 0 s; give it a time above 0"),
    "a group without retries": (
        [Task(id="g.a", group="g")],
        "g.a",
        "etl.g.a: group 'g' has no retries; name a group that has",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_graph_is_refused_with_the_task_and_the_way_out(case: str) -> None:
    tasks, task_id, message = BAD[case]
    with pytest.raises(BadGraph) as refused:
        Graph("etl", tasks)
    assert (str(refused.value), refused.value.task_id) == (message, task_id)


def test_a_loop_as_long_as_the_graph_is_found_at_once() -> None:
    tasks = [Task(id=f"t{i}", after=(f"t{(i - 1) % 10_000}",)) for i in range(10_000)]
    with pytest.raises(BadGraph, match=r"t0 -> t1 -> .* -> t9999 -> t0; take one edge out"):
        Graph("etl", tasks)


def test_edges_facts_and_leaves_are_by_number() -> None:
    graph = Graph(
        "etl",
        [
            Task(id="xs", is_branch=True),
            Task(id="m", over=(Fact("length", "xs", '["rows"]'),)),
            Task(id="n", over=(Each("m"),), after=("xs",)),
            Task(id="sum", after=("n",), when=(Fact("truth", "xs"),)),
        ],
    )
    assert graph.shared == [(), (0,), (0,), (2, 0)]
    assert graph.pairs == [(), (), (1,), ()]
    assert graph.down == [(1, 2, 3), (), (3,), ()]
    assert graph.pair_down == [(), (2,), (), ()]
    assert graph.facts[0] == {'length:["rows"]', "truth:", "chosen:"}
    assert graph.leaves == [3]
    assert graph.reach(["m"]) == {1, 2, 3}


def test_an_element_goes_on_before_the_next_one_begins() -> None:
    graph = Graph("etl", [Task(id="a", over=(9,)), Task(id="x"), Task(id="b", over=(Each("a"),))])
    assert sorted(range(3), key=lambda number: graph.rank[number]) == [2, 0, 1]


def test_a_group_is_a_prefix() -> None:
    graph = Graph("etl", [Task(id="silver"), Task(id="silver.a"), Task(id="silver.b.c"), Task(id="silvery")])
    assert graph.select("silver") == [0, 1, 2]
    assert graph.select("silver.b") == [2]


def test_the_groups_around_a_task_are_those_that_retry_innermost_first() -> None:
    groups = {"g": Backoff(max_retries=1), "g.x.y": Backoff(max_retries=2)}
    graph = Graph("etl", [Task(id="g.x.y.a", group="g.x.y"), Task(id="g.b", group="g"), Task(id="c")], groups=groups)
    assert graph.chains == [("g.x.y", "g"), ("g",), ()]


def test_what_a_branch_leads_to_is_remembered_within_bounds() -> None:
    graph = Graph("etl", [Task(id="b", is_branch=True), Task(id="x", after=("b",)), Task(id="y", after=("b", "x"))])
    assert graph.followed(0, ["x"]) == {1, 2}
    assert graph.followed(0, ["y"]) == {2}
    assert graph.followed(0, ["nothing like it"]) == set()
    for number in range(1000):
        graph.followed(0, [str(number)])
    assert len(graph._followed) <= 256


def test_the_text_of_a_graph_gives_the_graph_back() -> None:
    for seed in range(100):
        graph = random_graph(Random(seed), "etl", ("next",))
        again = Graph.from_json(graph.to_json())
        assert again.tasks == graph.tasks
        assert again.to_json() == graph.to_json()
        assert (again.groups, again.then, again.sla_s) == (graph.groups, graph.then, graph.sla_s)


def test_a_chain_of_20000_is_no_recursion() -> None:
    tasks = [Task(id=f"t{i}", after=(f"t{i - 1}",) if i else ()) for i in range(20_000)]
    assert len(Graph("etl", tasks).reach(["t0"])) == 20_000
