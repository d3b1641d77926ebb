"""Loading a DAG file into this process: under a name of its own, once, and so that others can import it.

DAG files import each other and the modules beside them by plain names (`import shared`). Their folders do not go on
`sys.path`, where `types.py` would hide the standard library's; a finder at the end of the line looks there instead.
Its own folder comes first for each file, then its DAG folder, then the others: two folders may have a `shared.py`.
"""

from __future__ import annotations

import importlib.util
import os
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
    install(ordered(file, [Path(root).absolute() for root in roots]))
    if str(file) not in _loaded:
        before = list(_folders)
        try:
            execute(file)
        finally:
            if _underway:
                install(before)  # the file that imports this one goes on in its own order
    return _loaded[str(file)]


def ordered(file: Path, roots: Iterable[Path]) -> list[Path]:
    """Where imports of this file are looked for: nearest first."""
    known = dict.fromkeys([*roots, *(map(Path, _folders) if _underway else ())])
    around = sorted((root for root in known if file.is_relative_to(root)), key=lambda root: -len(root.parts))
    return list(dict.fromkeys([file.parent, *around, *known]))


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


def same_names(paths: Iterable[str | Path]) -> dict[str, list[Path]]:
    """Modules of one plain name that DAG files import from several folders, with their files. At the head of a file
    each gets its own; which one an import inside a function gets, nobody can say."""
    found: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        if importers_of(path):
            found.setdefault(path.stem, []).append(path)
    return {name: files for name, files in found.items() if len(files) > 1}


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
    """Look into these folders, in this order, when a module is found nowhere else; then into those of before.

    A module that is known by a plain name, and that this order finds elsewhere, is another file's: it is forgotten
    under that name. Beyond these folders it is another project's.
    """
    mine = dict.fromkeys(str(Path(folder).absolute()) for folder in folders)
    if list(mine) != list(_folders)[: len(mine)]:
        others = {folder: None for folder in _folders if folder not in mine}
        _folders.clear()
        _folders.update({**mine, **others})
    for name, file in list(_by_plain_name.items()):
        if "." not in name and not file.startswith(place_of(name, mine)):
            for known in [known for known in _by_plain_name if known == name or known.startswith(f"{name}.")]:
                sys.modules.pop(known, None)
                del _by_plain_name[known]
    if LAST not in sys.meta_path:
        sys.meta_path.append(LAST)
    if FIRST not in sys.meta_path:
        sys.meta_path.insert(0, FIRST)


def place_of(name: str, folders: Iterable[str]) -> str:
    """What the files of a module begin with, in the first of these folders that has it."""
    for folder in folders:
        if os.path.isfile(f"{folder}/{name}.py"):
            return f"{folder}/{name}.py"
        if os.path.isdir(f"{folder}/{name}"):
            return f"{folder}/{name}/"
    return "nowhere"


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
