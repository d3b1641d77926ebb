"""From nodes to TaskSpecs: the DAG's own settings are laid under each task's, and what can't work is refused."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flowlite.authoring import edges
from flowlite.authoring.bindings import upstream
from flowlite.authoring.building import Builder, Node
from flowlite.authoring.problems import DeclarationError, Place, nearest
from flowlite.authoring.retry import Retry
from flowlite.authoring.shells import results_named
from flowlite.authoring.spec import ResultOf, TaskSpec
from flowlite.authoring.templates import problem_in
from flowlite.core.graph import Fact, Task

NO_RETRY = Retry(0)
Notify = Mapping[str, tuple[str, ...]]  # channels by kind of alert


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefaults:
    """What a DAG says for all of its tasks."""

    pool: str = "default"
    retries: Retry | None = None
    pools: frozenset[str] | None = None  # the pools that exist, where a configuration says so
    channels: frozenset[str] | None = None  # and the channels


def close(builder: Builder, defaults: TaskDefaults) -> dict[str, TaskSpec]:
    """The specs of a complete DAG, in the order of declaration."""
    for node in builder.nodes.values():
        read_templates(builder, node)
    edges.resolve(builder)
    down = downstream(builder)
    return {id_: spec_of(node, defaults, down.get(id_, ())) for id_, node in builder.nodes.items()}


def read_templates(builder: Builder, node: Node) -> None:
    """Templates of a command are checked, and `result("a")` in one makes the edge and passes the result."""
    if node.kind != "shell":
        return
    command = node.more["command"]
    texts = [command] if isinstance(command, str) else list(command)
    texts += [*node.more["env"].values(), node.more["cwd"] or ""]
    names = results_named(texts)
    for name in names:
        if name not in builder.nodes:
            raise DeclarationError(
                f"""{node.id}: {{{{ result("{name}") }}}} names no task of DAG {builder.dag_id!r}""",
                f"use {nearest(name, builder.nodes)}",
                node.place,
            )
    problem = problem_in(texts)
    if problem:
        message, _, fix = problem.partition("; ")
        raise DeclarationError(f"{node.id}: {message}", fix, node.place)
    node.arguments = {name: ResultOf(name) for name in names}


def downstream(builder: Builder) -> Mapping[str, tuple[str, ...]]:
    """The direct downstream of every task, in the order of declaration."""
    down: dict[str, dict[str, None]] = {}
    for id_, node in builder.nodes.items():
        for up in edges.all_upstream(node):
            down.setdefault(up, {})[id_] = None
    return {id_: tuple(ids) for id_, ids in down.items()}


def spec_of(node: Node, defaults: TaskDefaults, down: tuple[str, ...]) -> TaskSpec:
    """One node, complete."""
    given, retry = node.options, node.options.retries or defaults.retries or NO_RETRY
    if not takes_retries(node):
        retry = node.options.retries or NO_RETRY
    refuse_always_with_results(node)
    isolation = isolation_of(node)
    waits = node.kind in ("sensor", "approval")
    return TaskSpec(
        task=core_task(node, defaults, retry),
        kind=node.kind,
        isolation=isolation,
        arguments=MappingProxyType(dict(node.arguments)),
        timeout_s=None if node.kind == "approval" else given.timeout,
        memory_bytes=memory_of(node, isolation),
        memory_factor=retry.memory_factor,
        retry_on=as_types(retry.on) or None,
        never_on=as_types(retry.never_on),
        retry_exit_codes=retry.exit_codes,
        poke_every_s=given.poke_every if waits else None,
        notify=known_channels(node, defaults),
        warm_up=given.warm_up if isolation == "process" else None,
        choices=down if node.is_branch else (),
        file=node.place.file,
        line=node.place.line,
        doc=inspect.cleandoc(node.more["function"].__doc__ or "") if "function" in node.more else "",
        **node.more,
    )


def core_task(node: Node, defaults: TaskDefaults, retry: Retry) -> Task:
    """The part that the machine decides on."""
    given, waits = node.options, node.kind in ("sensor", "approval")
    return Task(
        id=node.id,
        after=tuple(node.after),
        over=node.over,
        when=node.when,
        is_branch=node.is_branch,
        is_approval=node.kind == "approval",
        rule=given.trigger_rule or "all_success",
        retry=retry.policy,
        pool=pool_of(node, defaults),
        slots=given.slots or 1,
        priority=given.priority,
        wait_timeout_s=given.timeout if waits else None,
        is_soft=bool(given.soft_fail),
        sla_s=given.sla,
        group=retrying_group(node),
        outlets=given.outlets or (),
    )


def takes_retries(node: Node) -> bool:
    """The DAG's own retries are for work, not for people's answers."""
    return node.kind != "approval"


def as_types(errors: Any) -> tuple[type[BaseException], ...]:
    """Retry has made a tuple of it already."""
    return tuple(errors)


def pool_of(node: Node, defaults: TaskDefaults) -> str:
    """Where a configuration lists the pools, an unknown one is a slip."""
    pool = node.options.pool or defaults.pool
    if defaults.pools is not None and pool not in defaults.pools | {"default"}:
        raise DeclarationError(
            f"{node.id}: there is no pool {pool!r}",
            f"add `{pool} = 4` under [pools] in flowlite.toml, or use {nearest(pool, defaults.pools | {'default'})}",
            node.place,
        )
    return pool


def known_channels(node: Node, defaults: TaskDefaults) -> Notify | None:
    """The same for those who are told."""
    check_channels(node.id, node.options.notify, defaults.channels, node.place)
    return node.options.notify


def check_channels(who: str, notify: Notify | None, known: frozenset[str] | None, place: Place | None) -> None:
    """A channel that is not there would tell nobody."""
    if known is None or notify is None:
        return
    for channel in (name for of_kind in notify.values() for name in of_kind):
        if channel not in known:
            advice = f"or use {nearest(channel, known)}" if known else 'with a type, such as type = "log"'
            name = channel.rpartition(":")[2]
            raise DeclarationError(
                f"{who}: there is no channel {channel!r}", f"add [channels.{name}] to flowlite.toml, {advice}", place
            )


def retrying_group(node: Node) -> str | None:
    """The innermost group around it that is tried again as a unit."""
    group = node.group
    while group is not None and group.retries is None:
        group = group.parent
    return group.id if group else None


def refuse_always_with_results(node: Node) -> None:
    """`always` does not wait, so there is nothing to pass."""
    if node.options.trigger_rule != "always":
        return
    needed = [source.task for bound in node.arguments.values() for source in upstream(bound)]
    needed += [source.task for source in node.over or () if isinstance(source, Fact)]
    if needed:
        raise DeclarationError(
            f"{node.id} runs always, at once, and can't take the result of {needed[0]}",
            'use trigger_rule="all_done", or pass no result',
            node.place,
        )


def memory_of(node: Node, isolation: str) -> int | None:
    """Only what has a process of its own can have a limit of its own."""
    if node.options.memory is not None and isolation not in ("process", "shell"):
        raise DeclarationError(
            f"{node.id}: memory= needs a process of its own", 'add isolation="process", or leave memory out', node.place
        )
    return node.options.memory


def isolation_of(node: Node) -> str:
    """Where it runs: as asked for, if that can work."""
    if node.kind in ("shell", "approval", "trigger"):
        return "shell" if node.kind == "shell" else "none"
    function, asked = node.more["function"], node.options.isolation
    natural = "loop" if is_async(function) else "thread"
    if asked in ("process", "dask"):
        refuse_unreachable(node, function)
    elif asked and asked != natural:
        what = "async def" if natural == "loop" else "a plain def"
        raise DeclarationError(
            f"{node.id}: isolation={asked!r} does not fit {what}",
            f'leave it out ({natural!r}), or use "process"',
            node.place,
        )
    return asked or natural


def is_async(function: Any) -> bool:
    """Also for objects with an async `__call__` and for partials."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def refuse_unreachable(node: Node, function: Any) -> None:
    """The child process imports the DAG file and finds the function: so an import must be able to reach it."""
    plain = inspect.unwrap(function)
    name, code = getattr(plain, "__qualname__", ""), getattr(plain, "__code__", None)
    why = ""
    if "<lambda>" in name:
        why = "is a lambda"
    elif "<locals>" in name:
        why = "is defined inside another function"
    elif code is None:
        why = "is no plain function"
    elif not linecache.getline(code.co_filename, 1) or in_notebook(plain):
        why = "has no file, as in a notebook or at a prompt"
    if why:
        raise DeclarationError(
            f'{node.id}: isolation="{node.options.isolation}" can\'t import '
            f"{getattr(plain, '__name__', plain)!r}, which {why}",
            "define it with `def` at the top of a .py file",
            node.place,
        )


def in_notebook(function: Any) -> bool:
    """Whether it was typed into a notebook cell or at a prompt: cells have names, but no files."""
    return function.__module__ == "__main__" and not Path(function.__code__.co_filename).is_file()
