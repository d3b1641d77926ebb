"""A daemon in small, to be killed: it keeps a journal as the engine keeps its store, and recovers from it.

usage: execution_daemon.py STATE_DIR TASKS_JSON    a task is {"command": ..., "timeout_s": ...} or {"target": ..., ...}
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowlite.core.states import Outcome
from flowlite.execution.executors import Executors
from flowlite.execution.work import AttemptKey, Ended, Order, ProcessWork, ShellWork

SLOTS = 4


def order_of(state_dir: Path, number: int, attempt: int, task: Mapping[str, Any]) -> Order:
    if "command" in task:
        work: Any = ShellWork(task["command"])
    else:
        work = ProcessWork(task["target"], task.get("payload", {}))
    return Order(
        key=AttemptKey(1, number, -1, attempt, 0),
        name=f"dag/1/{number} #{attempt}",
        work=work,
        folder_at=str(state_dir / "attempts" / "1" / f"{number}.-1.{attempt}"),
        log_at=str(state_dir / "logs" / f"{number}.{attempt}.log"),
        timeout_s=task.get("timeout_s"),
        grace_s=0.3,
    )


class Daemon:
    """Starts, adopts and finishes; every step is in the journal before the next."""

    def __init__(self, state_dir: Path, tasks: Sequence[Mapping[str, Any]]) -> None:
        self.state_dir = state_dir
        self.tasks = tasks
        self.attempts = dict.fromkeys(range(len(tasks)), 0)
        self.running: set[int] = set()
        self.done: set[int] = set()
        self.news = threading.Condition()
        self.inbox: list[Ended] = []
        self.executors = Executors(self, state_dir=state_dir, state_id="daemon")
        journal = state_dir / "journal"
        if journal.exists():
            for line in journal.read_text().splitlines():
                self.replay(*json.loads(line))
        self.journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def replay(self, verb: str, number: int, attempt: int, outcome: str) -> None:
        if verb == "start":
            self.attempts[number] = attempt
            self.running.add(number)
        else:
            self.running.discard(number)
            if outcome == "success":
                self.done.add(number)

    def write(self, *entry: Any) -> None:
        os.write(self.journal, json.dumps(entry).encode() + b"\n")
        os.fsync(self.journal)
        self.replay(*entry)

    def ended(self, ended: Sequence[Ended]) -> None:
        with self.news:
            self.inbox += ended
            self.news.notify()

    def slot_returned(self, key: AttemptKey) -> None:
        raise AssertionError

    def reported(self, key: AttemptKey, report: Mapping[str, Any]) -> None: ...

    def orders(self, numbers: Sequence[int]) -> list[Order]:
        return [order_of(self.state_dir, number, self.attempts[number], self.tasks[number]) for number in numbers]

    def run(self) -> None:
        self.executors.adopt(self.orders(sorted(self.running)))
        while len(self.done) < len(self.tasks):
            ready = [number for number in self.attempts if number not in self.running and number not in self.done]
            chosen = ready[: SLOTS - len(self.running)]
            for number in chosen:
                self.write("start", number, self.attempts[number] + 1, "")
            self.executors.start(self.orders(chosen))
            with self.news:
                self.news.wait_for(lambda: self.inbox)
                over, self.inbox = self.inbox, []
            for ended in over:
                assert ended.outcome in (Outcome.SUCCESS, Outcome.INTERRUPTED), ended
                self.write("end", ended.key.task, ended.key.attempt, str(ended.outcome))


if __name__ == "__main__":
    Daemon(Path(sys.argv[1]), json.loads(sys.argv[2])).run()
