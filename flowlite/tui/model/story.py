"""How a run went, for charts of it: its attempts as the daemon told them once, and what has happened since as the model
has heard it, so that nothing is asked for again while it goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

from flowlite.core.states import FINISHED
from flowlite.tui.layout.course import Attempt, Course
from flowlite.tui.layout.crowd import Crowd
from flowlite.tui.layout.folds import families
from flowlite.tui.layout.gantt import Story
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.model.columns import rows
from flowlite.tui.model.run import CODE, STATES, RunModel, Task, known

Told = Mapping[str, Any]
OUTCOMES = {"retrying": "failed"}  # of an attempt, by the state of its task instance, where they differ
OVER = frozenset(CODE[state] for state in (*map(str, FINISHED), "retrying"))
LIVE = frozenset(CODE[state] for state in ("running", "waiting"))


def graph_of(model: RunModel) -> TaskGraph:
    """The tasks that the run was made from."""
    return TaskGraph(
        tuple(task.id for task in model.tasks),
        tuple(task.upstream for task in model.tasks),
        frozenset(task.number for task in model.tasks if task.is_map),
    )


class History:
    """The attempts of one run that the daemon has told of."""

    def __init__(self, told: Told) -> None:
        self._due = {
            (task, index, number): at
            for task, index, number, at in rows(told["due"], "task_no", "map_index", "number", "due_at")
        }
        self._attempts: dict[int, dict[int, list[Attempt]]] = {}  # by task and map index
        names = ("task_no", "map_index", "number", "outcome", "started_at", "ended_at")
        for task, index, number, outcome, started, ended in rows(told["attempts"], *names):
            attempt = Attempt(number, started, ended, outcome, self._due.get((task, index, number)))
            self._attempts.setdefault(task, {}).setdefault(index, []).append(attempt)
        self._families: tuple[list[Task], dict[int, str]] | None = None

    def lacks(self, model: RunModel) -> bool:
        """Whether attempts have come and gone that are not known: then it is to be asked for again."""
        for task in model.tasks:
            told = self._attempts.get(task.number, {})
            numbers = {-1: task.attempt} if task.elements is None else dict(enumerate(task.elements.attempt))
            if any(number > 1 and number > _last(told.get(index)) + 1 for index, number in numbers.items()):
                return True
        return False

    def story(
        self, model: RunModel, now: float, *, usual_s: Mapping[int, float] | None = None,
        unfolded: Collection[str] = (),
    ) -> Story | None:  # fmt: skip
        """Of the run as it is now; None: it has not begun. `unfolded`: the maps whose elements are to be seen."""
        if model.started_at is None:
            return None
        ended = {task.number: end for task in model.tasks if (end := self._end(task)) is not None}
        courses = [self._course(task, model, ended) for task in model.tasks if task.elements is None]
        maps = [task for task in model.tasks if task.elements is not None]
        seen = [self._elements(task) for task in maps if task.id in unfolded]
        return Story(
            ids=[task.id for task in model.tasks],
            upstream=[task.upstream for task in model.tasks],
            courses=[*courses, *chain.from_iterable(seen)],
            crowds={task.number: self._crowd(task) for task in maps},
            families=self._names(model),
            started_at=model.started_at, ended_at=model.ended_at, now=now, usual_s=usual_s or {},
        )  # fmt: skip

    def _names(self, model: RunModel) -> dict[int, str]:
        if self._families is None or self._families[0] is not model.tasks:
            self._families = model.tasks, families(graph_of(model))
        return self._families[1]

    # --- plain tasks --------------------------------------------------------------------------------------------------
    def _end(self, task: Task) -> float | None:
        """When what comes after a task could begin."""
        if task.elements is not None:
            return max((at for at in task.elements.since if at == at), default=None)  # without those that never moved
        return known(task.since) if task.state_code in OVER else None

    def _course(self, task: Task, model: RunModel, ended: Mapping[int, float]) -> Course:
        attempts = self._since_told(task.number, -1, task.state_code, task.attempt, task.started, task.since)
        if attempts and attempts[0].number == 1 and attempts[0].queued_at is None:
            ready = max((ended.get(up, 0.0) for up in task.upstream), default=0.0)
            first = attempts[0]._replace(queued_at=min(max(ready, model.started_at or 0.0), attempts[0].started_at))
            attempts = (first, *attempts[1:])
        return Course(
            task=task.number, state=STATES[task.state_code], since=known(task.since) or 0.0, attempts=attempts,
            resume_at=task.resume_at,
        )  # fmt: skip

    def _since_told(
        self, task: int, index: int, code: int, number: int, started: float, since: float
    ) -> tuple[Attempt, ...]:
        """Those that were told of, and the one under way or the one that has ended since."""
        told = self._attempts.get(task, {}).get(index, [])
        if number <= _last(told) or known(started) is None:
            return tuple(told)
        queued = self._due.get((task, index, number))
        if code in OVER:
            state = STATES[code]
            return (*told, Attempt(number, started, known(since) or started, OUTCOMES.get(state, state), queued))
        return (*told, Attempt(number, started, None, None, queued)) if code in LIVE else tuple(told)

    # --- maps ---------------------------------------------------------------------------------------------------------
    def _elements(self, task: Task) -> list[Course]:
        """Each by itself."""
        e = task.elements
        assert e is not None
        return [
            Course(
                task=task.number, index=index, state=STATES[code], since=known(e.since[index]) or 0.0,
                attempts=self._since_told(
                    task.number, index, code, e.attempt[index], e.started[index], e.since[index]
                ),
            )
            for index, code in enumerate(e.state)
        ]  # fmt: skip

    def _crowd(self, task: Task) -> Crowd:
        """All of them; nothing is made for each."""
        e, told = task.elements, self._attempts.get(task.number, {})
        assert e is not None
        width = len(e)
        attempts = [one for index, found in told.items() if index < width for one in found]
        starts = [one.started_at for one in attempts]
        ends = [one.ended_at for one in attempts if one.ended_at is not None]
        for index, (code, number, started) in enumerate(zip(e.state, e.attempt, e.started, strict=True)):
            if number and started == started and number > _last(told.get(index)):
                if code in OVER:
                    starts.append(started)
                    ends.append(e.since[index])
                elif code in LIVE:
                    starts.append(started)
        failed = CODE["failed"]
        failed_at = sorted(e.since[index] for index, code in enumerate(e.state) if code == failed)
        return Crowd(sorted(starts), sorted(ends), failed_at, task.tally())


def _last(attempts: list[Attempt] | None) -> int:
    return attempts[-1].number if attempts else 0
