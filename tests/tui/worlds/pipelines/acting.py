"""How the tasks of the worlds behave: how long they take, what they say, which of them fail.

While a world is recorded, time is pressed: a task that "takes 42 s" sleeps for a fraction of that, and the recorder
stretches what came of it. The stage (a JSON file that the recorder writes) says which world it is, and whether the past
is played, pressed hard, or the present.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from flowlite import Context, Fail, Retry, task

STAGE = os.environ.get("FLOWLITE_WORLD_STAGE")
PAST, PRESENT = 1200.0, 60.0  # how much faster the past and the present are played


class Stage(NamedTuple):
    """What is played: `world`, and whether it has got to the present."""

    world: str = "calm"
    is_live: bool = False


def stage() -> Stage:
    """As the recorder last set it."""
    return Stage(**json.loads(Path(STAGE).read_text())) if STAGE else Stage()


def pressed(**length: float) -> timedelta:
    """A length that DAGs declare: as it is written, but for a recording."""
    return timedelta(**length) / (PRESENT if STAGE else 1.0)


def past(runs: int, **period: float) -> dict[str, Any]:
    """What gives a DAG that many runs before the present, while a world is recorded."""
    if not STAGE or stage().world == "big":
        return {}
    return {"start": datetime.now(UTC) - (runs + 0.5) * timedelta(**period), "catchup": True}


def retry(times: int, delay_s: float, **more: object) -> Retry:
    """A policy with its delays pressed."""
    return Retry(times, delay=delay_s / (PRESENT if STAGE else 1.0), **more)  # type: ignore[arg-type]


def luck(ctx: Context) -> random.Random:
    """The same for every recording, another for each attempt."""
    return random.Random(f"{ctx.dag_id} {ctx.task_id} {ctx.map_index} {ctx.ds} {ctx.attempt}")


async def takes(ctx: Context, seconds: float) -> None:
    """That long, give or take a third."""
    chance = luck(ctx).uniform(0.75, 1.3) if seconds else 0.0
    await asyncio.sleep(seconds * chance / (PRESENT if stage().is_live else PAST))


def hours_ago(ctx: Context) -> float:
    """How long ago the data interval of the run ended."""
    return (datetime.now(UTC) - ctx.data_interval_end).total_seconds() / 3600


@task
async def play(took: float, ctx: Context, rows: int = 0) -> int:
    """Some work on some rows."""
    ctx.log.info("%s for %s, attempt %d", ctx.task_id, ctx.ds, ctx.attempt)
    await takes(ctx, took / 2)
    if rows:
        ctx.log.info("%s rows read", f"{round(rows * luck(ctx).uniform(0.8, 1.2)):,}")
    await takes(ctx, took / 2)
    ctx.log.info("done")
    return rows


@task
async def dedupe(took: float, ctx: Context) -> int:
    """Merges in chunks, and says so line by line; in the failing world it runs out of memory."""
    chance = luck(ctx)
    chunks = 420
    is_tonight = hours_ago(ctx) < 24 and (ctx.dag_id == "orders_nightly" or ctx.data_interval_end.hour == 3)
    fails = stage().world == "failing" and is_tonight
    ctx.log.info("deduping %s with %d chunks", ctx.ds, chunks)
    for chunk in range(1, chunks + 1):
        if chunk % 10 == 0:
            await takes(ctx, took * 10 / chunks)
        ctx.progress(chunk, chunks, f"chunk {chunk}") if chunk % 60 == 0 else None
        ctx.log.info("merge chunk %d/%d rows=%s", chunk, chunks, f"{chance.randrange(80_000, 90_000):,}")
        if chunk % 97 == 0:
            ctx.log.warning("rss %.1f GiB of 8.0 GiB", 5 + chunk / 160)
        if fails and chunk == 412:
            ctx.log.error("chunk %d is too large: %d rows", chunk, 41_800_000)
            merge(chunk)
    return 1_204_331


def merge(chunk: int) -> None:
    """Too much."""
    raise MemoryError(f"unable to allocate 1.2 GiB for chunk {chunk}")


@task
async def label(took: float, ctx: Context) -> int:
    """Needs a column that upstream has renamed: fails in the failing world since ten days."""
    await takes(ctx, took)
    ctx.log.info("48 features read")
    if stage().world == "failing" and hours_ago(ctx) < 24 * 10:
        columns = {"labels": [1, 0, 1]}
        return len(columns["label"])
    return 48


@task
async def shop(name: str, took: float, ctx: Context) -> int:
    """The prices of one shop; some answer at the second or third try only."""
    await takes(ctx, took)
    if luck(ctx).random() < 0.12 and ctx.attempt < 3:
        ctx.log.warning("%s answered 429, Retry-After: 30", name)
        raise ConnectionError(f"{name}: 429 Too Many Requests")
    ctx.log.info("%s: %d prices", name, luck(ctx).randrange(200, 4_000))
    return 1


@task
async def build(took: float, ctx: Context, models: tuple[str, ...] = ()) -> int:
    """Several models, each a node of its own, as dbt has them."""
    import time

    for place, model in enumerate(models):
        began = time.time()
        ctx.node(model, "running", started_at=began)
        await takes(ctx, took / len(models))
        is_bad = stage().world == "failing" and model == "not_null_trips_duration" and hours_ago(ctx) < 3
        rows = luck(ctx).randrange(1_000, 90_000) + place
        ctx.node(
            model, "failed" if is_bad else "success", started_at=began, ended_at=time.time(), rows=rows,
            message="Got 17 results, configured to fail if != 0" if is_bad else f"OK created table {model}",
        )  # fmt: skip
        ctx.log.info("%d of %d %s %s [%d rows]", place + 1, len(models), "FAIL" if is_bad else "OK", model, rows)
        if is_bad:
            raise Fail(f"data test {model} failed with 17 rows; `dbt show` lists them")
    return len(models)


@task
async def train(took: float, ctx: Context) -> dict[str, float]:
    """Round after round, with a bar."""
    rounds = 200
    for done in range(0, rounds + 1, 10):
        ctx.progress(done, rounds, f"mae {92 - done / 6:.1f}")
        ctx.log.info("round %d mae=%.2f", done, 92 - done / 6)
        await takes(ctx, took / 20)
    return {"mae": 58.7, "rows": 2_160.0}


@task
async def number_of(names: int, took: float, ctx: Context) -> list[int]:
    """A list as long as that, for what is mapped over it."""
    await takes(ctx, took)
    return list(range(names))


@task
async def places(ctx: Context) -> list[str]:
    """Fifty of them."""
    return [f"city_{number:02}" for number in range(1, 51)]


@task
async def piece(number: int, took: float, ctx: Context) -> int:
    """One of very many."""
    chance = luck(ctx)
    await takes(ctx, took)
    if chance.random() < 0.004:
        ctx.log.error("piece %d: the price of 2024-03-31T02:30 is missing", number)
        raise ValueError(f"piece {number} has a gap")
    return number
