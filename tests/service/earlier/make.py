"""Make the state folder that a flowlite of another commit leaves behind when it is killed in the middle of its work.

    python tests/service/earlier/make.py e1be20c    # writes tests/service/earlier/schema-1.tar.xz

Once for each schema, from the last commit that had it. Its daemon really runs, with its own supervisors, and is killed
with -9; two attempts end after it, two lose their supervisor, and nothing is tidied up.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CONFIG = '[flowlite]\ndags = ["pipelines"]\nstate = "state"\n[pools]\ntight = 1\ndays = 3\n'
EXTRAS = (  # what people had set by then; commands that a commit does not have are left out
    ("pools", "set", "days", "2"),
    ("dags", "pause", "history"),
    ("tokens", "create", "ana", "--role", "operator", "--json"),
    ("users", "add", "ana", "--role", "operator", "--team", "shop"),
)


def until(what: Callable[[], object]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def make(commit: str) -> Path:
    """The whole of it."""
    with tempfile.TemporaryDirectory() as place:
        code, root = Path(place, "code"), Path(place, "project")
        code.mkdir()
        archive = subprocess.run(["git", "archive", commit, "flowlite"], capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", code], input=archive.stdout, check=True)
        (root / "pipelines").mkdir(parents=True)
        (root / "flowlite.toml").write_text(CONFIG)
        (root / "pipelines/earlier.py").write_text((FOLDER / "dagfile_earlier.py").read_text())
        live(root, {**os.environ, "PYTHONPATH": str(code), "FLOWLITE_TEST": str(root)})
        return packed(root / "state")


def live(root: Path, env: dict[str, str]) -> None:
    """Its life, and its end."""
    command = [sys.executable, "-m", "flowlite"]

    def flowlite(*words: str) -> str:
        return subprocess.run(
            [*command, *words], cwd=root, env=env, stdout=subprocess.PIPE, text=True, check=False
        ).stdout

    flowlite("backfill", "history", "2024-01-01", "2024-01-04", "--yes")  # one of its days fails
    filling = subprocess.Popen([*command, "backfill", "filled", "2024-02-01", "2024-02-11", "--yes"], cwd=root, env=env)
    until(lambda: running(root, "filled") >= 2)
    filling.send_signal(signal.SIGKILL)
    filling.wait()
    daemon = subprocess.Popen([*command, "up"], cwd=root, env=env)
    until(lambda: running(root, "inflight") >= 6)
    for words in EXTRAS:
        said = flowlite(*words)
        if words[0] == "tokens" and said:
            (root / "state/token.json").write_text(said)
    time.sleep(1)  # for the sensor to have looked, and for the first attempt of the shaky one
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    left = claims(root)
    for claim in left:
        if "_dies" in claim["name"] or claim["name"].startswith("filled"):
            kill(claim)  # without an exit file
    (root / "over").touch()
    until(lambda: len(list((root / "state/attempts").rglob("exit.json"))) >= 3)
    time.sleep(1)
    for claim in left:
        kill(claim)


def claims(root: Path) -> list[dict[str, Any]]:
    """Of the attempts under way: who has each, which process is its child, and which task it is."""
    found = []
    with closing(sqlite3.connect(f"file:{root / 'state/flowlite.db'}?mode=ro", uri=True)) as reader:
        query = "SELECT r.dag_id || '.' || t.id FROM run r JOIN task t USING (version) WHERE r.id = ? AND t.number = ?"
        for file in (root / "state/attempts").rglob("claim"):
            if not (file.parent / "exit.json").exists():
                lines = file.read_text().splitlines()
                child = int(lines[-1].split()[0]) if lines[-1][0].isdigit() else 0
                key = (int(file.parent.parent.name), int(file.parent.name.split(".")[0]))
                found.append({**json.loads(lines[0]), "child": child, "name": reader.execute(query, key).fetchone()[0]})
    return found


def kill(claim: dict[str, Any]) -> None:
    """Its supervisor first, so that nobody is there to say how it ended."""
    for pid in (claim["pid"], claim["child"]):
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def packed(state: Path) -> Path:
    """As small as it gets: everything but what is nothing without its process."""
    with closing(sqlite3.connect(f"file:{state / 'flowlite.db'}?mode=ro", uri=True)) as reader:
        schema = reader.execute("PRAGMA user_version").fetchone()[0]
    target = FOLDER / f"schema-{schema}.tar.xz"
    with tarfile.open(target, "w:xz", preset=9) as tar:
        for file in sorted(state.rglob("*")):
            if file.is_file() and file.suffix not in (".sock", ".db-shm"):
                tar.add(file, file.relative_to(state))
    return target


def running(root: Path, dag_id: str) -> int:
    """How many attempts of a DAG are under way."""
    file = root / "state/flowlite.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
        query = "SELECT count(*) FROM task_instance i JOIN run r ON r.id = i.run_id WHERE r.dag_id = ? AND i.state = ?"
        try:
            return int(reader.execute(query, [dag_id, "running"]).fetchone()[0])
        except sqlite3.OperationalError:
            return 0


if __name__ == "__main__":
    print(make(sys.argv[1]))
