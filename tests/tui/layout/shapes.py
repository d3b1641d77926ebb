"""Shapes of DAGs as people have them, by name: ids, and for each the numbers of its direct upstream."""

from __future__ import annotations

import random
from collections.abc import Callable

from flowlite.tui.layout.task_graph import TaskGraph

Shape = TaskGraph


class Sketch:
    """A DAG while it is being drawn up, by names."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.upstream: list[tuple[int, ...]] = []

    def task(self, name: str, *after: str, group: str | None = None) -> str:
        """Declares one; the answer is its id."""
        id_ = f"{group}.{name}" if group else name
        self.number[id_] = len(self.upstream)
        self.upstream.append(tuple(self.number[up] for up in after))
        return id_

    def tasks(self, names: str, *after: str, group: str | None = None) -> list[str]:
        """Several that wait for the same."""
        return [self.task(name, *after, group=group) for name in names.split()]

    def done(self) -> TaskGraph:
        """As a screen gets it."""
        return TaskGraph(tuple(self.number), tuple(self.upstream))


def chain() -> TaskGraph:
    """One after the other."""
    s = Sketch()
    before: list[str] = []
    for index in range(8):
        before = [s.task(f"step_{index}", *before)]
    return s.done()


def fan() -> TaskGraph:
    """One, then many, then one."""
    s = Sketch()
    s.task("start")
    s.task("end", *s.tasks(" ".join(f"part_{index}" for index in range(12)), "start"))
    return s.done()


def diamonds() -> TaskGraph:
    """Parting and meeting again, three times."""
    s = Sketch()
    last = s.task("begin")
    for index in range(3):
        last = s.task(f"meet_{index}", *s.tasks(f"left_{index} right_{index}", last))
    return s.done()


def all_to_all() -> TaskGraph:
    """Each waits for all of the stage before: one trunk for nine edges."""
    s = Sketch()
    first = s.tasks("a b c")
    second = s.tasks("d e f", *first)
    s.tasks("g h i", *second)
    return s.done()


def tree() -> TaskGraph:
    """Each makes two."""
    s = Sketch()
    level = [s.task("root")]
    for depth in range(4):
        level = [s.task(f"{parent}_{side}" if depth else side, parent) for parent in level for side in ("l", "r")]
    return s.done()


def tournament() -> TaskGraph:
    """Two make one."""
    s = Sketch()
    level = s.tasks(" ".join(f"in_{index}" for index in range(16)))
    while len(level) > 1:
        level = [
            s.task(f"m{len(level)}_{index}", *pair)
            for index, pair in enumerate(zip(level[::2], level[1::2], strict=True))
        ]
    return s.done()


def shortcuts() -> TaskGraph:
    """A chain, each task of which also looks far back."""
    s = Sketch()
    s.task("s0")
    for index in range(1, 10):
        s.task(f"s{index}", *dict.fromkeys((f"s{index - 1}", f"s{max(index - 4, 0)}")))
    return s.done()


def lanes() -> TaskGraph:
    """Parallel chains between two tasks."""
    s = Sketch()
    s.task("plan")
    ends = []
    for lane in range(6):
        last = "plan"
        for step in ("fetch", "clean", "load"):
            last = s.task(f"{step}_{lane}", last)
        ends.append(last)
    s.task("report", *ends)
    return s.done()


def ladder() -> TaskGraph:
    """Two chains with rungs between them."""
    s = Sketch()
    s.tasks("a0 b0")
    for index in range(1, 8):
        s.task(f"a{index}", f"a{index - 1}", f"b{index - 1}")
        s.task(f"b{index}", f"b{index - 1}")
    return s.done()


def butterfly() -> TaskGraph:
    """Eight in, three exchanges: crossings can't be avoided."""
    s = Sketch()
    s.tasks(" ".join(f"x0_{index}" for index in range(8)))
    for level in range(1, 4):
        for index in range(8):
            s.task(f"x{level}_{index}", f"x{level - 1}_{index}", f"x{level - 1}_{index ^ (1 << (level - 1))}")
    return s.done()


