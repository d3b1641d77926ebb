"""Tasks for process isolation: the child imports this file and finds them by their ids."""

import os
import sys
import time

from flowlite import Context, Dag, Retry, Skip, task


@task(isolation="process")
def pid_of(n: int, ctx: Context) -> dict:
    print("hello from", n)
    print("on stderr", file=sys.stderr)
    ctx.log.info("attempt %s of %s", ctx.attempt, ctx.task_id)
    ctx.progress(1, 2, "half")
    ctx.node("part", "success", rows=n)
    (ctx.attempt_dir / "made").write_text("x")
    return {"pid": os.getpid(), "n": n, "ds": ctx.ds}


@task(isolation="process")
async def also_async(found: list[dict]) -> int:
    return sum(one["n"] for one in found)


@task(isolation="process")
def dies():
    os._exit(7)


@task(isolation="process")
def skips():
    raise Skip("nothing to do")


@task(isolation="process")
def breaks():
    raise LookupError("not there")


@task(isolation="process", memory="200MiB", retries=Retry(2, delay=0, memory_factor=3))
def hungry(ctx: Context) -> int:
    held = bytearray(350 << 20)
    for place in range(0, len(held), 4096):
        held[place] = 1
    time.sleep(0.3)
    return ctx.attempt


with Dag("children") as children:
    also_async(pid_of.map([1, 2]))

with Dag("bad_children") as bad_children:
    dies()
    skips()
    breaks()

with Dag("hungry_child") as hungry_child:
    hungry()
