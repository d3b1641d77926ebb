"""Edges between numbered tasks: turned round, sorted, ranked, and the loop found if there is one. Pure lists."""

from __future__ import annotations

from collections.abc import Sequence

Edges = Sequence[tuple[int, ...]]


def turned(edges: Edges) -> list[tuple[int, ...]]:
    """From "whom it waits for" to "who waits for it"."""
    out: list[list[int]] = [[] for _ in edges]
    for number, ups in enumerate(edges):
        for up in ups:
            out[up].append(number)
    return [tuple(downs) for downs in out]


def joined(shared: Edges, pairs: Edges) -> list[set[int]]:
    """All upstream of each task, of either kind."""
    return [{*ups, *pair_ups} for ups, pair_ups in zip(shared, pairs, strict=True)]


def in_order(shared: Edges, pairs: Edges) -> list[int]:
    """Upstream first. Tasks in or behind a loop are left out."""
    upstream = joined(shared, pairs)
    downstream = turned([tuple(ups) for ups in upstream])
    missing = [len(ups) for ups in upstream]
    order = [number for number, count in enumerate(missing) if not count]
    for number in order:
        for down in downstream[number]:
            missing[down] -= 1
            if not missing[down]:
                order.append(down)
    return order


def loop_in(shared: Edges, pairs: Edges, order: Sequence[int]) -> list[int]:
    """One loop among the tasks that could not be ordered, in the direction of the edges, the first declared first."""
    left = set(range(len(shared))).difference(order)
    upstream = joined(shared, pairs)
    path: dict[int, None] = {}  # a loop may be as long as the graph: a list would be searched n times
    number = min(left)
    while number not in path:
        path[number] = None
        number = min(upstream[number] & left)
    walked = list(path)
    loop = walked[walked.index(number) :][::-1]
    start = loop.index(min(loop))
    return loop[start:] + loop[:start]


def ranks(pairs: Edges, order: Sequence[int]) -> list[int]:
    """Declaration order, but an element goes on to its next step before the next element takes its first."""
    head, depth = list(range(len(pairs))), [0] * len(pairs)
    for number in order:
        if pairs[number]:
            head[number] = min(head[up] for up in pairs[number])
            depth[number] = 1 + max(depth[up] for up in pairs[number])
    by_rank = sorted(range(len(pairs)), key=lambda number: (head[number], -depth[number], number))
    rank = [0] * len(by_rank)
    for place, number in enumerate(by_rank):
        rank[number] = place
    return rank
