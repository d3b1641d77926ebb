"""A recorded world as a process of its own, to look at by hand and to measure: real time goes by in it.

python tests/tui/worlds/serve.py busy FOLDER [--speed 10] [--flood 2000]
flowlite --config FOLDER/flowlite.toml tui
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from worlds.company import HOME, POOLS
from worlds.flood import Flood, Pace
from worlds.replay import World

STEP_S = 0.1
FLOOD_STEP_S = 0.05


async def serve(name: str, root: Path, *, speed: float, per_s: float) -> None:
    """For ever. At the end of what was recorded, the clock goes on alone. `per_s`: changes of a flood, which comes once
    there is a file `flood` in the folder; a number in it says how many instances it is among."""
    world = World(name, root)
    (root / "flowlite.toml").write_text(configuration(root))
    async with world:
        print(f"{name} is up in {root}", flush=True)
        pouring = asyncio.create_task(pour(world, per_s)) if per_s else None
        last = time.monotonic()
        while pouring is None or not pouring.done():
            await asyncio.sleep(STEP_S)
            now = time.monotonic()
            if speed:
                await world.advance(seconds=(now - last) * speed)
            last = now
        pouring.result()


async def pour(world: World, per_s: float) -> None:
    """The flood, for as long as it is wanted."""
    flood, pace = Flood(world.place.state / "flowlite.db"), None
    while True:
        await asyncio.sleep(FLOOD_STEP_S)
        wanted = world.root / "flood"
        if not wanted.exists():
            pace = None
            continue
        pace, among = pace or Pace(per_s), int(wanted.read_text() or 0)
        if changes := pace.due():
            await asyncio.to_thread(flood.pour, changes, world.clock.now(), among=among)
            world.wake()


def configuration(root: Path) -> str:
    """What a client reads to find it."""
    pools = "".join(f"{name} = {size}\n" for name, size in POOLS.items())
    return f'[flowlite]\ndags = ["{HOME}/pipelines"]\nstate = "{root / "state"}"\n\n[pools]\n{pools}'


def main() -> None:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("world")
    parser.add_argument("folder", type=Path, help="made anew")
    parser.add_argument("--speed", type=float, default=1.0, help="faster than the clock on the wall; 0: it stands")
    parser.add_argument("--flood", type=float, default=0.0, help="changes a second, while FOLDER/flood is there")
    asked = parser.parse_args()
    shutil.rmtree(asked.folder, ignore_errors=True)
    try:
        asyncio.run(serve(asked.world, asked.folder.absolute(), speed=asked.speed, per_s=asked.flood))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
