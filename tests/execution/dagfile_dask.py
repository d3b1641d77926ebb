"""Tasks that run on a Dask cluster."""

import os
import subprocess
import time
from pathlib import Path

from flowlite import Context, Retry, Skip, dag, task


@task(isolation="dask")
def parts() -> list[int]:
    return [1, 2, 3]


@task(isolation="dask")
def square(n: int, ctx: Context) -> dict:
    ctx.log.info("squaring %d on %s", n, ctx.ds)
    print("printed", n)
    ctx.node(f"n={n}", "success", rows=n)
    ctx.progress(n, 3)
    return {"n": n * n, "pid": os.getpid(), "parent": os.getppid()}


@task
def total(found: list[dict]) -> int:
    return sum(one["n"] for one in found)


@dag
def squares():
    total(square.map(parts()))


@task(isolation="dask")
def skips() -> None:
    raise Skip("nothing to do")


@task(isolation="dask", retries=Retry(1, delay=0))
def breaks(ctx: Context) -> str:
    if ctx.attempt == 1:
        raise LookupError("no such city")
    return "x" * (3 << 20)


@dag
def endings():
    skips()
    breaks()


@task(isolation="dask", timeout=1)
def too_long() -> None:
    time.sleep(600)


@dag
def late():
    too_long()


@task(isolation="dask")
def waits(folder: str, ctx: Context) -> str:
    child = subprocess.Popen(["sleep", "600"])
    name = f"{ctx.attempt}.pids"
    Path(folder, f".{name}").write_text(f"{os.getppid()} {os.getpid()} {child.pid}")
    Path(folder, f".{name}").rename(Path(folder, name))
    while not Path(folder, "go").exists():
        time.sleep(0.05)
    child.kill()
    return f"attempt {ctx.attempt}"


@task
def place(ctx: Context) -> str:
    return ctx.params["folder"]


@dag
def waiting():
    waits(place())
