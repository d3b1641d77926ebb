"""A sensor waits for something outside. Between two looks it holds no slot and no thread.

$ python examples/sensor.py
success: found 'three rides'
"""

import tempfile
from pathlib import Path

from flowlite import Context, dag, run, sensor, task


@sensor(poke_every=0.05, timeout=30)
def delivery(ctx: Context) -> str | None:
    """What is truthy ends the wait and is the result; everything else means "look again later"."""
    path = Path(ctx.params["inbox"]) / "parcel.txt"
    return str(path) if path.exists() else None


@task
def courier(ctx: Context) -> None:
    """Somebody else, who is late."""
    part = Path(ctx.params["inbox"]) / "parcel.part"
    part.write_text("three rides")
    part.rename(part.with_suffix(".txt"))  # a file that is waited for appears in one step


@task
def unpack(path: str) -> str:
    return Path(path).read_text()


@dag
def parcels():
    unpack(delivery())
    courier()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as inbox:
        done = run(parcels, params={"inbox": inbox})
    print(f"{done.state}: found {done['unpack']!r}")
