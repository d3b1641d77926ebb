"""Graphs for the tests: random ones with everything in them, and plain shapes."""

from __future__ import annotations

from random import Random

from flowlite.core.graph import Each, Fact, Graph, Task
from flowlite.core.retry import Backoff
from flowlite.core.trigger_rules import RULES

GROUPS = ("g", "g.h")


def random_graph(luck: Random, dag_id: str, then: tuple[str, ...] = ()) -> Graph:
    """Up to eight tasks with maps, gates, branches, groups, waits and every trigger rule."""
    groups = {
        name: Backoff(max_retries=luck.randint(1, 2), delay_s=luck.choice([0, 4]))
        for name in GROUPS
        if luck.random() < 0.4
    }
    tasks: list[Task] = []
    for number in range(luck.randint(1, 8)):
        tasks.append(random_task(luck, number, tasks, groups))
    return Graph(
        dag_id,
        tasks,
        max_active_runs=luck.randint(1, 2),
        priority=luck.randint(0, 1),
        then=then,
        sla_s=luck.choice([None, 30.0]),
        timeout_s=luck.choice([None] * 4 + [60.0]),
        groups=groups,
    )


def random_task(luck: Random, number: int, tasks: list[Task], groups: dict[str, Backoff]) -> Task:
    """A task behind some of the others."""
    earlier = [task for task in tasks if luck.random() < 0.4]
    over, pairs = random_lists(luck, earlier) if luck.random() < 0.4 else (None, [])
    plain = [task.id for task in earlier if task.over is None]
    rule = luck.choice(["all_success"] * 6 + list(RULES))
    prefix = luck.choice(["", "g.", "g.h."])
    around = [name for name in groups if prefix.startswith(f"{name}.")]
    is_approval = luck.random() < 0.1
    is_sensor = not is_approval and luck.random() < 0.15
    return Task(
        id=f"{prefix}t{number}",
        after=tuple(task.id for task in earlier if task.id not in pairs),
        over=over,
        when=(Fact("truth", plain[-1]),) if plain and luck.random() < 0.2 else (),
        rule="all_done" if rule == "always" and over is not None else rule,
        is_branch=over is None and not is_approval and luck.random() < 0.15,
        is_approval=is_approval,
        retry=Backoff(max_retries=luck.randint(0, 2), delay_s=luck.choice([0, 3]), jitter=luck.choice([0, 0.5])),
        pool=luck.choice(["default", "http"]),
        slots=luck.choice([1, 1, 2]),
        priority=luck.choice([None, None, 1, 5]),
        wait_timeout_s=20.0 if is_sensor or (is_approval and luck.random() < 0.5) else None,
        is_soft=luck.random() < 0.5,
        sla_s=luck.choice([None] * 5 + [15.0]),
        group=max(around, key=len, default=None),
        outlets=("lake",) if luck.random() < 0.2 else (),
    )


def random_lists(luck: Random, earlier: list[Task]) -> tuple[tuple[int | Fact | Each, ...], list[str]]:
    """What to map over, and which of it element by element."""
    pairs = [task.id for task in earlier if task.over is not None][: luck.randint(0, 2)]
    plain = [task.id for task in earlier if task.over is None]
    over: tuple[int | Fact | Each, ...] = tuple(Each(id_) for id_ in pairs)
    if plain and luck.random() < 0.6:
        over += (Fact("length", plain[0]),)
    if not over or luck.random() < 0.2:
        over += (luck.randint(0, 3),)
    return over, pairs


def chain(length: int) -> list[Task]:
    """One after the other."""
    return [Task(id=f"t{i}", after=(f"t{i - 1}",) if i else ()) for i in range(length)]


def layered(luck: Random, tasks: int, edges: int, layers: int) -> list[Task]:
    """Layers of tasks; every task but the first layer's has an upstream in an earlier layer."""
    layer_of = sorted(luck.randrange(layers) for _ in range(tasks))
    layer_of[0] = 0
    begins = {layer: layer_of.index(layer) for layer in set(layer_of)}
    ups: list[set[int]] = [set() for _ in range(tasks)]
    late = [n for n in range(tasks) if begins[layer_of[n]] > 0]
    for number in late:
        ups[number].add(luck.randrange(begins[layer_of[number]]))
    count = len(late)
    while count < edges:
        number = luck.choice(late)
        up = luck.randrange(begins[layer_of[number]])
        if up not in ups[number]:
            ups[number].add(up)
            count += 1
    return [Task(id=f"t{n}", after=tuple(f"t{up}" for up in sorted(ups[n]))) for n in range(tasks)]
