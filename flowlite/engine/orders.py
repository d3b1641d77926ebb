"""Orders: from the machine's Start to what execution carries out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from flowlite.authoring.calls import facts_of, is_final_exit, values_of
from flowlite.authoring.context import Context
from flowlite.authoring.spec import TaskSpec
from flowlite.authoring.templates import render_command, template_values
from flowlite.config import connection
from flowlite.core.errors import FlowliteError
from flowlite.core.messages import Start, Stop
from flowlite.core.rows import Evidence, Facts
from flowlite.core.states import Outcome
from flowlite.engine.bodies import Call
from flowlite.engine.child import TARGET, payload_of
from flowlite.engine.live import LiveRun, lookup
from flowlite.engine.results import read_result
from flowlite.engine.settings import EngineSettings
from flowlite.execution.failure import plain_error
from flowlite.execution.site import STATE_DIR
from flowlite.execution.work import (
    AttemptKey,
    CoroutineWork,
    DaskWork,
    Ended,
    Order,
    ProcessWork,
    ShellWork,
    ThreadWork,
    Work,
)


class Orders:
    """Makes one Order for each Start."""

    def __init__(self, settings: EngineSettings, now: Callable[[], float]) -> None:
        self._settings, self._now = settings, now

    def order_for(self, start: Start, live: LiveRun, spec: TaskSpec) -> Order | Ended:
        """What to carry out, or (a command that can't be rendered) the failure that it is."""
        try:
            return self._order(start, live, spec, self._work(start, live, spec))
        except FlowliteError as error:
            evidence = Evidence(error=plain_error("error", str(error), type_name=type(error).__name__))
            return Ended(key_of(start), Outcome.FAILED, evidence, is_final=True)

    def _order(self, start: Start, live: LiveRun, spec: TaskSpec, work: Work) -> Order:
        settings, dag_id = self._settings, live.plan.dag.id
        label = spec.id if start.index < 0 else f"{spec.id}.{start.index}"
        is_outside = isinstance(work, ProcessWork | ShellWork | DaskWork)
        return Order(
            key=key_of(start),
            name=f"{dag_id}/{start.run}/{label} #{start.attempt}",
            work=work,
            folder_at=attempt_dir(settings.state_dir, start, start.attempt),
            log_at=f"{settings.state_dir}/logs/{dag_id}/{start.run}/{label}.{start.attempt}.log",
            env=self._env(start, live, spec) if is_outside else {},
            timeout_s=spec.timeout_s,
            grace_s=settings.grace_s,
            memory_bytes=grown(spec, start.ooms),
            log_cap_bytes=settings.log_cap_bytes,
        )

    def _work(self, start: Start, live: LiveRun, spec: TaskSpec) -> Work:
        if spec.kind == "shell":
            return self._shell_work(start, live, spec)
        call = self._call(start, live, spec)
        if spec.isolation == "loop":
            return CoroutineWork(call.on_loop)
        if spec.isolation == "thread":
            return ThreadWork(call.in_thread)
        payload = payload_of(call, live.plan.dag.file, live.plan.dag.id, live.plan.dag.settings.timezone, live.run)
        if spec.isolation == "dask":
            return DaskWork(TARGET, payload, connection("dask").address)
        return ProcessWork(TARGET, payload, preload=("flowlite.engine.child",), warm_up=spec.warm_up)

    def _call(self, start: Start, live: LiveRun, spec: TaskSpec) -> Call:
        state_dir, before = self._settings.state_dir, None
        # After a clear the attempt is the first of a new life: what an earlier one left may be about other inputs.
        if start.attempt > 1 and is_retry(live, start):
            before = Path(attempt_dir(state_dir, start, start.attempt - 1))
        return Call(
            spec=spec,
            facts=partial(getattr, live, "facts"),
            index=start.index,
            attempt=start.attempt,
            given=live.given(start.task, start.index),
            wanted=live.plan.graph.facts[start.task],
            state_dir=state_dir,
            previous_dir=before,
            now=self._now,
        )

    # --- commands -----------------------------------------------------------------------------------------------------
    def _shell_work(self, start: Start, live: LiveRun, spec: TaskSpec) -> ShellWork:
        values = self._values(start, live, spec)
        rendered = render_command(spec, values)
        wanted = live.plan.graph.facts[start.task]
        return ShellWork(
            rendered.command,
            cwd=rendered.cwd,
            facts_of=partial(shell_facts, wanted, spec) if wanted else None,
            is_final_exit=partial(is_final_exit, spec) if spec.retry_exit_codes is not None else None,
        )

    def _env(self, start: Start, live: LiveRun, spec: TaskSpec) -> Mapping[str, str]:
        shared = {**self._settings.env, STATE_DIR: str(self._settings.state_dir)}
        if spec.kind != "shell" or not spec.env:
            return shared
        return {**shared, **render_command(spec, self._values(start, live, spec)).env}

    def _values(self, start: Start, live: LiveRun, spec: TaskSpec) -> Mapping[str, Any]:
        index = start.index if start.index >= 0 else None
        results = lookup(live.given(start.task, start.index), partial(read_result, self._settings.state_dir))
        return template_values(
            Context(live.facts, spec.id, start.attempt, Silent(), index), values_of(spec, results, index)
        )


class Silent:
    """An attempt that has not begun: there is nothing to write to."""

    folder = Path("/nonexistent")

    def log(self, level: str, text: str) -> None:
        """Nowhere."""

    def printed(self, stream: str, text: str) -> None:
        """Nowhere."""

    def report(self, report: Mapping[str, Any]) -> None:
        """To nobody."""


def key_of(start: Start | Stop) -> AttemptKey:
    """The name of an attempt in execution."""
    return AttemptKey(start.run, start.task, start.index, start.attempt, start.poke)


def is_retry(live: LiveRun, start: Start) -> bool:
    """Does this attempt follow one of the same life that did not succeed?"""
    instance = live.run.nodes[start.task].at(start.index)
    return bool(instance.failures or instance.losses or instance.ooms)


def attempt_dir(state_dir: Path, start: Start, attempt: int) -> str:
    """The folder that belongs to one attempt of a task instance."""
    return f"{state_dir}/attempts/{start.run}/{start.task}.{start.index}.{attempt}"


def bare_order(start: Start, settings: EngineSettings) -> Order:
    """Enough to find and stop what another process has started; nothing is ever started by it."""
    return Order(
        key=key_of(start),
        name=f"run {start.run}",
        work=ShellWork(("false",)),
        folder_at=attempt_dir(settings.state_dir, start, start.attempt),
        log_at=f"{settings.state_dir}/logs/{start.run}.log",
        grace_s=settings.grace_s,
    )


def gone(start: Start, dag_id: str, task_id: str) -> Ended:
    """The task was taken out of its DAG after this run was made."""
    message = f"DAG {dag_id!r} has no task {task_id!r} any more; put it back, or mark the task"
    return Ended(key_of(start), Outcome.FAILED, Evidence(error=plain_error("error", message)), is_final=True)


def grown(spec: TaskSpec, ooms: int) -> int | None:
    """The memory limit after so many attempts that were killed for it."""
    return None if spec.memory_bytes is None else int(spec.memory_bytes * spec.memory_factor**ooms)


def shell_facts(wanted: frozenset[str], spec: TaskSpec, text: str | None) -> Facts | None:
    """Facts of a command's last line; a line that is JSON may be mapped over."""
    return facts_of(parsed(text), wanted, spec.id, spec.choices)


def parsed(text: str | None) -> str | None:
    """The last line as the JSON that it holds, else as the text that it is."""
    if text is None:
        return None
    line: Any = json.loads(text)
    try:
        json.loads(line)
    except (TypeError, ValueError):
        return text
    return str(line)
