"""Shapes: a diamond, long chains, layers of thousands; what they cost in memory, and that it is given back."""

from __future__ import annotations

import gc
import tracemalloc
from random import Random

from core_graphs import chain, layered
from core_scene import Scene

from flowlite.core.graph import Task
from flowlite.core.instances import Node
from flowlite.core.messages import RunRequested


def test_a_diamond_ends_once() -> None:
    scene = Scene(Task(id="a"), Task(id="b", after=("a",)), Task(id="c", after=("a",)), Task(id="d", after=("b", "c")))
    scene.request()
    assert scene.names(scene.end("a")) == ["b", "c"]
    assert scene.names(scene.end("c")) == []
    assert scene.names(scene.end("b")) == ["d"]
    scene.end("d")
    assert scene.run_state() == "success"


def test_a_chain_of_100_layers_goes_on_in_the_commit_that_unlocks_it() -> None:
    scene = Scene(*chain(100))
    commands = scene.request()
    for number in range(100):
        assert scene.names(commands) == [f"t{number}"]
        commands = scene.end(f"t{number}")
    assert scene.run_state() == "success"


def test_a_failure_at_the_head_of_a_deep_chain_blocks_it_in_one_batch() -> None:
    scene = Scene(*chain(5_000))
    scene.request()
    scene.fail("t0")
    assert len(scene.changes.instances) == 5_000
    assert scene.run_state() == "failed"


def test_a_layered_graph_of_2122_tasks_and_6114_edges_runs_in_order() -> None:
    tasks = layered(Random(2122), 2122, 6114, 40)
    assert sum(len(task.after) for task in tasks) == 6114
    scene = Scene(*tasks)
    scene.request()
    assert scene.play() == 2122
    assert scene.run_state() == "success"
    ended = {}
    for place, key in enumerate(scene.store.attempts):
        ended[key[1]] = place
    assert all(ended[up] < ended[number] for number, ups in enumerate(scene.graph.shared) for up in ups)


def test_an_instance_costs_less_than_a_kib() -> None:
    count = 10_000
    scene = Scene(*(Task(id=f"t{n}") for n in range(count)), pools={"default": 64})
    asked = RunRequested(run=1, version=1, kind="manual", logical_date=0, data_interval_start=0, data_interval_end=1)
    tracemalloc.start()
    scene.machine.apply([asked], 0.0)
    scene.machine.open_books()
    gc.collect()
    cost, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cost / count <= 1024


def test_a_run_is_let_go_at_its_end_without_waiting_for_a_collection() -> None:
    scene = Scene(Task(id="a"), Task(id="m", over=(3,), after=("a",)), Task(id="b", after=("m",)))
    gc.disable()
    try:
        scene.request()
        assert len(nodes_of(scene)) == 3
        scene.play()
        scene.tell()
        assert nodes_of(scene) == []
    finally:
        gc.enable()


def nodes_of(scene: Scene) -> list[object]:
    """The nodes of this scene's runs that are still in memory."""
    return [one for one in gc.get_objects() if type(one) is Node and one.task in scene.graph.tasks]
