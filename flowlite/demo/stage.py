"""The stage: a folder of the demo's own, the stand-ins, and the environment that points flowlite.toml at them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flowlite import Dag, FlowliteError
from flowlite.config import Settings, read, use_everywhere
from flowlite.demo.parts import check_installed
from flowlite.demo.standins.mail import MailServer
from flowlite.demo.standins.pushgateway import PushGateway
from flowlite.demo.standins.s3 import S3Server
from flowlite.demo.standins.slack import Slack
from flowlite.demo.standins.weather import Manners, Weather
from flowlite.integrations import s3

MARK = "demo.lock"
MARKED = "FLOWLITE_DEMO"  # in the environment of all processes that take part


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is while the demo plays."""

    project: Path
    state: Path
    s3: S3Server
    gateway: PushGateway
    slack: Slack
    mail: MailServer
    weather: Weather

    @property
    def settings(self) -> Settings:
        """The project's settings under the environment as it is now."""
        return read(self.project / "flowlite.toml")

    @property
    def lake(self) -> Path:
        """Bronze, Silver and Gold."""
        return self.state / "lake"

    @property
    def audit(self) -> Path:
        """Who moved which model."""
        return self.state / "audit.db"

    @property
    def metrics(self) -> Path:
        """What was pushed."""
        return self.state / "metrics.prom"


@contextmanager
def stage(state: Path, manners: Manners | None = None) -> Iterator[Stage]:
    """All of it, ready; gone afterwards, but for the folder. `manners` are those of the weather service."""
    check_installed()
    project, state = project_folder(), state.absolute()
    with ExitStack() as opened:
        opened.enter_context(own_folder(state))
        opened.enter_context(variables({MARKED: str(state)}))
        server = opened.enter_context(S3Server())
        gateway = opened.enter_context(PushGateway(keep=state / "metrics.prom"))
        slack = opened.enter_context(Slack(keep=state / "slack.jsonl"))
        mail = opened.enter_context(MailServer(keep=state / "mail"))
        weather = opened.enter_context(Weather(manners))
        ready = Stage(project, state, server, gateway, slack, mail, weather)
        opened.enter_context(variables(environment_of(ready)))
        opened.callback(use_everywhere, None)
        use_everywhere(ready.settings)
        s3.make_bucket("lake")
        yield ready


def environment_of(ready: Stage) -> Mapping[str, str]:
    """What turns the project's own flowlite.toml from the real world to the stand-ins."""
    place = ready.s3.settings("lake")
    return {
        "FLOWLITE_CONFIG": str(ready.project / "flowlite.toml"),
        "FLOWLITE_CONNECTIONS__WAREHOUSE__ROOT": str(ready.lake),
        "LAKE_ENDPOINT": place["endpoint"],
        "LAKE_ACCESS_KEY": place["access_key"],
        "LAKE_SECRET_KEY": place["secret_key"],
        "METRICS_URL": ready.gateway.url,
        "SLACK_WEBHOOK": ready.slack.webhook,
        "MLFLOW_TRACKING_URI": f"sqlite:///{ready.state / 'mlflow.db'}",
        "FLOWLITE_CONNECTIONS__MLFLOW__ARTIFACTS": str(ready.lake / "models" / "artifacts"),
        "FLOWLITE_CONNECTIONS__AUDIT__PATH": str(ready.audit),
        "FLOWLITE_CONNECTIONS__WEATHER__BASE_URL": ready.weather.url,
        "SMTP_HOST": ready.mail.host,
        "FLOWLITE_CONNECTIONS__SMTP__PORT": str(ready.mail.port),
        "FLOWLITE_CONNECTIONS__SMTP__STARTTLS": "false",
        # dbt says nothing to anybody outside.
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def own_folder(state: Path) -> Iterator[None]:
    """An empty folder that nobody else plays in. What an earlier demo left is removed, anything else is not touched."""
    if state.exists() and any(state.iterdir()) and not (state / MARK).exists():
        raise FlowliteError(f"{state} holds something that is no demo; give an empty one with --folder DIR")
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state / MARK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FlowliteError(f"a demo is playing in {state}; wait for it, or give another folder") from None
        for left in state.iterdir():
            if left.name != MARK:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield


def project_folder() -> Path:
    """The folder with the example project: this checkout."""
    for folder in (Path.cwd(), Path(__file__).parents[2]):
        if (folder / "flowlite.toml").is_file() and (folder / "pipelines" / "etl.py").is_file():
            return folder.absolute()
    raise FlowliteError("the demo plays the pipelines of flowlite's source; run it in a checkout of the project")


def loaded(ready: Stage) -> tuple[dict[str, Dag], Settings]:
    """The project's DAGs and settings, as the command line loads them: for an engine of one's own."""
    from flowlite.authoring.defaults import Defaults
    from flowlite.loading import load_folder

    settings = ready.settings
    catalog = load_folder(settings.dag_folders, Defaults(settings.flowlite.timezone, frozenset(settings.pools)))
    if catalog.problems:
        raise FlowliteError(str(catalog.problems[0]))
    return catalog.dags, settings
