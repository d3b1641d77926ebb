"""`python -m benchmarks.tui [--quick] [--only PART]... [--out DIR]`: the terminal UI from outside, beside its goals.

Each part starts a daemon and the real `flowlite tui` on a pseudo-terminal. Times are wall times: on a machine that does
other things they say more about these; the load is told with them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from benchmarks.tui import layouts, logs, moving, restart
from benchmarks.tui.figures import Figure, keep, table

Part = Callable[..., Iterable[Figure]]


def parts(*, is_quick: bool) -> dict[str, Part]:
    """By name; each is given a folder of its own."""
    long_s, rounds = (5.0, 3) if is_quick else (15.0, 7)
    return {
        "start": partial(moving.start, rounds=rounds),
        "idle": partial(moving.at_rest, for_s=long_s),
        "keys": moving.keys_at_rest,
        "flood": partial(moving.in_a_flood, for_s=long_s),
        "gigabyte": partial(logs.gigabyte, size_bytes=1 << (27 if is_quick else 30)),
        "follow": partial(logs.follow, for_s=long_s),
        "restart": partial(restart.restart, rounds=1 if is_quick else 3),
        "layouts": lambda folder: layouts.layouts(rounds=rounds),
    }


def main() -> None:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter, with a log of 128 MB")
    parser.add_argument("--only", action="append", metavar="PART", choices=list(parts(is_quick=True)))
    parser.add_argument("--out", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    found = [Figure("load of the machine before it", " ".join(f"{one:.1f}" for one in os.getloadavg()))]
    for name, part in parts(is_quick=asked.quick).items():
        if asked.only and name not in asked.only:
            continue
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="flowlite-bench-") as folder:
            figures = list(part(Path(folder) / name))
        print(table(figures), f"\n  {name}: {time.perf_counter() - began:.0f} s\n", flush=True)
        found += figures
    print(table(found))
    print(f"\nkept in {keep(found, asked.out)}")


if __name__ == "__main__":
    main()
