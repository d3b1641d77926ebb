"""Finding DAG files, trying them in a child process, loading them into this one, and saying what is wrong with them."""

from flowlite.authoring.registry import is_loading
from flowlite.loading.catalog import Catalog, load_folder
from flowlite.loading.files import LoadedFile, find_task, forget, load_file
from flowlite.loading.finding import dag_files
from flowlite.loading.problem import Problem
from flowlite.loading.trial import Trial, try_file, try_files

__all__ = [
    "Catalog", "LoadedFile", "Problem", "Trial", "dag_files", "find_task", "forget", "is_loading", "load_file",
    "load_folder", "try_file", "try_files",
]  # fmt: skip
