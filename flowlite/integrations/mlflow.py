"""MLflow: record a training with its figures and files, register models, move the aliases that say which one is in use.

Needs `pip install 'flowlite[ml]'` (mlflow-skinny with SQLAlchemy and Alembic, which a registry in SQLite needs). Tested
against mlflow-skinny 3.17 on SQLite, and on an address where nobody answers. Importing MLflow takes a second and
150 MB: use these functions in tasks with `isolation="process"`. Fields of the connection: `tracking_uri`,
`registry_uri`, `experiment`, `artifacts` (where files go, if there is no server to decide it), `token`.

    [connections.mlflow]
    type = "mlflow"
    tracking_uri = "https://mlflow.example.com"
    experiment = "demand"
    token = "env:MLFLOW_TOKEN"

Whatever writes takes a `key`: the same key finds what an earlier attempt wrote, so a retry leaves nothing twice
(`ctx.idempotency_key` is such a key). MLflow can't compare and set an alias in one step: let tasks that move one share
a pool with one slot.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from flowlite import FlowliteError
from flowlite.integrations import Connection, library, required, settings_of

KEY_TAG = "flowlite.key"
_NOT_THERE = {"RESOURCE_DOES_NOT_EXIST"}
_FINAL_CODES = {"INVALID_PARAMETER_VALUE", "PERMISSION_DENIED", "UNAUTHENTICATED", "FEATURE_DISABLED"}
_environment = Lock()


class MlflowFailed(FlowliteError):
    """MLflow said no, or could not be reached. `is_final` where another try would get the same answer."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class NoSuchVersion(MlflowFailed):
    """The registry has no such version of the model."""


class AliasMoved(MlflowFailed):
    """Somebody else has moved the alias since it was read: what was decided by it must be decided again."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model."""

    model: str
    number: int
    run_id: str
    source: str
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def record(
    connection: Connection,
    name: str,
    *,
    key: str,
    metrics: Mapping[str, float],
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    files: Sequence[str | Path] = (),
) -> str:
    """Write down one training: an MLflow run with figures, parameters, tags and files. Returns its id.

    MLflow never lets a parameter change: what a second attempt may see otherwise (a verdict, say) belongs into `tags`.
    """
    with opened(connection) as client:
        experiment = experiment_of(client, connection)
        run_id = run_with(client, experiment, key) or started(client, experiment, name, key)
        entities, at_ms = library("mlflow.entities", extra="ml"), int(time.time() * 1000)
        client.log_batch(
            run_id,
            metrics=[entities.Metric(one, float(value), at_ms, 0) for one, value in metrics.items()],
            params=[entities.Param(one, str(value)) for one, value in (params or {}).items()],
            tags=[entities.RunTag(one, str(value)) for one, value in (tags or {}).items()],
        )
        for path in files:
            client.log_artifact(run_id, str(path))
        client.set_terminated(run_id)
        return run_id


def register(
    connection: Connection, model: str, run_id: str, file: str, *, key: str, tags: Mapping[str, Any] | None = None
) -> Version:
    """Make a file of a run the next version of a model; the model is made if there is none of that name."""
    with opened(connection) as client:
        for known in found_versions(client, model):
            if known.tags.get(KEY_TAG) == key:
                return known
        if not is_registered(client, model):
            client.create_registered_model(model)
        source = f"{client.get_run(run_id).info.artifact_uri}/{file}"
        written = {KEY_TAG: key, **{name: str(value) for name, value in (tags or {}).items()}}
        return version_of(client.create_model_version(model, source=source, run_id=run_id, tags=written))


def version(connection: Connection, model: str, number: int) -> Version:
    """One version of a model. Raises NoSuchVersion."""
    with opened(connection) as client:
        try:
            return version_of(client.get_model_version(model, str(number)))
        except library("mlflow.exceptions", extra="ml").MlflowException as missing:
            if missing.error_code not in _NOT_THERE:
                raise
            message = f"there is no version {number} of model {model!r}; mlflow.versions lists those there are"
            raise NoSuchVersion(message, is_final=True) from missing


def versions(connection: Connection, model: str) -> list[Version]:
    """Every version of a model, the newest first, without aliases; none for a model that nobody registered."""
    with opened(connection) as client:
        return found_versions(client, model)


def aliased(connection: Connection, model: str, alias: str) -> Version | None:
    """The version that an alias stands for; None if there is no such alias, or no such model."""
    with opened(connection) as client:
        if not is_registered(client, model):
            return None
        number = client.get_registered_model(model).aliases.get(alias)
        return version_of(client.get_model_version(model, str(number))) if number is not None else None


def move_alias(connection: Connection, model: str, alias: str, *, to: int, expected: int | None) -> None:
    """Let an alias stand for version `to`, if it still stands for `expected` (None: for nothing) or has got there.

    Raises AliasMoved if it stands for another one, before or after.
    """
    if (before := number_of(aliased(connection, model, alias))) not in (expected, to):
        raise AliasMoved(f"{alias!r} of model {model!r} is version {before}, no longer {expected}; decide again")
    with opened(connection) as client:
        client.set_registered_model_alias(model, alias, str(to))
    if (after := number_of(aliased(connection, model, alias))) != to:
        raise AliasMoved(f"{alias!r} of model {model!r} was set to version {to} and is {after}; look who else moves it")


