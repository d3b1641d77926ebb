"""What becomes of processes whose daemon was killed: nothing is lost, nothing runs twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from execution_daemon import order_of
from hearing import Ear, error_of, eventually, text_of
from test_shell import family

from flowlite.core.states import Outcome
from flowlite.execution import attempt_folder, proc
from flowlite.execution.executors import Executors
from flowlite.execution.supervisor import FENCED
from flowlite.execution.work import CoroutineWork, Order, Produced, ShellWork

HERE = Path(__file__).parent


def daemon(state_dir: Path, tasks: list[dict[str, object]]) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}
    return subprocess.Popen(
        [sys.executable, str(HERE / "execution_daemon.py"), str(state_dir), json.dumps(tasks)], env=env
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def orphans(state_dir: Path, tasks: list[dict[str, object]]) -> list[Order]:
    """Start them under a daemon, kill it once all have begun, and return what its store would say is running."""
    parent = daemon(state_dir, tasks)
    orders = [order_of(state_dir, number, 1, task) for number, task in enumerate(tasks)]
    for order in orders:
        eventually(
            lambda order=order: (attempt_folder.read_claim(order.folder) or attempt_folder.Claim(0, 0, "", "")).child
        )
    kill(parent)
    return orders


def waits_for(file: Path, then: str) -> dict[str, object]:
    return {"command": f"while [ ! -e {file} ]; do sleep 0.01; done; {then}"}


def test_live_commands_are_adopted_with_their_exit_codes(executors, ear, tmp_path):
    go = tmp_path / "go"
    orders = orphans(tmp_path, [waits_for(go, f"echo {n}; exit {n}") for n in range(4)])
    executors.adopt(orders)
    go.touch()
    ended = [ear.end_of(order) for order in orders]
    assert [one.evidence.exit_code for one in ended] == [0, 1, 2, 3]
    assert ended[0].evidence.result == '"0"'
    assert text_of(orders[3].log) == ["out   3"]


def test_what_ended_while_nobody_looked_is_read_from_the_exit_file(executors, ear, tmp_path):
    go = tmp_path / "go"
    [order] = orphans(tmp_path, [waits_for(go, "echo alone")])
    go.touch()
    eventually((order.folder / attempt_folder.EXIT).exists)
    executors.adopt([order])
    assert ear.end_of(order).evidence.result == '"alone"'


def test_a_timeout_holds_while_the_daemon_is_dead(executors, ear, tmp_path):
    mark = f"{os.getpid()}31"
    [order] = orphans(tmp_path, [{"command": f"sleep 1234.{mark}", "timeout_s": 0.5}])
    assert family(mark)
    eventually((order.folder / attempt_folder.EXIT).exists)
    assert family(mark) == []
    executors.adopt([order])
    assert ear.end_of(order).outcome is Outcome.TIMED_OUT


def test_an_adopted_command_can_be_stopped(executors, ear, tmp_path):
    mark = f"{os.getpid()}32"
    [order] = orphans(tmp_path, [{"command": f"sleep 1234.{mark}"}])
    executors.adopt([order])
    executors.stop(order.key)
    assert ear.end_of(order).outcome is Outcome.CANCELLED
    assert family(mark) == []


def test_an_adopted_function_tells_its_reports_and_its_result(executors, ear, tmp_path):
    go = tmp_path / "go"
    [order] = orphans(tmp_path, [{"target": "execution_bodies:report_and_wait", "payload": {"until": str(go)}}])
    executors.adopt([order])
    ear.wait(lambda: ear.reports == [(order.key, {"done": 1})])
    go.touch()
    assert ear.end_of(order).outcome is Outcome.SUCCESS


@pytest.mark.parametrize("when", ["before the adoption", "after the adoption"])
def test_a_killed_supervisor_is_a_loss_and_its_remnants_are_killed(executors, ear, tmp_path, when):
    mark = f"{os.getpid()}33"
    [order] = orphans(tmp_path, [{"command": f"setsid sleep 1234.{mark} & sleep 1234.{mark}"}])
    eventually(lambda: len(family(mark)) >= 2)
    supervisor = attempt_folder.read_claim(order.folder)
    if when.startswith("after"):
        executors.adopt([order])
    os.kill(supervisor.pid, signal.SIGKILL)
    eventually(lambda: not proc.is_alive(supervisor.pid, supervisor.start_time))
    if when.startswith("before"):
        executors.adopt([order])
    ended = ear.end_of(order)
    assert (ended.outcome, error_of(ended)["class"]) == (Outcome.LOST, "lost")
    assert family(mark) == []
    assert "its supervisor was killed" in text_of(order.log)[-1]


def test_what_never_started_is_interrupted_and_a_late_supervisor_is_fenced(executors, ear, tmp_path):
    order = order_of(tmp_path, 0, 1, {"command": "touch it-ran"})
    executors.adopt([order])
    assert ear.end_of(order).outcome is Outcome.INTERRUPTED
    script = (
        "import sys, json; from flowlite.execution import supervisor, masking; "
        "supervisor.supervise(json.loads(sys.argv[1]), {}, masking.Masker(), None)"
    )
    spec = {"control": str(order.folder), "token": "late", "command": "touch it-ran", "kind": "shell"}
    late = subprocess.run([sys.executable, "-c", script, json.dumps(spec)], check=False, cwd=tmp_path)
    assert late.returncode == FENCED
    assert not (tmp_path / "it-ran").exists()


def test_a_tombstone_of_an_earlier_recovery_still_counts(executors, ear, tmp_path):
    order = order_of(tmp_path, 0, 1, {"command": "true"})
    assert attempt_folder.entomb(order.folder)
    executors.adopt([order])
    assert ear.end_of(order).outcome is Outcome.INTERRUPTED


@pytest.mark.parametrize("evidence", ["claim", "boot file"])
def test_after_a_reboot_all_without_an_exit_file_are_lost(executors, ear, tmp_path, evidence):
    order = order_of(tmp_path, 0, 1, {"command": "true"})
    order.folder.mkdir(parents=True)
    if evidence == "claim":
        claim = attempt_folder.Claim(os.getpid(), 0, "another boot", "t")
        (order.folder / attempt_folder.CLAIM).write_text(json.dumps(claim._asdict()) + "\n{}\n")
    else:
        (tmp_path / "attempts" / "boot").write_text("another boot")
    executors.adopt([order])
    ended = ear.end_of(order)
    assert ended.outcome is Outcome.LOST
    assert "rebooted" in error_of(ended)["message"]


def test_what_ran_inside_the_daemon_is_lost(executors, ear, order):
    async def body(io: object) -> Produced:
        raise AssertionError

    one = order(CoroutineWork(body))
    executors.adopt([one])
    assert ear.end_of(one).outcome is Outcome.LOST


def test_an_orderly_stop_may_leave_processes_to_the_next_daemon(tmp_path, order):
    go, first, second = tmp_path / "go", Ear(), Ear()
    one = order(ShellWork(f"while [ ! -e {go} ]; do sleep 0.01; done; echo late"))
    before = Executors(first, state_dir=tmp_path, state_id="x")
    before.start([one])
    eventually(lambda: attempt_folder.read_claim(one.folder))
    before.shutdown(leave_processes=True)
    assert first.endings == {}
    after = Executors(second, state_dir=tmp_path, state_id="x")
    after.adopt([one])
    go.touch()
    assert second.end_of(one).evidence.result == '"late"'
    after.shutdown(leave_processes=True)


def test_claims_are_won_once(tmp_path):
    tokens = [str(number) for number in range(20)]
    won = [fd for token in tokens if (fd := attempt_folder.claim(tmp_path, token, "{}")) is not None]
    assert len(won) == 1
    assert not attempt_folder.entomb(tmp_path)
    assert attempt_folder.read_claim(tmp_path).token == "0"
    attempt_folder.note_child(won[0], os.getpid())
    assert attempt_folder.read_claim(tmp_path).child == os.getpid()


@pytest.mark.slow
def test_fifty_live_commands_are_adopted_with_their_exit_codes(executors, ear, tmp_path):
    go = tmp_path / "go"
    orders = [order_of(tmp_path, n, 1, waits_for(go, f"exit {n % 3}")) for n in range(50)]
    before = Executors(Ear(), state_dir=tmp_path, state_id="x")
    before.start(orders)
    for order in orders:
        eventually(lambda order=order: attempt_folder.read_claim(order.folder))
    before.shutdown(leave_processes=True)
    executors.adopt(orders)
    go.touch()
    assert [ear.end_of(order).evidence.exit_code for order in orders] == [n % 3 for n in range(50)]


@pytest.mark.chaos
def test_killed_at_random_again_and_again_every_task_runs_exactly_once(tmp_path):
    luck = random.Random(1)
    effects, kills, count = tmp_path / "effects", 0, 150
    command = (
        "mkdir {0}/lock.{1} || echo double >> {0}/wrong; sleep 0.0{2}; echo {1} >> {0}/effects; rmdir {0}/lock.{1}"
    )
    tasks = [{"command": command.format(tmp_path, n, luck.randrange(1, 9))} for n in range(count)]
    process = daemon(tmp_path, tasks)
    while True:
        try:
            assert process.wait(luck.uniform(0.15, 0.5)) == 0
            break
        except subprocess.TimeoutExpired:
            kill(process)
            kills += 1
            process = daemon(tmp_path, tasks)
    assert kills > 5
    assert not (tmp_path / "wrong").exists()
    assert Counter(effects.read_text().split()) == dict.fromkeys(map(str, range(count)), 1)
