"""S3 against moto's server over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import flowlite
from flowlite.integrations import SettingMissing, s3

Lake = Mapping[str, str]


def test_what_is_written_is_read_back(lake: Lake) -> None:
    assert s3.write(lake, "a/ö.txt", "grüße") == f"s3://{lake['bucket']}/a/ö.txt"
    assert s3.read(lake, "a/ö.txt").decode() == "grüße"
    assert s3.exists(lake, "a/ö.txt")
    assert not s3.exists(lake, "a/ö")


def test_a_listing_goes_over_all_pages(lake: Lake) -> None:
    events = s3.client(s3.place_of(lake)).meta.events
    pages: list[int] = []

    def two_a_page(params: dict[str, object], **_: object) -> None:
        params["MaxKeys"] = 2
        pages.append(2)

    for number in range(5):
        s3.write(lake, f"many/{number}", "")
    events.register("before-parameter-build.s3.ListObjectsV2", two_a_page)
    try:
        keys = [found.key for found in s3.list_objects(lake, "many/")]
    finally:
        events.unregister("before-parameter-build.s3.ListObjectsV2", two_a_page)
    assert keys == [f"many/{number}" for number in range(5)]
    assert len(pages) == 3


def test_a_prefix_of_the_connection_is_out_of_sight(lake: Lake) -> None:
    team = {**lake, "prefix": "team-a/"}
    assert s3.write(team, "x/1", "") == f"s3://{lake['bucket']}/team-a/x/1"
    assert [found.key for found in s3.list_objects(team, "x/")] == ["x/1"]
    assert s3.keys_below(lake, "team-a/") == ["team-a/x/1"]
    assert s3.read(team, "x/1") == b""


def test_a_missing_object_is_named(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(s3.NoSuchObject, match=r"no object s3://lake-.*/nothing"):
        s3.read(lake, "nothing")
    with pytest.raises(s3.NoSuchObject):
        s3.download(lake, "nothing", tmp_path / "x" / "file")
    assert list((tmp_path / "x").iterdir()) == []


def test_a_download_is_whole_or_not_there(lake: Lake, tmp_path: Path) -> None:
    s3.write(lake, "big", os.urandom(9 << 20))
    path = s3.download(lake, "big", tmp_path / "deep" / "big")
    assert path.stat().st_size == 9 << 20
    with pytest.raises(s3.NoSuchObject):
        s3.download(lake, "gone", path)
    assert path.stat().st_size == 9 << 20
    assert os.listdir(path.parent) == ["big"]


def test_a_file_goes_up_and_comes_back(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(b"pdf")
    s3.upload(lake, tmp_path / "report", "reports/report.pdf")
    assert s3.read(lake, "reports/report.pdf") == b"pdf"


def test_a_mirror_fetches_only_what_is_missing(lake: Lake, tmp_path: Path) -> None:
    for hour in range(5):
        s3.write(lake, f"bronze/ds=2024-01-01/hr={hour:02}", f"hour {hour}")
    s3.write(lake, "bronze/ds=2024-01-02/hr=00", "another date")
    first = s3.mirror(lake, "bronze/ds=2024-01-01/", tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in first] == [f"bronze/ds=2024-01-01/hr=0{n}" for n in range(5)]
    s3.write(lake, "bronze/ds=2024-01-01/hr=05", "hour 5")
    assert s3.mirror(lake, "bronze/ds=2024-01-01/", tmp_path) == [tmp_path / "bronze/ds=2024-01-01/hr=05"]


def test_a_key_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(s3.S3Failed, match="leads out of the folder"):
        s3.below(tmp_path, "a/../../etc/passwd")


def test_no_secret_in_any_message(lake: Lake) -> None:
    wrong = {**lake, "bucket": "nowhere-at-all", "secret_key": "s3cr3t-canary"}
    with pytest.raises(s3.S3Failed, match="NoSuchBucket") as failed:
        s3.read(wrong, "x")
    assert failed.value.is_final
    assert "s3cr3t-canary" not in f"{failed.value} {s3.place_of(wrong)!r}"


def test_a_server_that_is_not_there_may_be_tried_again(lake: Lake) -> None:
    gone = {**lake, "endpoint": "http://127.0.0.1:9"}
    with pytest.raises(s3.S3Failed, match=r"cannot reach s3://.* at http://127.0.0.1:9") as failed:
        s3.read(gone, "x")
    assert not failed.value.is_final


def test_one_client_serves_the_whole_process(lake: Lake) -> None:
    assert s3.client(s3.place_of(lake)) is s3.client(s3.place_of(dict(lake)))


def test_a_connection_without_a_bucket_says_what_to_add() -> None:
    with pytest.raises(SettingMissing, match=r"has no 'bucket'; add it below \[connections"):
        s3.read({"type": "s3"}, "x")


def test_the_stand_in_ends_with_a_parent_that_is_killed() -> None:
    code = (
        "import os, signal; from flowlite.demo.standins.s3 import S3Server\n"
        "with S3Server() as s3: print(s3.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stdout)
    until = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < until:
        os.sched_yield()
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Whether a process is there and more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_the_sensor_waits_for_every_prefix(lake: Lake) -> None:
    s3.write(lake, "a/ds=2024-01-01/1", "")

    @flowlite.task
    def publish_late() -> None:
        s3.write(lake, "b/ds=2024-01-01/1", "")

    with flowlite.Dag("waits") as waits:
        s3.new_objects(lake, lambda ctx: [f"a/ds={ctx.ds}/", f"b/ds={ctx.ds}/"], poke_every=0.05, timeout=20)
        publish_late()
    async with flowlite.open(":memory:") as fl:
        run = await fl.run(waits, logical_date="2024-01-01")
    assert run.state == "success"
    assert run["new_objects"] == ["a/ds=2024-01-01/1", "b/ds=2024-01-01/1"]


def test_a_connection_can_be_tried(lake: Lake) -> None:
    assert s3.ping(lake) == f"s3://{lake['bucket']}/ can be listed"
    with pytest.raises(s3.S3Failed, match="NoSuchBucket"):
        s3.ping({**lake, "bucket": "nowhere-at-all"})
