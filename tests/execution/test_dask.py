"""Attempts on a Dask cluster of real processes: they end as others do, are killed with all they started, and never
run twice at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowlite
from flowlite.config import use_everywhere
from flowlite.execution.dask_cluster import ClusterGone, ping
from flowlite.loading.files import load_file

pytest.importorskip("distributed", reason="pip install 'flowlite[dask]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def dags(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, flowlite.Dag]]:
    (tmp_path / "flowlite.toml").write_text(f'[connections.dask]\ntype = "dask"\naddress = "{address}"\n')
    monkeypatch.setenv("FLOWLITE_CONFIG", str(tmp_path / "flowlite.toml"))
    use_everywhere(None)
    yield {dag.id: dag for dag in load_file(os.path.join(os.path.dirname(__file__), "dagfile_dask.py")).dags}
    use_everywhere(None)


async def pids_of(folder: Path, attempt: int = 1) -> list[int]:
    """Of the worker, the attempt's process and its child, once the attempt runs."""
    file = folder / f"{attempt}.pids"
    async with asyncio.timeout(60):
        while not file.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return [int(word) for word in file.read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def all_gone(pids: list[int]) -> None:
    async with asyncio.timeout(30):
        while any(map(is_alive, pids)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_results_logs_rows_and_progress_come_back(dags, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dags["squares"], logical_date="2024-03-10")
        rows = await fl.store.views.node_rows(int(run.id), "square")
    assert run.state == "success", run.root_cause
    assert run["total"] == 14
    assert len({one["pid"] for one in run["square"]}) == 3
    assert os.getpid() not in {one["parent"] for one in run["square"]}
    log = run.tasks["square"][1].attempts[0].log.read_text()
    assert "squaring 2 on 2024-03-10" in log and "printed 2" in log
    assert sorted(row.rows for row in rows) == [1, 2, 3]


async def test_they_end_as_others_do(dags, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dags["endings"])
        late = await fl.run(dags["late"])
    assert run.tasks["skips"][0].state == "skipped"
    first, second = run.tasks["breaks"][0].attempts
    assert (first.error.type, first.error.message, first.error.function) == ("LookupError", "no such city", "breaks")
    assert (second.outcome, len(run["breaks"])) == ("success", 3 << 20)
    assert late.tasks["too_long"][0].attempts[0].outcome == "timed_out"


async def test_a_cancelled_one_is_killed_with_what_it_started(dags, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dags["waiting"], params={"folder": str(tmp_path)})
        _, *own = await pids_of(tmp_path)
        await fl.cancel(run)
        ended = await fl.finished(run)
    assert ended.state == "cancelled"
    assert ended.tasks["waits"][0].attempts[0].outcome == "cancelled"
    await all_gone(own)


async def test_when_its_worker_dies_it_is_lost_and_tried_again_once_it_is_gone(dags, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dags["waiting"], params={"folder": str(tmp_path)})
        worker, *own = await pids_of(tmp_path)
        os.kill(worker, signal.SIGKILL)
        await pids_of(tmp_path, attempt=2)
        assert not any(map(is_alive, own[:1]))
        (tmp_path / "go").touch()
        ended = await fl.finished(run)
    assert [str(one.outcome) for one in ended.tasks["waits"][0].attempts] == ["lost", "success"]
    assert ended["waits"] == "attempt 2"


async def test_it_does_not_outlive_its_daemon_and_is_run_again(dags, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dags["waiting"], params={"folder": str(tmp_path)})
        _, *own = await pids_of(tmp_path)
    await all_gone(own)
    (tmp_path / "1.pids").unlink()
    (tmp_path / "go").touch()
    async with flowlite.open(tmp_path / "state") as fl:
        await fl.register(dags["waiting"])
        ended = await fl.finished(run)
    assert ended.state == "success"


async def test_no_cluster_and_no_connection_are_told_in_one_line(dags, tmp_path):
    (tmp_path / "flowlite.toml").write_text('[connections.dask]\ntype = "dask"\naddress = "tcp://127.0.0.1:9"\n')
    async with flowlite.open(tmp_path / "state") as fl:
        gone = await fl.run(dags["late"])
        (tmp_path / "flowlite.toml").write_text("")
        unknown = await fl.run(dags["late"])
    assert "cannot reach a Dask scheduler at tcp://127.0.0.1:9; is it up" in str(gone.root_cause)
    assert "there is no connection 'dask'; add [connections.dask] with a type" in str(unknown.root_cause)


def test_a_connection_can_be_tried(address):
    assert ping({"address": address}) == f"a Dask scheduler with 2 workers at {address}"
    with pytest.raises(ClusterGone, match=r"cannot reach a Dask scheduler at tcp://127.0.0.1:9"):
        ping({"address": "tcp://127.0.0.1:9"})