def islands() -> TaskGraph:
    """Parts that have nothing to do with each other, and tasks without any edge."""
    s = Sketch()
    s.task("end", *s.tasks("a b", s.task("start")))
    s.task("after", s.task("before"))
    s.task("later", s.task("sooner"))
    s.tasks("alone lonely single hermit")
    return s.done()


def shop() -> TaskGraph:
    """A shop's nightly load, with groups: sources, cleaning, joins, checks, a gate, loads, snapshots beside them."""
    s = Sketch()
    sources = s.tasks("orders customers fx items stock web crm ads mail pos refunds tax", group="extract")
    clean = {one: s.task(f"clean_{one.split('.')[1]}", one, group="transform") for one in sources}
    cleaned = list(clean.values())
    joins = [
        s.task("join_sales", cleaned[0], cleaned[2], cleaned[3], group="transform"),
        s.task("join_crm", cleaned[1], cleaned[6], cleaned[8], group="transform"),
        s.task("dedupe", cleaned[0], group="transform"),
        s.task("enrich", cleaned[2], cleaned[4], cleaned[5], group="transform"),
    ]
    checks = [s.task(f"check_{join.split('.')[1]}", join, group="validate") for join in joins]
    gate = s.task("gate", *joins, group="validate")
    loads = [s.task(f"load_{check.split('_', 1)[1]}", gate, check, group="load") for check in checks]
    snapshots = [s.task(f"snap_{one.split('.')[1]}", one, group="snapshot") for one in sources[:6]]
    s.task("notify", s.task("publish", *loads, *snapshots))
    return s.done()


def models() -> TaskGraph:
    """Staging, intermediate and mart models, as dbt projects have them."""
    s, luck = Sketch(), random.Random(11)
    staging = s.tasks(" ".join(f"stg_{index}" for index in range(14)))
    middle = [s.task(f"int_{index}", *sorted(luck.sample(staging, 2))) for index in range(10)]
    marts = [s.task(f"mart_{index}", *sorted(luck.sample(middle, 2)), luck.choice(staging)) for index in range(8)]
    s.task("exposure", *sorted(luck.sample(marts, 4)))
    return s.done()


def training() -> TaskGraph:
    """Features, a grid of models, the best of them compared with the one in use."""
    s = Sketch()
    s.task("window")
    features = s.tasks("weather calendar lags holidays", "window")
    s.task("join", *features)
    s.tasks("train_set test_set", "join")
    fits = s.tasks(" ".join(f"fit_{index}" for index in range(5)), "train_set")
    scores = [s.task(f"score_{index}", fit, "test_set") for index, fit in enumerate(fits)]
    s.task("champion", "window")
    s.task("compare", *scores, "champion", "test_set")
    s.task("promote", "compare")
    s.task("report", "compare", "champion")
    return s.done()


def grown(tasks: int, *, seed: int = 5) -> TaskGraph:
    """As large as asked for: layers, mostly near neighbours upstream, now and then one from far away."""
    luck = random.Random(seed)
    layers = max(3, int(tasks**0.5 * 0.8))
    layer = sorted(luck.randrange(layers) for _ in range(tasks))
    upstream: list[tuple[int, ...]] = []
    for number in range(tasks):
        near = [other for other in range(number) if layer[number] - 2 <= layer[other] < layer[number]]
        found = set(luck.sample(near, min(len(near), luck.choice((1, 1, 2)))))
        if near and luck.random() < 0.05:
            found.add(luck.randrange(near[0] + 1))
        upstream.append(tuple(sorted(one for one in found if layer[one] < layer[number])))
    return TaskGraph(tuple(f"task_{number:04}" for number in range(tasks)), tuple(upstream))


SHAPES: dict[str, Callable[[], TaskGraph]] = {
    one.__name__: one
    for one in (
        chain, fan, diamonds, all_to_all, tree, tournament, shortcuts, lanes, ladder, butterfly, islands, shop, models,
        training,
    )
}  # fmt: skip
