"""Tasks that fail in every way that has a name."""

import asyncio
import ctypes
import os
import signal
import time

from flowlite import Context, Dag, Fail, group, sensor, shell, task, trigger
from flowlite.integrations.dbt import DataQualityFailed


@task
def after():
    pass


def look_up(found: dict) -> str:
    return found["key"]  # the author's own line


@task
def boom(ctx: Context):
    ctx.log.info("about to look")
    look_up({})


@task(timeout=0.1)
def thread():
    time.sleep(1)  # where the thread is


@task(timeout=0.1)
async def coroutine():
    await asyncio.sleep(30)  # where the coroutine is


@task(timeout=2.5, isolation="process")
def process():
    time.sleep(30)  # where the process is


@task(isolation="process", memory="120MiB")
def hungry():
    return len(bytearray(400 << 20))


@task(isolation="process")
def vanish():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(30)


@task(isolation="process")
def crash():
    ctypes.string_at(0)


@task
def refuse():
    raise Fail("only 3 of 10 rows")


@task
def rows(ctx: Context):
    raise ValueError(f"{ctx.run_id} rows in batch 0x{ctx.run_id} are bad")


@task
def judge():
    raise DataQualityFailed("test not_null_rides_station of model rides: 17 rows")


@sensor(poke_every=0.05, timeout=0.2)
def never():
    return False


with Dag("error"):
    boom() >> after()
with Dag("timeout_thread"):
    thread() >> after()
with Dag("timeout_coroutine"):
    coroutine() >> after()
with Dag("timeout_process"):
    process() >> after()
with Dag("timeout_shell"):
    shell("echo waiting; sleep 30", id="nap", timeout=0.3) >> after()  # where the command is declared
with Dag("timeout_wait"):
    never() >> after()
with Dag("timeout_run", timeout=0.3):
    shell("sleep 30", id="nap") >> after()
with Dag("memory"):
    hungry() >> after()
with Dag("lost"):
    vanish() >> after()
with Dag("killed"):
    crash() >> after()
with Dag("command"):
    shell("echo one; exit 7", id="bad") >> after()
with Dag("final"):
    refuse() >> after()
with Dag("waits_for_other"):
    trigger("waits_for_error", id="child", wait=True) >> after()
with Dag("waits_for_error"):
    trigger("error", id="child", wait=True)
with Dag("first_of_two"):
    with group("late"):
        shell("sleep 0.3; exit 1", id="late")
    boom() >> after()
with Dag("rows"):
    rows()
with Dag("data"):
    judge() >> after()