def drop_alias(connection: Connection, model: str, alias: str) -> None:
    """Take an alias away; nothing happens if there is none."""
    if aliased(connection, model, alias) is not None:
        with opened(connection) as client:
            client.delete_registered_model_alias(model, alias)


def tag(connection: Connection, model: str, number: int, **tags: Any) -> None:
    """Write something on a version for whoever looks at it later."""
    with opened(connection) as client:
        for name, value in tags.items():
            client.set_model_version_tag(model, str(number), name, str(value))


def download(connection: Connection, wanted: Version, folder: str | Path) -> Path:
    """Bring a version's file to a folder, which is made; returns where it is."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    with opened(connection) as client:
        source = client.get_model_version_download_uri(wanted.model, str(wanted.number))
        artifacts = library("mlflow.artifacts", extra="ml")
        place = artifacts.download_artifacts(
            artifact_uri=source, dst_path=str(folder), tracking_uri=str(settings_of(connection)["tracking_uri"])
        )
        return Path(place)


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people. Makes no database."""
    uri = str(required(connection, "tracking_uri", example="http://localhost:5000"))
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        return f"there is no {uri.removeprefix('sqlite:///')} yet; the first training makes it"
    with opened(connection) as client:
        found = client.search_experiments(max_results=1)
    return f"MLflow at {shown(uri)} answers" + (f"; it has {found[0].name!r}" if found else "")


def number_of(found: Version | None) -> int | None:
    """Its number, if there is one."""
    return found.number if found else None


def version_of(told: Any) -> Version:
    """A version as MLflow tells it."""
    return Version(told.name, int(told.version), told.run_id or "", told.source, tuple(told.aliases), dict(told.tags))


def found_versions(client: Any, model: str) -> list[Version]:
    """Every version, the newest first. MLflow leaves the aliases out when it searches."""
    found, page = [], None
    while page is None or page.token:
        page = client.search_model_versions(f"name = '{model}'", page_token=page.token if page else None)
        found += [version_of(one) for one in page]
    return sorted(found, key=lambda one: -one.number)


def is_registered(client: Any, model: str) -> bool:
    """Whether there is a model of this name."""
    try:
        client.get_registered_model(model)
    except library("mlflow.exceptions", extra="ml").MlflowException as missing:
        if missing.error_code in _NOT_THERE:
            return False
        raise
    return True


def experiment_of(client: Any, connection: Connection) -> str:
    """The id of the connection's experiment, which is made if there is none."""
    settings = settings_of(connection)
    name = str(settings.get("experiment") or "flowlite")
    if found := client.get_experiment_by_name(name):
        return str(found.experiment_id)
    place = settings.get("artifacts")
    if place and "://" not in str(place):
        place = Path(str(place)).absolute().as_uri()
    return str(client.create_experiment(name, artifact_location=place))


def run_with(client: Any, experiment: str, key: str) -> str | None:
    """The run that an earlier attempt started."""
    found = client.search_runs([experiment], f"tags.`{KEY_TAG}` = '{key}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def started(client: Any, experiment: str, name: str, key: str) -> str:
    """A new run."""
    return str(client.create_run(experiment, run_name=name, tags={KEY_TAG: key}).info.run_id)


@contextmanager
def opened(connection: Connection) -> Iterator[Any]:
    """MLflow's client; whatever it raises becomes one line that says where and what is wrong."""
    uri = str(required(connection, "tracking_uri", example="http://localhost:5000"))
    settings = settings_of(connection)
    make_folder(uri)
    with variables(settings.get("token")):
        mlflow = library("mlflow", extra="ml")
        try:
            yield mlflow.MlflowClient(tracking_uri=uri, registry_uri=str(settings.get("registry_uri") or uri))
        except FlowliteError:
            raise
        except Exception as broken:  # MLflow lets those of SQLAlchemy, requests and the storage through
            raise told(broken, uri) from broken


def make_folder(uri: str) -> None:
    """SQLite makes a file and no folder, and MLflow would try for 100 s."""
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


def told(broken: Exception, uri: str) -> MlflowFailed:
    """One line. A server that is not there comes as an error of MLflow's own that repeats the whole request."""
    where, what = f"MLflow at {shown(uri)}", (str(broken).splitlines() or [""])[0].replace(uri, shown(uri))
    if "Max retries exceeded" in what or isinstance(broken, OSError):
        return MlflowFailed(f"cannot reach {where}; is it up, and tracking_uri right?")
    code = str(getattr(broken, "error_code", type(broken).__name__))
    return MlflowFailed(f"{where}: {code}: {what}", is_final=code in _FINAL_CODES)


@contextmanager
def variables(token: str | None) -> Iterator[None]:
    """MLflow takes these from the environment alone. Short patience: a long wait is for flowlite's retry, which holds
    no slot."""
    wanted = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        **({"MLFLOW_TRACKING_TOKEN": token} if token else {}),
    }
    with _environment:
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def shown(uri: str) -> str:
    """An address for people: without a password that may stand in it."""
    scheme, mark, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
