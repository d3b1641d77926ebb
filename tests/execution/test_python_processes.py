"""Python functions in processes of their own: what crosses, and what a crash comes to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hearing import SECRET, Ear, error_of, eventually, running, text_of

from flowlite.core.states import Outcome
from flowlite.execution import attempt_folder, fleet, proc
from flowlite.execution.executors import Executors
from flowlite.execution.work import ProcessWork


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


def work(function: str, **payload: object) -> ProcessWork:
    return ProcessWork(f"execution_bodies:{function}", payload)


def test_arguments_and_result_cross_as_json(executors, order, ear):
    one = order(work("add", numbers=[1, 2, 3]))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.result, ended.facts) == (Outcome.SUCCESS, "6", {"truth:": True})
    assert ended.evidence.peak_rss_bytes > 1 << 20


@pytest.mark.parametrize(
    ("function", "payload", "outcome", "code", "message"),
    [
        ("raise_error", {"text": "here"}, Outcome.FAILED, 1, "bad value here"),
        ("segfault", {}, Outcome.FAILED, -11, "it was killed by SIGSEGV"),
        ("leave", {"code": 0}, Outcome.FAILED, 0, "its process ended without handing back a result"),
        ("leave", {"code": 7}, Outcome.FAILED, 7, "it exited with code 7"),
        ("sys_exit", {"code": 0}, Outcome.FAILED, 1, "the task called sys.exit(0)"),
        ("no_memory", {}, Outcome.OUT_OF_MEMORY, 1, ""),
        ("skip", {}, Outcome.SKIPPED, 0, "nothing to do"),
        ("no_such_function", {}, Outcome.FAILED, 1, "has no attribute 'no_such_function'"),
    ],
)
def test_whatever_happens_in_the_child_is_an_outcome(executors, order, ear, function, payload, outcome, code, message):
    one = order(work(function, **payload))
    executors.start([one])
    ended = ear.end_of(one)
    assert (ended.outcome, ended.evidence.exit_code) == (outcome, code)
    assert message in error_of(ended)["message"]


def test_a_closed_connection_is_an_error_and_not_the_end(executors, order, ear):
    one = order(work("write_to_nobody"))
    executors.start([one])
    ended = ear.end_of(one)
    assert ended.outcome is Outcome.SUCCESS, error_of(ended)
    assert ended.evidence.result == "-13"  # a program that it starts dies of one, as programs do


def test_a_failure_names_the_line_and_is_in_the_log(executors, order, ear):
    one = order(work("raise_error", text=SECRET))
    executors.start([one])
    found = error_of(ear.end_of(one))
    assert (found["type"], found["function"], os.path.basename(found["file"])) == (
        "ValueError",
        "raise_error",
        "execution_bodies.py",
    )
    assert "error ValueError: bad value ***" in text_of(one.log)
    assert SECRET not in str(found)


def test_final_failures_and_waits_cross(executors, order, ear):
    final, waiting = order(work("raise_final")), order(work("wait_for_more"))
    executors.start([final, waiting])
    assert ear.end_of(final).is_final
    assert error_of(ear.end_of(final))["type"] == "KeyError"
    assert (ear.end_of(waiting).outcome, ear.end_of(waiting).resume_at) == (Outcome.WAITING, 12345.5)


def test_prints_log_lines_and_reports_arrive(executors, order, ear):
    one = order(work("speak"))
    executors.start([one])
    ear.end_of(one)
    assert sorted(text_of(one.log)) == [
        "err   to stderr",
        "info  an info",
        "info  of two lines",
        "out   to stdout",
        "warn  careful",
    ]
    assert [report for key, report in ear.reports if key == one.key] == [{"done": 1}, {"done": 2}]


def test_reports_arrive_while_it_runs(executors, order, ear, tmp_path):
    one = order(work("report_and_wait", until=str(tmp_path / "go")))
    executors.start([one])
    ear.wait(lambda: (one.key, {"done": 1}) in ear.reports)
    assert one.key not in ear.endings
    (tmp_path / "go").touch()
    assert ear.end_of(one).outcome is Outcome.SUCCESS


def test_a_large_result_is_handed_over_as_a_file(executors, order, ear, state_dir):
    one = order(work("large", size=3 << 20))
    executors.start([one])
    place = ear.end_of(one).evidence.result.removeprefix("@")
    assert len(json.loads((state_dir / place).read_text())) == 3 << 20


def test_the_warm_up_is_done_once_for_all(executors, order, ear):
    warm = ProcessWork(
        "execution_bodies:what_is_warm", {"module": "colorsys"}, ("colorsys",), ("execution_bodies:warm", "manifest")
    )
    orders = [order(warm) for _ in range(3)]
    executors.start(orders)
    for one in orders:
        assert json.loads(ear.end_of(one).evidence.result) == {"warmed": ["manifest"], "is_loaded": True}


def test_a_warm_up_that_fails_is_told_and_the_attempt_starts_cold(executors, order, ear):
    cold = ProcessWork(
        "execution_bodies:add", {"numbers": [1]}, ("no_such_module",), ("execution_bodies:warm_badly", "x")
    )
    one = order(cold)
    executors.start([one])
    assert ear.end_of(one).outcome is Outcome.SUCCESS
    text = "\n".join(text_of(one.log))
    assert "flow  preloading no_such_module failed:" in text
    assert "flow  RuntimeError: no x here" in text


def test_a_warm_up_that_kills_its_server_is_left_out(executors, order, ear):
    one = order(ProcessWork("execution_bodies:add", {"numbers": [1]}, (), ("execution_bodies:warm_fatally", "x")))
    executors.start([one])
    assert ear.end_of(one).outcome is Outcome.SUCCESS
    assert "starts cold" in text_of(one.log)[0]


def test_a_server_that_was_killed_is_replaced_and_its_attempts_go_on(executors, order, ear, tmp_path):
    first, second = order(work("report_and_wait", until=str(tmp_path / "go"))), order(work("add", numbers=[4]))
    executors.start([first])
    ear.wait(lambda: (first.key, {"done": 1}) in ear.reports)
    supervisor = attempt_folder.read_claim(first.folder)
    server = proc.stat_of(supervisor.pid).parent
    os.kill(server, 9)
    eventually(lambda: not proc.is_alive(server, 0) and (proc.stat_of(server) or supervisor).pid != server)
    executors.start([second])
    assert ear.end_of(second).evidence.result == "4"
    (tmp_path / "go").touch()
    assert ear.end_of(first).outcome is Outcome.SUCCESS


def test_only_the_three_standard_files_and_the_log_pipe_are_open(executors, order, ear):
    one = order(work("open_files"))
    executors.start([one])
    listed = json.loads(ear.end_of(one).evidence.result)
    assert len(listed) == 4
    assert "/dev/null" in listed
    assert sum("pipe" in name for name in listed) == 3


def test_a_hog_in_python_is_out_of_memory(executors, order, ear):
    one = order(work("hog"), memory_bytes=150 << 20)
    executors.start([one])
    assert ear.end_of(one).outcome is Outcome.OUT_OF_MEMORY


def test_a_stopped_function_takes_its_children_along(executors, order, ear):
    mark = f"77{os.getpid()}"
    one = order(work("spawn_and_hang", mark=mark), grace_s=0.2)
    executors.start([one])

    def sleepers() -> list[int]:
        return [stat.pid for stat in proc.all_stats() if mark in command_line(stat.pid) and stat.state not in "ZX"]

    eventually(sleepers)
    executors.stop(one.key)
    assert ear.end_of(one).outcome is Outcome.CANCELLED
    assert sleepers() == []


def command_line(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read()
    except OSError:
        return ""


def test_environment_reaches_the_function_and_secrets_in_it_are_masked(executors, order, ear):
    one = order(work("environment"), env={"KEY": SECRET, "PLAIN": "p"})
    executors.start([one])
    assert ear.end_of(one).evidence.result == '"p"'
    assert text_of(one.log) == ["info  the key is ***"]


def test_a_stopped_function_runs_its_finally(executors, order, ear):
    one = order(work("clean_up"), grace_s=5.0)
    executors.start([one])
    ear.wait(lambda: (one.key, {"is_up": True}) in ear.reports)
    executors.stop(one.key)
    assert ear.end_of(one).outcome is Outcome.CANCELLED
    assert "info  cleaned up" in text_of(one.log)


def test_an_idle_server_ends_and_the_next_order_starts_another(own_executors, order, own_ear, monkeypatch):
    monkeypatch.setattr(fleet, "IDLE_S", 0.05)
    servers = set()
    for _ in range(2):
        one = order(ProcessWork("execution_bodies:parent", {}))
        own_executors.start([one])
        server = int(own_ear.end_of(one).evidence.result)
        eventually(lambda server=server: (proc.stat_of(server) or proc.Stat(0, "X", 0, 0, 0)).state in "ZX")
        servers.add(server)
    assert len(servers) == 2
