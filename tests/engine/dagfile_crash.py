"""A program that is killed while it runs, and its DAG. Files in the folder FLOWLITE_TEST say what happened."""

import asyncio
import os
import sys
from pathlib import Path

import flowlite
from flowlite import Dag, shell, task

folder = os.environ.get("FLOWLITE_TEST", ".")


@task
async def inside():
    with Path(folder, "inside").open("a") as file:  # noqa: ASYNC230
        file.write("began\n")
    while not Path(folder, "go").exists():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@task(isolation="process")
def child() -> str:
    import time

    with Path(folder, "child").open("a") as file:
        file.write("began\n")
    while not Path(folder, "go").exists():
        time.sleep(0.01)
    return "from the child"


with Dag("crashing") as crashing:
    wait = f"echo began >> {folder}/command$N; while [ ! -e {folder}/go ]; do sleep 0.02; done; echo done $N; exit $N"
    commands = [shell(wait, id=f"command{n}", env={"N": str(n)}) for n in range(5)]
    inside()
    child()


async def main(state: str) -> None:
    async with flowlite.open(state) as fl:
        print(await fl.start(crashing), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
