"""A backfill: one run for each date of a range, several at a time. A run that may be repeated writes the same again.

$ python examples/backfill.py
7 runs, all of them success
after a second backfill the files are the same: True
"""

import asyncio
import tempfile
from pathlib import Path

import flowlite
from flowlite import Context, cron, dag, task


@task
def daily_file(ctx: Context) -> str:
    """The date alone decides what is written and where: so the order, and how often, do not matter."""
    path = Path(ctx.params["lake"]) / f"ds={ctx.ds}.txt"
    path.write_text(f"figures of {ctx.ds}\n")
    return str(path)


@dag(schedule=cron("0 3 * * *", tz="America/New_York"))
def figures():
    daily_file()


def files(lake: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(lake.iterdir())}


async def main(lake: Path) -> None:
    params = {"lake": str(lake)}
    async with flowlite.open(":memory:") as fl:
        # The end is exclusive: 8 to 14 March.
        done = await fl.backfill(figures, "2024-03-08", "2024-03-15", concurrency=3, params=params)
        states = {str(run.state) for run in done.runs}
        print(f"{len(done.runs)} runs, all of them {', '.join(states)}")
        first = files(lake)
        await fl.backfill(figures, "2024-03-08", "2024-03-15", concurrency=7, params=params, reprocess="all")
    print("after a second backfill the files are the same:", files(lake) == first)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
