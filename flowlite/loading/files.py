"""Loading a DAG file into this process: under a name of its own, once, and so that others can import it.

DAG files import each other and the modules beside them by plain names (`import shared`). Their folders do not go on
`sys.path`, where `types.py` would hide the standard library's; a finder at the end of the line looks there instead.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from flowlite.authoring.dag import Dag
from flowlite.authoring.registry import dags_built
from flowlite.authoring.spec import TaskSpec
from flowlite.core.errors import FlowliteError


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A DAG file that is in this process, with the DAGs that it built."""

    path: Path
    module: ModuleType
    dags: tuple[Dag, ...]

    def __iter__(self) -> Iterator[Dag]:
        return iter(self.dags)


class NoSuchTask(FlowliteError):
    """A DAG file no longer builds the task that was to run."""


_folders: dict[str, None] = {}  # where imports of DAG files are looked for, in this order
_loaded: dict[str, LoadedFile] = {}  # by path
_by_plain_name: dict[str, str] = {}  # modules that were found in DAG folders -> their files
_underway: dict[str, ModuleType] = {}  # files that are being executed right now
_importers: dict[str, set[str]] = {}  # by file: the DAG files that have imported it


def load_file(path: str | Path, roots: Iterable[str | Path] = ()) -> LoadedFile:
    """Execute a DAG file once and collect its DAGs; a second call gives the same. Raises whatever the file raises.

    `roots` are the DAG folders: modules in them and beside the file can be imported by their plain names.
    """
    file = Path(path).absolute()
    install([*roots, file.parent])
    if str(file) not in _loaded:
        execute(file)
    return _loaded[str(file)]


def find_task(path: str | Path, dag_id: str, task_id: str, roots: Iterable[str | Path] = ()) -> TaskSpec:
    """The task as its file declares it: how a child process finds the function that it is to run."""
    for dag in load_file(path, roots).dags:
        if dag.id == dag_id and task_id in dag.specs:
            return dag.specs[task_id]
    raise NoSuchTask(
        f"{path} no longer builds task {task_id!r} of DAG {dag_id!r}; clear the run to use the new declaration"
    )


def import_folders() -> tuple[str, ...]:
    """Where imports of DAG files are looked for by now: what a child process needs to load the same files."""
    return tuple(_folders)


def importers_of(path: str | Path) -> set[Path]:
    """The DAG files that have imported this one since this process began."""
    return {Path(file) for file in _importers.get(str(path), ())}


def forget(paths: Iterable[str | Path]) -> None:
    """Drop files from this process (DAG files and modules beside them), so that the next load reads them anew."""
    gone = {str(Path(path).absolute()) for path in paths}
    for path in gone:
        _loaded.pop(path, None)
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in gone and name != "__main__":
            del sys.modules[name]
    importlib.invalidate_caches()


def execute(file: Path) -> None:
    """Run the file's code under a module name that no other file has."""
    name = f"dagfile_{sha256(str(file).encode()).hexdigest()[:8]}_{file.stem}"
    if file.suffix != ".py":
        raise FlowliteError(f"{file} is no Python file; give a path that ends in .py")
    spec = importlib.util.spec_from_file_location(name, file, loader=FromSource(name, str(file)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = _underway[str(file)] = module
    try:
        with dags_built() as dags:
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    finally:
        del _underway[str(file)]
    for dag in dags:
        dag.file = str(file)
    _loaded[str(file)] = LoadedFile(file, module, tuple(dags))


def install(folders: Iterable[str | Path]) -> None:
    """Look into these folders first, when a module is found nowhere else. What DAG files of other folders know by a
    plain name is theirs: two projects may both have a `shared.py`."""
    mine = dict.fromkeys(str(Path(folder).absolute()) for folder in folders)
    for name, file in list(_by_plain_name.items()):
        if not _underway and not any(file.startswith(f"{folder}/") for folder in mine):
            sys.modules.pop(name, None)
            del _by_plain_name[name]
    others = {folder: None for folder in _folders if folder not in mine}
    _folders.clear()
    _folders.update({**others, **mine} if _underway else {**mine, **others})
    if LAST not in sys.meta_path:
        sys.meta_path.append(LAST)
    if FIRST not in sys.meta_path:
        sys.meta_path.insert(0, FIRST)


class InDagFolders(MetaPathFinder):
    """Finds modules in DAG folders. At the end of the line it answers for top-level names; at its head only for what
    lies in packages there, which the ordinary finder would load a second time."""

    def __init__(self, *, is_first: bool) -> None:
        self.is_first = is_first

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a module in a DAG folder."""
        if self.is_first != (path is not None):
            return None
        if path is not None and not any(is_below(place) for place in path):
            return None
        spec = PathFinder.find_spec(name, list(path) if path is not None else list(_folders))
        if spec is not None:
            _by_plain_name[name] = spec.origin or f"{next(iter(spec.submodule_search_locations or []), '')}/"
        if spec is not None and type(spec.loader) is SourceFileLoader:
            file = spec.origin or ""
            spec.loader = FromSource(name, file) if spec.submodule_search_locations else SameModule(Path(file))
        return spec


class FromSource(SourceFileLoader):
    """Compiles the text each time. Cached bytecode is told apart by size and the second of writing, so a file that is
    saved twice in one second would run as it first was; and a DAG folder is no place to write caches into."""

    def path_stats(self, path: str) -> NoReturn:
        """Without them nothing is cached."""
        raise OSError(f"{path} is never cached")


class SameModule(Loader):
    """Hands out the module that the file has already, or loads it as a DAG file: it must never run twice."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The one module of this file."""
        if _underway:
            _importers.setdefault(str(self.file), set()).add(next(reversed(_underway)))
        if str(self.file) in _underway:  # files that import each other see what is there so far, as in plain Python
            return _underway[str(self.file)]
        return load_file(self.file).module

    def exec_module(self, module: ModuleType) -> None:
        """It has run."""


def is_below(place: str) -> bool:
    """Whether a package folder lies in a DAG folder."""
    return any(place == folder or place.startswith(f"{folder}/") for folder in _folders)


FIRST, LAST = InDagFolders(is_first=True), InDagFolders(is_first=False)
