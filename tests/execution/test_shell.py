"""Shell commands, for real: outcomes, output, limits, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hearing import SECRET, Ear, error_of, eventually, running, text_of

from flowlite.core.states import Outcome
from flowlite.execution import attempt_folder, memory, proc
from flowlite.execution.executors import Executors
from flowlite.execution.work import AttemptKey, ShellWork


@pytest.fixture(scope="module")
def ear() -> Ear:
    """One for all of this file: a fork server takes longer to start than most of the tests."""
    return Ear()


@pytest.fixture(scope="module")
def executors(ear: Ear, state_dir: Path) -> Iterator[Executors]:
    with running(ear, state_dir) as found:
        yield found


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.mark.parametrize(
    ("command", "outcome", "code", "result"),
    [
        ("echo one; echo two", Outcome.SUCCESS, 0, "two"),
        ("printf 'no newline'", Outcome.SUCCESS, 0, "no newline"),
        ("true", Outcome.SUCCESS, 0, None),
        ("echo only >&2", Outcome.SUCCESS, 0, None),
        (["printf", "%s", "a b; $HOME"], Outcome.SUCCESS, 0, "a b; $HOME"),
        ("printf 'caf\\303\\251 \\377'", Outcome.SUCCESS, 0, "café \\xff"),
        ("printf '10%%\\r50%%\\r100%%\\r\\n'", Outcome.SUCCESS, 0, "100%"),
        ("exit 3", Outcome.FAILED, 3, None),
        ("kill -SEGV $$", Outcome.FAILED, -11, None),
        (["/no/such/program"], Outcome.FAILED, 127, None),
        (["/etc/passwd"], Outcome.FAILED, 126, None),
    ],
)
def test_what_a_command_comes_to(executors, order, ear, command, outcome, code, result):
    one = order(ShellWork(command))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.exit_code) == (outcome, code)
    assert ended.evidence.result == (None if result is None else json.dumps(result))
    assert one.log.exists()


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (ShellWork("exit 3"), "it exited with code 3"),
        (ShellWork("kill -SEGV $$"), "it was killed by SIGSEGV"),
        (
            ShellWork("sh -c 'kill -9 $$'; exit $?"),
            "it exited with code 137 (a part of it was probably killed by SIGKILL)",
        ),
        (ShellWork(["no-such-program"]), "command not found: 'no-such-program'; check its name and PATH"),
        (
            ShellWork("true", cwd="/no/where"),
            "can't change to the folder '/no/where' (No such file or directory); check cwd=",
        ),
    ],
)
def test_a_failure_says_what_happened(executors, order, ear, work, message):
    one = order(work)
    executors.start([one])
    assert error_of(ear.end_of(one))["message"] == message


def test_exit_codes_and_facts_are_asked_of_the_caller(executors, order, ear):
    bad = order(ShellWork("exit 64", is_final_exit=lambda code: code == 64))
    good = order(ShellWork("echo 7", facts_of=lambda result: {"truth:": result == '"7"'}))
    executors.start([bad, good])
    assert ear.end_of(bad).is_final
    assert ear.end_of(good).facts == {"truth:": True}


def test_the_log_keeps_both_streams_with_times(executors, order, ear):
    one = order(ShellWork("echo out; echo err >&2; printf unfinished"))
    executors.start([one])
    ear.end_of(one)
    assert sorted(text_of(one.log)) == ["err   err", "out   out", "out   unfinished"]
    for line in one.log.read_text().splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (out|err)   ", line)


def test_a_command_gets_its_environment_and_nothing_else(executors, order, ear):
    one = order(
        ShellWork("echo $KEY $FLOWLITE_RUN $FLOWLITE_ATTEMPT_NUMBER; ls -l /proc/self/fd | grep -c -- '->'; cat"),
        env={"KEY": "v"},
    )
    executors.start([one])
    ear.end_of(one)
    # ls has its own descriptor of the folder beside 0, 1, 2; cat ends at once: stdin is empty.
    assert text_of(one.log) == ["out   v 1 1", "out   4"]


def test_secrets_are_masked_even_when_split_over_two_writes(executors, order, ear):
    middle = len(SECRET) // 2
    script = f"printf '%s' '{SECRET[:middle]}'; sleep 0.05; echo '{SECRET[middle:]}'; echo 'last {SECRET}'"
    one = order(ShellWork(script))
    executors.start([one])
    ended = ear.end_of(one)
    assert text_of(one.log) == ["out   ***", "out   last ***"]
    assert ended.evidence.result == '"last ***"'


def test_a_secret_in_the_environment_stands_in_no_file_and_no_command_line(own_executors, order, own_ear, tmp_path):
    one = order(ShellWork("sleep 60"), env={"TOKEN": SECRET})
    own_executors.start([one])
    eventually(lambda: attempt_folder.read_claim(one.folder))
    eventually(lambda: attempt_folder.read_claim(one.folder).child)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    for found in proc.all_stats():
        try:
            with open(f"/proc/{found.pid}/cmdline", "rb") as file:
                assert SECRET.encode() not in file.read()
        except OSError:
            continue
    assert one.folder.stat().st_mode & 0o777 == 0o700
    own_executors.stop(one.key)
    own_ear.end_of(one)


# --- output without measure -------------------------------------------------------------------------------------------
def test_a_flood_keeps_its_head_and_its_tail(executors, order, ear):
    one = order(ShellWork("seq 1 2000000; echo the end"), log_cap_bytes=256 << 10)
    executors.start([one])
    ended = ear.end_of(one)
    assert ended.evidence.result == '"the end"'
    lines = text_of(one.log)
    assert one.log.stat().st_size < 260 << 10
    assert (lines[0], lines[-2], lines[-1]) == ("out   1", "out   2000000", "out   the end")
    notice = next(line for line in lines if "were dropped here" in line)
    dropped = int(notice.split()[1])
    kept = sum(len(line) - 5 for line in lines if line.startswith("out"))
    assert dropped + kept == pytest.approx(14888896 + 8, abs=200)


def test_a_single_line_of_50_mb_costs_neither_memory_nor_disk(executors, order, ear):
    one = order(ShellWork("head -c 52428800 /dev/zero | tr '\\0' x; echo; echo done"), log_cap_bytes=1 << 20)
    executors.start([one])
    ended = ear.end_of(one)
    assert ended.evidence.result == '"done"'
    assert one.log.stat().st_size < 1100 << 10
    assert max(map(len, one.log.read_bytes().split(b"\n"))) < 129 << 10
    assert ended.evidence.peak_rss_bytes < 40 << 20


def test_a_long_last_line_is_cut_to_64_kib(executors, order, ear):
    one = order(ShellWork("head -c 200000 /dev/zero | tr '\\0' y"))
    executors.start([one])
    result = json.loads(ear.end_of(one).evidence.result)
    # A little less than 64 KiB: what might be the beginning of a secret is not shown.
    assert set(result) == {"y"}
    assert 0 <= (64 << 10) - len(result) < 4 * len(SECRET)


@pytest.mark.slow
def test_a_flood_of_a_gigabyte(executors, order, ear):
    one = order(ShellWork("head -c 1073741824 /dev/zero | tr '\\0' 'a' | fold -w 100"), log_cap_bytes=64 << 20)
    executors.start([one])
    assert ear.end_of(one, within_s=120).outcome is Outcome.SUCCESS
    assert one.log.stat().st_size <= 65 << 20


# --- stopping ---------------------------------------------------------------------------------------------------------
FAMILY = """
sleep 1234.{mark} &
sh -c 'trap "" TERM; while :; do sleep 1234.{mark}; done' &
setsid nohup sh -c 'sleep 1234.{mark} & sleep 1234.{mark}' >/dev/null 2>&1 &
echo up
wait
"""


def family(mark: str) -> list[int]:
    found = []
    for stat in proc.all_stats():
        try:
            with open(f"/proc/{stat.pid}/cmdline", "rb") as file:
                if f"1234.{mark}".encode() in file.read() and stat.state not in "ZX":
                    found.append(stat.pid)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", ["stop", "timeout"])
def test_nobody_survives_grandchildren_deaf_ones_and_those_that_left_the_session(executors, order, ear, how, tmp_path):
    mark = f"{os.getpid()}{len(how)}"
    one = order(ShellWork(FAMILY.format(mark=mark)), timeout_s=1.0 if how == "timeout" else None, grace_s=0.3)
    executors.start([one])
    eventually(lambda: len(family(mark)) >= 6)
    if how == "stop":
        executors.stop(one.key)
    ended = ear.end_of(one)
    assert ended.outcome is (Outcome.CANCELLED if how == "stop" else Outcome.TIMED_OUT)
    assert family(mark) == []


def test_what_a_command_leaves_running_ends_with_it(executors, order, ear):
    mark = f"{os.getpid()}9"
    one = order(ShellWork(f"sleep 1234.{mark} & echo started"))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.result) == (Outcome.SUCCESS, '"started"')
    assert family(mark) == []


def test_a_command_may_clean_up_within_its_grace(executors, order, ear):
    one = order(ShellWork("trap 'echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.02; done"), grace_s=5.0)
    executors.start([one])
    eventually(lambda: one.log.exists() and "out   up" in text_of(one.log))
    executors.stop(one.key)
    assert ear.end_of(one).outcome is Outcome.CANCELLED
    assert "out   cleaned" in text_of(one.log)


def test_an_order_that_is_stopped_at_once_is_cancelled(executors, order, ear):
    orders = [order(ShellWork("sleep 30")) for _ in range(5)]
    executors.start(orders)
    for one in orders:
        executors.stop(one.key)
    assert {ear.end_of(one).outcome for one in orders} == {Outcome.CANCELLED}


def test_shutdown_kills_what_may_not_be_left(own_executors, order, own_ear):
    mark = f"{os.getpid()}7"
    one = order(ShellWork(f"sleep 1234.{mark}"))
    own_executors.start([one])
    eventually(lambda: family(mark))
    own_executors.shutdown(leave_processes=False)
    assert own_ear.end_of(one).outcome is Outcome.INTERRUPTED
    assert family(mark) == []


# --- memory -----------------------------------------------------------------------------------------------------------
HOG = "import time\nkept = []\nwhile True:\n    kept.append(b'x' * (4 << 20)); time.sleep(0.002)\n"


@pytest.mark.parametrize("kind", ["best", "watched"])
def test_a_hog_is_out_of_memory_with_its_peak(executors, order, ear, kind, monkeypatch, tmp_path):
    if kind == "watched":
        monkeypatch.setattr(memory, "_ROOTS", (tmp_path / "no", tmp_path / "none"))
        assert memory.Cgroup.make(1 << 20, "x") is None
        limit = memory.Watched(200 << 20)
        begun = time.monotonic()
        pid = os.posix_spawn("/usr/bin/env", ["env", "python3", "-c", HOG], os.environ)
        while not limit.look(os.getpid()):
            assert time.monotonic() < begun + 20
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        assert 200 << 20 < limit.peak_bytes() < 400 << 20
        return
    one = order(ShellWork(["python3", "-c", HOG]), memory_bytes=100 << 20)
    executors.start([one])
    ended = ear.end_of(one)
    assert ended.outcome is Outcome.OUT_OF_MEMORY
    assert "killed for memory: the limit is 100 MiB, its peak was" in error_of(ended)["message"]
    assert 60 << 20 < ended.evidence.peak_rss_bytes < 300 << 20


def test_a_limit_that_is_not_reached_disturbs_nobody(executors, order, ear):
    one = order(ShellWork(["python3", "-c", "x = b'x' * (30 << 20); print(len(x))"]), memory_bytes=400 << 20)
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.result) == (Outcome.SUCCESS, '"31457280"')
    assert ended.evidence.peak_rss_bytes > 30 << 20


def test_an_environment_that_can_not_be_set_is_a_failure_that_says_so(executors, order, ear):
    one = order(ShellWork("true"), env={"KEY": "a\0b"})
    executors.start([one])
    assert error_of(ear.end_of(one))["message"].startswith("its environment can't be set")


# --- the folder -------------------------------------------------------------------------------------------------------
def test_pokes_share_a_folder_without_meeting(executors, order, ear):
    for poke in range(3):
        one = order(ShellWork(f"echo {poke}"), key=AttemptKey(1, 500, -1, 1, poke))
        executors.start([one])
        assert ear.end_of(one).evidence.result == f'"{poke}"'


def test_every_folder_that_is_made_is_private(own_executors, order, own_ear, tmp_path):
    one = order(ShellWork("echo hello"))
    own_executors.start([one])
    own_ear.end_of(one)
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(folders) > 5
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o600}


def test_leftovers_of_a_state_that_was_thrown_away_are_no_obstacle(executors, order, ear):
    one = order(ShellWork("echo new"))
    one.folder.mkdir(parents=True)
    attempt_folder.entomb(one.folder)
    executors.start([one])
    assert ear.end_of(one).evidence.result == '"new"'


def test_a_state_folder_that_can_not_be_written_is_a_loss_and_no_hang(own_executors, order, own_ear, tmp_path):
    (tmp_path / "attempts" / "1").parent.mkdir(parents=True)
    (tmp_path / "attempts" / "1").write_text("a file in the way")
    one = order(ShellWork("true"))
    own_executors.start([one])
    assert own_ear.end_of(one).outcome is Outcome.LOST
