"""All DAGs of an installation, and everything that is wrong with their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flowlite.authoring import defaults
from flowlite.authoring.dag import Dag
from flowlite.authoring.defaults import BUILT_IN, Defaults
from flowlite.authoring.problems import nearest
from flowlite.loading.files import forget, load_file
from flowlite.loading.finding import dag_files
from flowlite.loading.problem import Problem, problem_of
from flowlite.loading.trial import TIMEOUT_S, try_files


@dataclass(slots=True)
class Catalog:
    """What the DAG folders hold. `broken` are the problems by the file that was being loaded; `gone` are ids that they
    held once, as far as somebody knows."""

    dags: dict[str, Dag] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: tuple[Path, ...] = ()
    broken: dict[Path, list[Problem]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def become(self, other: Catalog) -> None:
        """For those who hold on to this one."""
        before = list(self.dags)
        self.dags.clear()
        self.dags.update(other.dags)
        self.remember(before)
        self.problems[:] = other.problems
        self.files, self.broken = other.files, other.broken
        self.gone.difference_update(self.dags)

    def remember(self, dag_ids: Iterable[str]) -> None:
        """There were these."""
        self.gone.update(id_ for id_ in dag_ids if id_ not in self.dags)

    def blame(self, file: Path, problem: Problem) -> None:
        """A file has it."""
        self.broken.setdefault(file, []).append(problem)

    def close(self, more: Iterable[Problem] = ()) -> None:
        """All DAGs are in: join them, and list what is wrong."""
        own = [problem for problems in self.broken.values() for problem in problems]
        self.problems[:] = sorted(dict.fromkeys([*more, *own, *link(self.dags)]), key=str)


def load_folder(
    folders: str | Path | Iterable[str | Path],
    given: Defaults = BUILT_IN,
    *,
    try_first: bool = True,
    timeout_s: float = TIMEOUT_S,
) -> Catalog:
    """Load every DAG file of some folders. With `try_first`, each file must first get through a child process.

    A file with a problem gives no DAGs; the others are not disturbed. What the files changed on disk is read anew.
    """
    roots = [Path(one).absolute() for one in ([folders] if isinstance(folders, str | Path) else folders)]
    files = dag_files(roots)
    catalog = Catalog(files=tuple(files))
    forget(files)
    with defaults.using(given):
        take_all(
            catalog, tried(files, roots, given, timeout_s) if try_first else ((file, None) for file in files), roots
        )
    catalog.close(absent(root) for root in roots if not root.exists())
    return catalog


def take_all(catalog: Catalog, files: Iterable[tuple[Path, Problem | None]], roots: list[Path]) -> None:
    """Load those that got through their trial."""
    for file, problem in files:
        if problem is None:
            take(catalog, file, roots)
        else:
            catalog.blame(file, problem)


def tried(
    files: list[Path], roots: list[Path], given: Defaults, timeout_s: float
) -> Iterator[tuple[Path, Problem | None]]:
    """Each file with what the child found: this process loads one while the child tries the next."""
    for trial in try_files(files, roots, given, timeout_s=timeout_s):
        yield trial.file, trial.problem


def take(catalog: Catalog, file: Path, roots: list[Path]) -> None:
    """Load one file here and take its DAGs in."""
    try:
        loaded = load_file(file, roots)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # foreign code: SystemExit among them
        catalog.blame(file, problem_of(str(file), error))
        return
    for dag in loaded.dags:
        taken = catalog.dags.setdefault(dag.id, dag)
        if taken is not dag:
            catalog.blame(file, twice(dag, taken))


def absent(root: Path) -> Problem:
    """A DAG folder that is not there is no empty one."""
    return Problem(str(root), None, "there is no such folder", "create it, or correct `dags` in flowlite.toml")


def twice(dag: Dag, taken: Dag) -> Problem:
    """Two files, one id."""
    return Problem(
        dag.file,
        dag.line,
        f"the DAG id {dag.id!r} is taken by {taken.file}:{taken.line}",
        "give one of the two another id",
    )


def link(dags: dict[str, Dag]) -> Iterator[Problem]:
    """Make edges between DAGs known on both sides, and name those that lead nowhere or in a circle."""
    for dag in dags.values():
        for name in sorted(dag.upstream_dags | dag.downstream_dags | triggered(dag)):
            if name not in dags:
                line = trigger_line(dag, name)
                yield Problem(
                    dag.file,
                    line,
                    f"DAG {dag.id!r} names DAG {name!r}, which no file builds",
                    f"use {nearest(name, dags)}",
                )
        for name in dag.upstream_dags & dags.keys():
            dags[name].downstream_dags.add(dag.id)
        for name in dag.downstream_dags & dags.keys():
            dags[name].upstream_dags.add(dag.id)
    yield from loops(dags)


def triggered(dag: Dag) -> set[str]:
    """The DAGs that its trigger tasks start."""
    return {spec.trigger_dag_id for spec in dag.specs.values() if spec.trigger_dag_id}


def trigger_line(dag: Dag, name: str) -> int | None:
    """Where the name stands, as far as it is known."""
    return next((spec.line for spec in dag.specs.values() if spec.trigger_dag_id == name), dag.line)


def loops(dags: dict[str, Dag]) -> Iterator[Problem]:
    """DAGs that start each other for ever."""
    waiting = {id_: dag.upstream_dags & dags.keys() for id_, dag in dags.items()}
    free = [id_ for id_, ups in waiting.items() if not ups]
    for id_ in free:
        for down in dags[id_].downstream_dags & dags.keys():
            waiting[down] = waiting[down] - {id_}
            if not waiting[down]:
                free.append(down)
    left = sorted(set(dags) - set(free))
    if left:
        first = dags[left[0]]
        yield Problem(
            first.file, first.line, f"the DAGs {', '.join(left[:5])} wait for each other", "take one edge out"
        )
