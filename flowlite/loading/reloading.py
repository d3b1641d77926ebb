"""Loading again what has changed: a saved file, the files that import it, and those whose DAGs are joined to its DAGs.

A file that is broken keeps the DAGs that it last built, for as long as this process lives.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flowlite.authoring import defaults
from flowlite.authoring.defaults import Defaults
from flowlite.loading.catalog import Catalog, absent, take_all, tried
from flowlite.loading.files import forget, importers_of
from flowlite.loading.finding import dag_files
from flowlite.loading.trial import TIMEOUT_S


def reloaded(
    old: Catalog, changed: Iterable[Path], folders: Iterable[Path], given: Defaults, *, timeout_s: float = TIMEOUT_S
) -> Catalog:
    """The catalog after these files were written, made or removed. Untouched DAGs are the same objects."""
    roots = [folder.absolute() for folder in folders]
    files = dag_files(roots)
    stale = concerned({*changed, *(set(files) ^ set(old.files)), *old.broken}, old)
    again = [file for file in files if file in stale]
    catalog = Catalog(files=tuple(files))
    catalog.dags.update((id_, dag) for id_, dag in old.dags.items() if Path(dag.file) not in stale)
    forget(stale)
    with defaults.using(given):
        take_all(catalog, tried(again, roots, given, timeout_s), roots)
    keep_last_good(catalog, old)
    catalog.close(absent(root) for root in roots if not root.exists())
    return catalog


def concerned(changed: set[Path], old: Catalog) -> set[Path]:
    """With everything that must be loaded anew because of it."""
    found: set[Path] = set()
    left = list(changed)
    while left:
        file = left.pop()
        if file in found:
            continue
        found.add(file)
        left += importers_of(file)
        for dag in (dag for dag in old.dags.values() if dag.file == str(file)):
            joined = dag.upstream_dags | dag.downstream_dags
            left += [Path(old.dags[id_].file) for id_ in joined if id_ in old.dags]
    return found


def keep_last_good(catalog: Catalog, old: Catalog) -> None:
    """What a broken file built when it was well."""
    for id_, dag in old.dags.items():
        if Path(dag.file) in catalog.broken:
            catalog.dags.setdefault(id_, dag)
