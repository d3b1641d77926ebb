"""No secret of flowlite.toml gets out: a task does all that it can to spill each of them, and every sink is looked at.

Sinks: logs, errors, root causes, rows and progress of tasks, every file below the state folder, what the commands
print (as text and as JSON), representations of settings, and the words of an alert.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from flowlite.cli.root import flowlite
from flowlite.config import read, use_everywhere
from flowlite.service.alerts.rendering import alert_of
from flowlite.service.reading import Reading
from flowlite.store.views import OutboxView

TOML = """
[connections.lake]
type = "s3"
bucket = "lake"
endpoint = "http://127.0.0.1:9"
access_key = "canary-01-access"
secret_key = "canary-02-secret/key+with=signs"

[connections.service]
type = "http"
base_url = "http://ana:canary-03-password@127.0.0.1:9"
token = "canary-04-token"
headers = { X-Key = "canary-05-header" }

[connections.warehouse]
type = "postgres"
host = "127.0.0.1"
port = 9
database = "x"
user = "ana"
password = "canary-06-password"

[connections.smtp]
type = "smtp"
host = "127.0.0.1"
port = 9
user = "ana"
password = "canary-07-password"

[connections.mlflow]
type = "mlflow"
tracking_uri = "http://ana:canary-08-password@127.0.0.1:9"
token = "canary-09-token"

[connections.spark]
type = "spark"
home = "no-spark-here"
secret_conf = { "spark.hadoop.fs.s3a.secret.key" = "canary-10-conf" }

[connections.kafka]
type = "kafka"
bootstrap_servers = ["127.0.0.1:9"]
user = "ana"
password = "canary-11-password"

[connections.cluster]
type = "kubernetes"
server = "http://127.0.0.1:9"
token = "canary-12-token"

[connections.metrics]
type = "prometheus"
url = "http://ana:canary-13-password@127.0.0.1:9"
token = "canary-14-token"

[connections.own]
type = "custom"
key = "canary-15-custom"

[channels.ops]
type = "webhook"
url = "http://127.0.0.1:9/canary-16-in-the-address"
secret = "canary-17-secret"
"""
DAGS = '''
import json
from importlib.metadata import entry_points
from flowlite import Context, connection, dag, task

NAMES = ["lake", "service", "warehouse", "smtp", "mlflow", "spark", "kafka", "cluster", "metrics", "own"]


def texts(value):
    if isinstance(value, str):
        return [value] if "canary" in value else []
    inner = value.values() if hasattr(value, "values") else value if isinstance(value, (list, tuple)) else []
    return [text for one in inner for text in texts(one)]


def spill(name, ctx):
    """Every way out that a task has, for every secret of a connection; then the integration itself."""
    settings = connection(name)
    secrets = [text for key in settings for text in texts(settings[key])]
    for secret in secrets:
        print("printed", secret)
        ctx.log.info("logged %s", secret)
        ctx.node(f"row {name}", "running", message=f"a row with {secret}")
        ctx.progress(1, 2, f"progress with {secret}")
        ctx.log.warning("as json %s", json.dumps({"secret": secret}))
    entry = next((one for one in entry_points(group="flowlite.connections") if one.name == settings.type), None)
    try:
        if entry is not None:
            entry.load()(settings)
    except Exception:
        ctx.log.exception("the integration failed")
    raise ValueError(f"{name} failed with {' and '.join(secrets)}")


@task
def in_a_thread(name: str, ctx: Context) -> None:
    spill(name, ctx)


@task
async def on_the_loop(name: str, ctx: Context) -> None:
    settings = connection(name)
    for secret in [text for key in settings for text in texts(settings[key])]:
        ctx.log.info("logged %s", secret)
        ctx.node("row", "running", message=secret)
    raise ValueError(f"failed with {secret}")


@task(isolation="process")
def in_a_process(name: str, ctx: Context) -> None:
    spill(name, ctx)


@dag
def leaky():
    in_a_thread.map(NAMES)
    on_the_loop.map(NAMES)
    in_a_process.map(["lake", "service", "own"])
'''
CANARY = "canary-"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project in which every secret was spilled once, by a run of its DAG."""
    folder = tmp_path_factory.mktemp("canaries")
    (folder / "pipelines").mkdir()
    (folder / "flowlite.toml").write_text(TOML)
    (folder / "pipelines" / "leaky.py").write_text(DAGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("SPARK_HOME", raising=False)
        patch.setattr("flowlite.integrations.kafka.cluster.ANSWER_S", 0.5)
        yield folder
    use_everywhere(None)


@pytest.fixture(scope="module")
def ran(project: Path) -> SimpleNamespace:
    return command("run", "leaky")


def command(*words: str) -> SimpleNamespace:
    answer = CliRunner().invoke(flowlite, list(words), prog_name="flowlite")
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return SimpleNamespace(exit_code=answer.exit_code, text=answer.stdout + answer.stderr)


def leaks(text: str) -> list[str]:
    """The lines in which a canary sings."""
    return [line[:200] for line in text.splitlines() if CANARY in line]


def test_the_tasks_failed_as_they_should_and_there_are_many_secrets(ran: SimpleNamespace, project: Path) -> None:
    assert ran.exit_code == 1
    settings = read(project / "flowlite.toml")
    assert len([secret for secret in settings.secrets if CANARY in secret]) >= 16
    logs = "".join(path.read_text() for path in project.rglob("*.log"))
    assert logs.count("printed ***") >= 15 and logs.count("the integration failed") >= 10


def test_no_file_below_the_state_folder_holds_one(ran: SimpleNamespace, project: Path) -> None:
    found = [
        str(path.relative_to(project))
        for path in (project / ".flowlite").rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert found == []


@pytest.mark.parametrize(
    "words",
    [
        ["runs", "show", "1"],
        ["runs", "show", "1", "--json"],
        ["runs", "list", "--json"],
        ["why", "1"],
        ["why", "1", "--json"],
        ["logs", "1"],
        ["logs", "1", "in_a_thread"],
        ["status"],
        ["doctor"],
        ["check"],
        ["connections", "list"],
        ["connections", "list", "--json"],
        ["connections", "test"],
        ["notify", "test"],
        *[["connections", "show", name] for name in ("lake", "service", "mlflow", "spark", "metrics", "own")],
        ["dags", "show", "leaky", "--json"],
    ],
    ids=" ".join,
)
def test_no_command_prints_one(ran: SimpleNamespace, words: list[str]) -> None:
    assert leaks(ran.text) == []
    said = command(*words)
    assert said.text.strip()
    assert leaks(said.text) == []


def test_no_representation_shows_one(project: Path) -> None:
    settings = read(project / "flowlite.toml")
    entries = [*settings.connections.values(), *settings.channels.values()]
    shown = [repr(settings), *map(repr, entries), *(json.dumps(entry.shown(), default=str) for entry in entries)]
    assert leaks("\n".join(shown)) == []


async def test_no_alert_says_one(ran: SimpleNamespace, project: Path) -> None:
    given = {"run": 1, "dag_id": "leaky", "task_id": "in_a_process", "map_index": 0, "name": "in_a_process", "at": 0.0}
    payload = json.dumps({**given, "logical_date": 0.0, "incident": None, "base_at": None, "attempt": 1})
    row = OutboxView(id=1, channel="ops", kind="failure", dedup_key="k", payload=payload, due_at=0.0, tries=0)
    reading = Reading(project / ".flowlite")
    try:
        alert = await alert_of(row, reading)
    finally:
        reading.close()
    assert "failed with" in alert.text and "***" in alert.text
    assert leaks(alert.text) == []
