"""What needs a person, the worst first: from the world alone, so that it is right in the same moment."""

from __future__ import annotations

from dataclasses import dataclass

from flowlite.tui.model.world import Dag, Problem, Question, Run, World


@dataclass(frozen=True, slots=True)
class Failing:
    """A DAG whose last runs failed; the newest of them, and how many in a row."""

    dag: Dag
    run: Run
    times: int


@dataclass(frozen=True, slots=True)
class Asking:
    """An approval waits."""

    question: Question


@dataclass(frozen=True, slots=True)
class Broken:
    """A DAG file can't be loaded."""

    problem: Problem


Need = Failing | Asking | Broken


def needs(world: World) -> list[Need]:
    """Failed DAGs by when they failed, then questions by how long they wait, then files."""
    failing = [
        Failing(dag, found[0], len(found))
        for dag in world.dags.values()
        if not dag.is_paused and (found := dag.failing())
    ]
    failing.sort(key=lambda one: -(one.run.ended_at or 0.0))
    return [*failing, *(Asking(one) for one in world.questions), *(Broken(one) for one in world.problems)]


def at_work(world: World) -> dict[str, int]:
    """Runs that are at work and in line, task instances that run and wait for a slot."""
    return {
        "running": world.running,
        "queued": sum(dag.counts["queued"] for dag in world.dags.values()),
        "tasks": sum(held.instances for pool in world.pools.values() for held in pool.holders),
        "waiting": sum(pool.queued for pool in world.pools.values()),
    }


def fullest(world: World) -> tuple[str, int] | None:
    """The pool that most wait for, and how many; None: nobody waits."""
    waiting = [(pool.queued, name) for name, pool in world.pools.items() if pool.queued]
    return None if not waiting else (max(waiting)[1], max(waiting)[0])
