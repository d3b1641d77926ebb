"""A program that is killed in the middle of a backfill, and its DAG. What happened is in the folder FLOWLITE_TEST."""

import asyncio
import os
import sys
from pathlib import Path

import flowlite
from flowlite import Context, Dag, shell, task

folder = os.environ.get("FLOWLITE_TEST", ".")

# A folder can be made once: who finds it there runs a second time beside the first. The processes outlive the program.
COMMAND = f"""
mkdir {folder}/live/{{{{ ds }}}} || echo {{{{ ds }}}} >> {folder}/twice
ls {folder}/live | wc -l >> {folder}/widths
sleep 0.1
rmdir {folder}/live/{{{{ ds }}}}
"""


@task
async def write(ctx: Context) -> None:
    file = Path(folder, "rows", ctx.ds)
    file.write_text(f"{ctx.ds} {ctx.data_interval_end.isoformat()}\n")


with Dag("days", schedule="@daily") as days:
    shell(COMMAND, id="work") >> write()


async def main(state: str, how: str) -> None:
    async with flowlite.open(state, dags=[days]) as fl:
        if how == "start":
            await fl.backfill(days, "2024-01-01", "2024-03-01", concurrency=10)
        elif how == "again":
            await fl.backfill(days, "2024-01-01", "2024-03-01", concurrency=10, reprocess="all")
        for backfill in await fl.store.backfills():  # those that an earlier program has left, too
            for _, run in await fl.store.runs_of_backfill(backfill.id, "queued", "running"):
                await fl.engine.end_of(run.id)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
