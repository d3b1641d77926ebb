"""Records the worlds anew from real daemons: `make worlds`. Takes some minutes.

A daemon of its own plays the past of a company with its time pressed, is stopped, and started again for the present. A
world is a copy of its state file, a later copy of the same, and the logs; see `replay.py` for how they come to life.
"""

from __future__ import annotations

import asyncio
import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from flowlite.client.remote import Remote  # noqa: E402
from flowlite.client.remote_line import DaemonLeft, Line  # noqa: E402
from flowlite.service.api.place import SOCKET  # noqa: E402
from flowlite.store.admin import backup  # noqa: E402
from worlds.company import POOLS  # noqa: E402
from worlds.pipelines.acting import PAST, PRESENT  # noqa: E402  found by the line above
from worlds.stretching import Pressing, logs_kept, stretched, stretched_log  # noqa: E402

RECORDED = HERE / "recorded"
WIDE_OPEN = dict.fromkeys(POOLS, 1000)
Life = Callable[["Company"], Awaitable[None]]


class Company:
    """A project folder with a daemon."""

    def __init__(self, root: Path, world: str) -> None:
        self.root, self.world, self.state = root, world, root / "state"
        self.present_began_at = time.time()
        self.moments: dict[str, float] = {}
        shutil.copytree(HERE / "pipelines", root / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
        if world == "failing":
            shutil.copy(HERE / "broken" / "invoices.py", root / "pipelines")
        if world == "empty":
            for file in (root / "pipelines").glob("*.py"):
                file.unlink()

    async def up(self, pools: dict[str, int], *, is_live: bool) -> None:
        """Start the daemon, in the past or in the present."""
        lines = "".join(f"{name} = {size}\n" for name, size in pools.items())
        text = '[flowlite]\ndags = ["pipelines"]\nstate = "state"\n[pools]\n' + lines
        (self.root / "flowlite.toml").write_text(text)
        self.stage(is_live=is_live)
        with (self.root / "daemon.txt").open("ab") as said:
            self.daemon = subprocess.Popen(  # noqa: ASYNC220  nothing else goes on here
                [sys.executable, "-m", "flowlite", "up"], cwd=self.root, stdout=said, stderr=said,
                env={**os.environ, "FLOWLITE_WORLD_STAGE": str(self.root / "stage.json")},
            )  # fmt: skip
        self.remote: Any = Remote(Line(self.state / SOCKET))
        for _ in range(2_000):
            with suppress(DaemonLeft, OSError):
                await self.remote.health()
                break
            await asyncio.sleep(0.01)
        if is_live:
            self.present_began_at = time.time()

    def stage(self, *, is_live: bool) -> None:
        (self.root / "stage.json").write_text(json.dumps({"world": self.world, "is_live": is_live}))

    def down(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.daemon.send_signal(how)
        self.daemon.wait(60)

    async def quiet(self) -> None:
        """Until nothing is left to do, but for what waits for people."""
        while await self.remote.runs(states=["queued", "running"], limit=1):  # noqa: ASYNC110  it is elsewhere
            await asyncio.sleep(0.2)

    def moment(self, name: str) -> None:
        """A copy of the state as it is now."""
        backup(self.state / "flowlite.db", self.root / f"{name}.db")
        self.moments[name] = time.time()


async def past(company: Company) -> None:
    """Every DAG with its runs up to now."""
    await company.up(WIDE_OPEN, is_live=False)
    await asyncio.sleep(1.0)
    await company.quiet()
    company.down()


async def calm_and_busy(company: Company) -> None:
    """All is well; then people start this and that."""
    await past(company)
    await company.up(POOLS, is_live=True)
    await asyncio.sleep(1.5)
    await company.quiet()
    company.moment("calm")
    company.stage(is_live=True)
    company.world = "busy"
    company.stage(is_live=True)
    ask = company.remote.request
    first = ("monthly_close", "retrain_model", "ml_features", "ride_files", "orders_nightly")
    then = ("etl_orders", "gold_kpis", "dq_checks", "weather", "crawl_prices", "export_finance", "etl_customers")
    for dag_id in first:
        await ask(dag_id)
    await company.remote.start_backfill("gold_daily", "2025-09-01", "2025-10-31", concurrency=4)
    await asyncio.sleep(4.0)
    for dag_id in then:
        await ask(dag_id)
        await asyncio.sleep(0.4)
    await ask("dq_checks")
    await ask("etl_orders")
    company.moment("busy")
    await asyncio.sleep(10.0)
    company.down(signal.SIGKILL)
    company.moment("gone")


async def failing(company: Company) -> None:
    """A bad night, and a morning on which it goes on."""
    await past(company)
    await company.up(POOLS, is_live=True)
    for dag_id in ("gold_kpis", "crawl_prices", "etl_customers", "export_finance"):
        await company.remote.request(dag_id)
    await asyncio.sleep(6.0)
    company.moment("failing")
    await asyncio.sleep(2.0)
    company.down(signal.SIGKILL)
    company.moment("failing_later")


async def big(company: Company) -> None:
    """A run of ten thousand task instances, half way."""
    await company.up({**POOLS, "wide": 400}, is_live=True)
    run = await company.remote.request("backtest")
    while (await company.remote.detail(run)).counts.get("success", 0) < 4_000:  # noqa: ASYNC110  it is elsewhere
        await asyncio.sleep(0.05)
    company.moment("big")
    await asyncio.sleep(6.0)
    company.down(signal.SIGKILL)
    company.moment("big_later")


async def empty(company: Company) -> None:
    """A project in which nothing was written yet."""
    await company.up({}, is_live=True)
    company.moment("empty")
    company.down()


# world of the stage -> how it is played, and which moments are kept: (name, later moment or "")
RECORDINGS: dict[str, tuple[Life, tuple[tuple[str, str], ...]]] = {
    "calm": (calm_and_busy, (("calm", ""), ("busy", "gone"), ("gone", ""))),
    "failing": (failing, (("failing", "failing_later"),)),
    "big": (big, (("big", "big_later"),)),
    "empty": (empty, (("empty", ""),)),
}


def record(stage: str) -> None:
    """Play one and write its archive."""
    life, kept = RECORDINGS[stage]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        company = Company(root, stage)
        asyncio.run(life(company))
        out = root / "out"
        for name, later in kept:
            write_world(company, name, later, out / name)
        pack(out, RECORDED / f"{stage}.tar.xz")
        print(f"{stage}: {(RECORDED / f'{stage}.tar.xz').stat().st_size >> 10} KiB")


def write_world(company: Company, name: str, later: str, out: Path) -> None:
    """Its state files with their time stretched, and the logs of its last runs."""
    out.mkdir(parents=True)
    how = Pressing(company.present_began_at, company.moments[name], PAST, PRESENT, company.root)
    shutil.copy(company.root / f"{name}.db", out / "flowlite.db")
    moves = stretched(out / "flowlite.db", how)
    if later:
        shutil.copy(company.root / f"{later}.db", out / "later.db")
        stretched(out / "later.db", how)
    for folder in logs_kept(out / "later.db" if later else out / "flowlite.db"):
        run = int(folder.rpartition("/")[2])
        for log in sorted((company.state / "logs" / folder).glob("*.log")):
            move = moves.get(run, lambda at: how.now + (at - how.now) * how.present)
            text = stretched_log(log.read_bytes(), move, how)
            (out / "logs" / folder).mkdir(parents=True, exist_ok=True)
            (out / "logs" / folder / log.name).write_bytes(text)
    (out / "world.json").write_text(json.dumps({"now": how.now}))


def pack(folder: Path, target: Path) -> None:
    """The same bytes for the same files."""
    target.parent.mkdir(exist_ok=True)
    with (
        lzma.open(target, "wb", preset=9 | lzma.PRESET_EXTREME) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as tar,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = tar.gettarinfo(path, str(path.relative_to(folder)))
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            with path.open("rb") as data:
                tar.addfile(info, data)


if __name__ == "__main__":
    for wanted in sys.argv[1:] or RECORDINGS:
        record(wanted)
