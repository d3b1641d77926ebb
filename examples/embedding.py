"""flowlite inside your own asyncio program: parameters that are checked, events as they happen, state in a file.

$ python examples/embedding.py
greet: running
greet: success
'Hello, Ada!' is still known when the file is opened again: True
"""

import asyncio
import tempfile
from pathlib import Path

from pydantic import BaseModel

import flowlite
from flowlite import Context, dag, task


class Guest(BaseModel):
    name: str


@task
async def greet(ctx: Context) -> str:
    return f"Hello, {ctx.params.name}!"


@dag(params=Guest)
def welcome():
    greet()


async def watch(fl: flowlite.open) -> None:
    """Tell what happens to `greet`, until it is done."""
    async for event in fl.events():
        if event.task_id == "greet" and event.state in ("running", "success"):
            print(f"greet: {event.state}")
        if event.task_id == "greet" and event.state == "success":
            return


async def main(state: Path) -> None:
    async with flowlite.open(state) as fl:
        watcher = asyncio.create_task(watch(fl))
        await asyncio.sleep(0)  # let it begin to listen
        done = await fl.run(welcome, params={"name": "Ada"})  # {"name": 3} would be refused, and say why
        await watcher
    async with flowlite.open(state) as fl:
        again = await fl.result(done.id)
        print(f"{done['greet']!r} is still known when the file is opened again: {again['greet'] == done['greet']}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder) / "state.db"))
