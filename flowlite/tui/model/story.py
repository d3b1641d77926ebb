"""How a run went, for charts of it: its attempts as the daemon told them once, and what has happened since as the model
has heard it, so that nothing is asked for again while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowlite.core.states import FINISHED
from flowlite.tui.layout.course import Attempt, Course
from flowlite.tui.layout.gantt import Story
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.model.columns import rows
from flowlite.tui.model.run import STATES, RunModel, Task, known

Told = Mapping[str, Any]
Key = tuple[int, int]  # the number of a task, a map index
OUTCOMES = {"retrying": "failed"}  # of an attempt, by the state of its task instance, where they differ


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
        self.attempts: dict[Key, list[Attempt]] = {}
        due = {
            (task, index, number): at
            for task, index, number, at in rows(told["due"], "task_no", "map_index", "number", "due_at")
        }
        names = ("task_no", "map_index", "number", "outcome", "started_at", "ended_at")
        for task, index, number, outcome, started, ended in rows(told["attempts"], *names):
            queued = due.get((task, index, number))
            self.attempts.setdefault((task, index), []).append(Attempt(number, started, ended, outcome, queued))
        self._due = due

    def lacks(self, model: RunModel) -> bool:
        """Whether attempts have come and gone that are not known: then it is to be asked for again."""
        for task in model.tasks:
            if task.elements is None:
                if task.attempt > self._last(task.number, -1) + 1:
                    return True
            elif any(n > self._last(task.number, i) + 1 for i, n in enumerate(task.elements.attempt) if n > 1):
                return True
        return False

    def _last(self, task: int, index: int) -> int:
        told = self.attempts.get((task, index))
        return told[-1].number if told else 0

    def story(self, model: RunModel, now: float, usual_s: Mapping[int, float] | None = None) -> Story | None:
        """Of the run as it is now; None: it has not begun."""
        if model.started_at is None:
            return None
        courses = [course for task in model.tasks for course in self._of_task(task)]
        ready = _Ready(model, courses)
        return Story(
            ids=[task.id for task in model.tasks],
            upstream=[task.upstream for task in model.tasks],
            maps=frozenset(task.number for task in model.tasks if task.elements is not None),
            courses=[ready.told(course) for course in courses],
            started_at=model.started_at, ended_at=model.ended_at, now=now, usual_s=usual_s or {},
        )  # fmt: skip

    def _of_task(self, task: Task) -> list[Course]:
        if task.elements is None:
            state, resume = STATES[task.state_code], task.resume_at
            attempts = self._attempts(task.number, -1, state, task.attempt, known(task.started), known(task.since))
            since = known(task.since) or 0.0
            return [Course(task=task.number, state=state, since=since, attempts=attempts, resume_at=resume)]
        e, found = task.elements, []
        for index, code in enumerate(e.state):
            moved = known(e.since[index])
            attempts = self._attempts(
                task.number, index, STATES[code], e.attempt[index], known(e.started[index]), moved
            )
            found.append(
                Course(task=task.number, index=index, state=STATES[code], since=moved or 0.0, attempts=attempts)
            )
        return found

    def _attempts(
        self, task: int, index: int, state: str, number: int, started: float | None, since: float | None
    ) -> tuple[Attempt, ...]:
        """Those that were told of, and the one under way or the one that has ended since."""
        told = self.attempts.get((task, index), [])
        if not number or started is None or (told and told[-1].number >= number):
            return tuple(told)
        queued = self._due.get((task, index, number))
        if state in FINISHED or state == "retrying":
            return (*told, Attempt(number, started, since or started, OUTCOMES.get(state, state), queued))
        if state in ("running", "waiting"):
            return (*told, Attempt(number, started, None, None, queued))
        return tuple(told)


class _Ready:
    """When each task instance could have begun: its upstream had ended."""

    def __init__(self, model: RunModel, courses: list[Course]) -> None:
        self._upstream = [task.upstream for task in model.tasks]
        self._begun = model.started_at or 0.0
        self._ended: dict[int, float] = {}
        self._element: dict[Key, float] = {}
        for course in courses:
            end = (
                course.attempts[-1].ended_at if course.attempts else course.since if course.state in FINISHED else None
            )
            if end is not None:
                self._ended[course.task] = max(self._ended.get(course.task, end), end)
                self._element[course.task, course.index] = end

    def told(self, course: Course) -> Course:
        """With the time from which its first attempt waited for a slot."""
        if not course.attempts or course.attempts[0].queued_at is not None or course.attempts[0].number != 1:
            return course
        first = course.attempts[0]
        at = self._begun
        for up in self._upstream[course.task]:
            beside = self._element.get((up, course.index)) if course.index >= 0 else None
            at = max(at, self._ended.get(up, at) if beside is None else beside)
        first = first._replace(queued_at=min(at, first.started_at))
        return Course(
            task=course.task, index=course.index, state=course.state, since=course.since,
            attempts=(first, *course.attempts[1:]), resume_at=course.resume_at,
        )  # fmt: skip
