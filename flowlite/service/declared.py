"""What DAG files declare, told for people: schedules in words, tasks, parameters, coming fires."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowlite.authoring.dag import Dag
from flowlite.authoring.schedules.bends import bend_of, coming_bends
from flowlite.authoring.schedules.moments import Moments
from flowlite.authoring.spec import TaskSpec
from flowlite.core.tasks import pair_upstream, shared_upstream
from flowlite.service.records import ClockChange, DagDetail, DagInfo, DagSource, Fire, TaskInfo
from flowlite.store.views import DagView

AHEAD = timedelta(days=366)  # clock changes that are worth a word


def dag_info(dag: Dag, row: DagView | None, now: float) -> DagInfo:
    """A declared DAG with what the store knows of it."""
    is_paused = row.is_paused if row is not None and row.is_paused is not None else dag.settings.paused
    by_hand = None if row is None else row.priority
    return DagInfo(
        dag_id=dag.id,
        file=dag.file,
        description=dag.settings.description,
        schedule=schedule_told(dag),
        tags=tuple(dag.settings.tags),
        owner=dag.settings.owner or None,
        team=dag.settings.team or None,
        is_paused=is_paused,
        priority=dag.settings.priority if by_hand is None else by_hand,
        is_priority_by_hand=by_hand is not None,
        tasks=len(dag.specs),
        next_fire_at=None if is_paused else next((fire.fires_at for fire in coming_fires(dag, now, 1)), None),
        runs=sum(row.counts.values()) if row else 0,
        last_run=row.last_run if row else None,
        last_states=row.last_states if row else (),
    )


def schedule_told(dag: Dag) -> str:
    """`0 6 * * 1 (Europe/Berlin)`; empty for a DAG that only people start."""
    if dag.schedule is not None:
        return str(dag.schedule)
    return f"after {', '.join(sorted(dag.upstream_dags))}" if dag.upstream_dags else ""


def makes(dag: Dag) -> list[str]:
    """The assets that its tasks update."""
    return sorted({name for spec in dag.specs.values() for name in spec.task.outlets})


def waits_for(dag: Dag) -> list[str]:
    """The assets that its schedule names."""
    from flowlite.service.steering import waited_for

    return sorted(waited_for(dag))


def dag_detail(dag: Dag, row: DagView | None, now: float) -> DagDetail:
    """Everything that its file says."""
    return DagDetail(
        dag=dag_info(dag, row, now),
        tasks=tuple(task_info(spec) for spec in dag.specs.values()),
        groups=tuple(dag.retrying_groups),
        max_active_runs=dag.settings.max_active_runs,
        catchup=dag.settings.catchup,
        params_schema=dag.params_model.model_json_schema() if dag.params_model is not None else None,  # type: ignore[attr-defined]
        starts_after=tuple(sorted(dag.upstream_dags)),
        starts_next=tuple(sorted(dag.downstream_dags)),
    )


def task_info(spec: TaskSpec) -> TaskInfo:
    """A task as declared."""
    task = spec.task
    return TaskInfo(
        task_id=spec.id,
        kind=spec.kind,
        isolation=spec.isolation,
        after=tuple(dict.fromkeys((*shared_upstream(task), *pair_upstream(task)))),
        is_map=task.over is not None,
        rule=task.rule,
        pool=task.pool,
        slots=task.slots,
        retries=task.retry.max_retries,
        timeout_s=spec.timeout_s,
        doc=spec.doc,
        file=spec.file,
        line=spec.line,
    )


def dag_source(dag: Dag) -> DagSource:
    """The text as it is now; "" if it can't be read."""
    try:
        text = "" if dag.file is None else Path(dag.file).read_text(errors="backslashreplace")
    except OSError:
        text = ""
    tasks = {spec.id: spec.line for spec in dag.specs.values() if spec.line is not None and spec.file == dag.file}
    return DagSource(file=dag.file, text=text, tasks=tasks)


def coming_fires(dag: Dag, now: float, number: int) -> Iterator[Fire]:
    """The next fires with the data interval that each run would cover: the one that ends when it fires."""
    if not isinstance(dag.schedule, Moments):
        return
    at: datetime | None = datetime.fromtimestamp(now, UTC)
    for _ in range(number):
        at = dag.schedule.next_after(at) if at is not None else None
        interval = dag.schedule.interval_before(at) if at is not None else None
        if at is None or interval is None or (dag.settings.end is not None and interval[0] >= dag.settings.end):
            return
        start, end = (moment.timestamp() for moment in interval)
        yield Fire(
            fires_at=at.timestamp(),
            logical_date=start,
            data_interval_start=start,
            data_interval_end=end,
            note=bend_of(dag.schedule, *interval),
        )


def clock_changes(dags: Iterable[Dag], now: float) -> list[ClockChange]:
    """The intervals of the coming year that a clock change bends, each once with all DAGs that have it."""
    having: defaultdict[tuple[datetime, datetime, str], list[str]] = defaultdict(list)
    told: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for dag in dags:
        if not isinstance(dag.schedule, Moments):
            continue
        schedule = str(dag.schedule)  # many DAGs have the same one
        if schedule not in told:
            told[schedule] = list(coming_bends(dag.schedule, datetime.fromtimestamp(now, UTC), AHEAD))
        for bend in told[schedule]:
            having[bend].append(dag.id)
    return [
        ClockChange(start=start.timestamp(), end=end.timestamp(), note=note, dags=tuple(sorted(names)))
        for (start, end, note), names in sorted(having.items())
    ]
