"""The child of a trial: reads which files to load, loads them, and answers with a JSON line for each.

Run as `python -m flowlite.loading.trial_child ANSWERS CRASH`, two open file descriptors.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import resource
import sys
from collections.abc import Iterable
from typing import Any

from flowlite.authoring import defaults
from flowlite.authoring.defaults import Defaults
from flowlite.loading.files import load_file
from flowlite.loading.problem import problem_of

MOST_MEMORY_BYTES = 8 << 30
LEAST_MEMORY_BYTES = 1 << 30
SELDOM = 50_000  # what files declare stays: to look for garbage among it as often as usual is a tenth of the time


def main(answers: int, crash: int) -> None:
    """Load every file that stdin names."""
    task = json.loads(sys.stdin.buffer.read())
    sys.path[:] = task["path"]
    limit_memory()
    gc.set_threshold(SELDOM)
    faulthandler.enable(crash)
    known = (None if task[what] is None else frozenset(task[what]) for what in ("pools", "channels"))
    with defaults.using(Defaults(task["timezone"], *known)):
        for file in task["files"]:
            faulthandler.dump_traceback_later(task["timeout_s"], exit=True, file=crash)
            answer(answers, tried(file, task["roots"]))
    # Threads that a file has left behind must not keep the child alive.
    os._exit(0)


def tried(file: str, roots: Iterable[str]) -> dict[str, Any]:
    """What became of one file."""
    try:
        loaded = load_file(file, roots)
    except BaseException as error:  # foreign code: SystemExit and KeyboardInterrupt among it
        return {"dag_ids": [], "problem": problem_of(file, error).to_json()}
    return {"dag_ids": [dag.id for dag in loaded.dags], "problem": None}


def answer(answers: int, said: dict[str, Any]) -> None:
    """One line, all of it."""
    left = json.dumps(said).encode() + b"\n"
    while left:
        left = left[os.write(answers, left) :]


def limit_memory() -> None:
    """A file that asks for half the machine gets a MemoryError, which knows its line; and if the machine runs short
    before that, this process is the first to go."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = max(LEAST_MEMORY_BYTES, min(MOST_MEMORY_BYTES, whole // 2))
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:  # not Linux, or not allowed: the limit is there all the same
        return


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
