"""Live runs: what attempts need to know of their run, kept from its first attempt to its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from flowlite.authoring.context import RunFacts
from flowlite.core.instances import Run
from flowlite.core.machine import Machine
from flowlite.core.rows import AttemptRow
from flowlite.core.states import Outcome, State
from flowlite.engine.plans import Plan, Plans, Read

Given = Mapping[str, str | list[str] | None]
"""By task id: the text of a result, the texts of a map's successful elements in order, or None without success."""

NOTHING: Given = {}


class LiveRun:
    """One run with its plan; `texts` are results by task number and map index, for whoever reads them downstream."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self.run, self.plan = run, plan
        self.texts: dict[tuple[int, int], str] = {}

    @cached_property
    def facts(self) -> RunFacts:
        """What all contexts of this run share. Raises BadParams if the DAG's model has changed under the run."""
        dag, run = self.plan.dag, self.run
        return RunFacts(
            dag_id=dag.id,
            run_id=str(run.id),
            logical_at=run.logical_date,
            interval_start_at=run.data_interval_start,
            interval_end_at=run.data_interval_end,
            timezone=dag.settings.timezone,
            params=dag.validate_params(run.params)[0],
        )

    def given(self, number: int, index: int) -> Given:
        """The results that the arguments of this task instance are made of, as they are now."""
        reads = self.plan.reads[number]
        return {read.task_id: self._text(read, index) for read in reads} if reads else NOTHING

    def _text(self, read: Read, index: int) -> str | list[str] | None:
        node = self.run.nodes[read.number]
        if read.is_paired:
            return self._of_success(read.number, index, node.at(index).state)
        if not read.is_map:
            return self._of_success(read.number, -1, node.own.state)
        texts = self.texts
        done = (one.index for one in node.counted() if one.state is State.SUCCESS and one.index >= 0)
        return [texts.get((read.number, place), "null") for place in done]

    def _of_success(self, number: int, index: int, state: State) -> str | None:
        """A success without a text has the result None: nothing was returned, or a person marked it."""
        return self.texts.get((number, index), "null") if state is State.SUCCESS else None


class LiveRuns:
    """By number. A run that is not here has no attempt to carry out."""

    def __init__(self) -> None:
        self._runs: dict[int, LiveRun] = {}

    def of(self, run: Run, plan: Plan) -> LiveRun:
        """The run, known from its first attempt or result on."""
        live = self._runs.get(run.id)
        if live is None:
            live = self._runs[run.id] = LiveRun(run, plan)
        return live

    def keep_results(self, attempts: Iterable[AttemptRow], machine: Machine, plans: Plans) -> None:
        """Results that were committed just now, where somebody reads them."""
        for row in attempts:
            run = machine.runs.get(row.run)
            plan = plans.of(run.version) if run is not None and row.outcome == Outcome.SUCCESS else None
            if run is not None and plan is not None and row.task in plan.consumed:
                self._keep(self.of(run, plan), row)

    def _keep(self, live: LiveRun, row: AttemptRow) -> None:
        result = row.evidence.result if row.evidence is not None else None
        if result is None:
            live.texts.pop((row.task, row.index), None)
        else:
            live.texts[row.task, row.index] = result

    def let_go(self, run: int) -> None:
        """It has finished."""
        self._runs.pop(run, None)


def lookup(given: Given, read: Any) -> Any:
    """`given` as authoring.calls asks for it; `read` opens texts that lie in files."""

    def results(task_id: str, index: int | None) -> Any:
        found = given[task_id]
        return [read(text) for text in found] if isinstance(found, list) else found and read(found)

    return results
