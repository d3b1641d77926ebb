"""A sensor waits for something outside. Between two looks it holds no slot and no thread.

$ python examples/sensor.py
success: found 'three rides' after more than one look: True
"""

import tempfile
from pathlib import Path

from flowlite import Context, dag, run, sensor, task

INBOX = Path(tempfile.gettempdir()) / "flowlite-example-inbox"


@sensor(poke_every=0.05, timeout=30)
def delivery(ctx: Context) -> str | None:
    """What is truthy ends the wait and is the result; everything else means "look again later"."""
    path = INBOX / f"{ctx.run_id}.txt"
    return str(path) if path.exists() else None


@task
def courier(ctx: Context) -> None:
    """Somebody else, who is late."""
    INBOX.mkdir(exist_ok=True)
    part = INBOX / f"{ctx.run_id}.part"
    part.write_text("three rides")
    part.rename(INBOX / f"{ctx.run_id}.txt")  # a file that is waited for appears in one step


@task
def unpack(path: str) -> str:
    text = Path(path).read_text()
    Path(path).unlink()
    return text


@dag
def parcels():
    unpack(delivery())
    courier()


if __name__ == "__main__":
    done = run(parcels)
    print(f"{done.state}: found {done['unpack']!r} after more than one look: {done.tasks['delivery'][0].pokes > 1}")
