"""The words of a spark-submit: settings of the connection, of the task and of the attempt, each in its place.

What is secret goes in by a file that only its owner can read: a command line is for everybody on the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowlite.integrations.spark.errors import WrongSubmission

SIZE = re.compile(r"(\d+)([kmgt]?)b?", re.IGNORECASE)
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
EVENTS, SECRETS = "spark-events", "spark.conf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One application, complete."""

    application: str
    arguments: tuple[str, ...]
    master: str
    deploy_mode: str
    name: str
    conf: Mapping[str, str]
    secret_conf: Mapping[str, str]
    main_class: str | None = None
    jars: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    py_files: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    driver_memory: str | None = None
    executor_memory: str | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether the driver runs on the cluster, and outlives its spark-submit."""
        return self.deploy_mode == "cluster"

    def words(self, submit: str, folder: Path) -> list[str]:
        """The command. The application's own arguments stand last, so none can be taken for an option."""
        options = {
            "--master": self.master,
            "--deploy-mode": self.deploy_mode,
            "--name": self.name,
            "--class": self.main_class,
            "--driver-memory": self.driver_memory,
            "--executor-memory": self.executor_memory,
            "--jars": ",".join(self.jars),
            "--packages": ",".join(self.packages),
            "--py-files": ",".join(self.py_files),
            "--files": ",".join(self.files),
        }
        chosen = [word for option, value in options.items() if value for word in (option, value)]
        conf = [word for key, value in self.settings(folder).items() for word in ("--conf", f"{key}={value}")]
        secrets = ["--properties-file", str(folder / SECRETS)] if self.secret_conf else []
        return [submit, *chosen, *conf, *secrets, self.application, *self.arguments]

    def settings(self, folder: Path) -> dict[str, str]:
        """Ours first: what the author says, holds."""
        own = dict(LOCAL) if self.master.startswith("local") else {}
        if self.master.startswith("spark://") and self.is_elsewhere:
            own["spark.standalone.submit.waitAppCompletion"] = "true"  # else it is green as soon as it is handed in
        if self.has_events:
            own |= {
                "spark.eventLog.enabled": "true",
                "spark.eventLog.dir": (folder / EVENTS).absolute().as_uri(),
                "spark.eventLog.compress": "false",
                "spark.eventLog.rolling.enabled": "false",
            }
        return {**own, **self.conf}

    @property
    def has_events(self) -> bool:
        """Whether the driver writes its event log where we can read it, and nobody wants it elsewhere."""
        return not self.is_elsewhere and not any(key.startswith("spark.eventLog.") for key in self.conf)

    def prepare(self, folder: Path, defaults: Path | None) -> None:
        """Make what the command names: the folder of events, and the file of secrets (with spark-defaults.conf at its
        head, which Spark reads no longer once it is given a file)."""
        if self.has_events:
            (folder / EVENTS).mkdir(exist_ok=True)
        if self.secret_conf:
            head = defaults.read_text() if defaults is not None and defaults.is_file() else ""
            text = "".join(f"{key} {escaped(value)}\n" for key, value in self.secret_conf.items())
            fd = os.open(folder / SECRETS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(f"{head}\n{text}")


def escaped(value: str) -> str:
    """As Java reads a properties file."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def forget_secrets(folder: Path) -> None:
    """Nothing of them stays."""
    (folder / SECRETS).unlink(missing_ok=True)


def submission_of(
    asked: Mapping[str, Any], settings: Mapping[str, Any], arguments: Sequence[Any], name: str, *, times: float
) -> Submission:
    """What a task asks for, over what its connection says. `times`: how much more memory than asked for."""
    check_conf(settings.get("secret_conf") or {})
    return Submission(
        application=str(asked["application"]),
        arguments=tuple(map(str, arguments)),
        master=str(settings.get("master") or "local[2]"),
        deploy_mode=str(settings.get("deploy_mode") or "client"),
        name=name,
        conf={**(settings.get("conf") or {}), **asked["conf"]},
        secret_conf=settings.get("secret_conf") or {},
        main_class=asked["main_class"],
        jars=(*(settings.get("jars") or ()), *asked["jars"]),
        packages=tuple(asked["packages"]),
        py_files=tuple(asked["py_files"]),
        files=tuple(asked["files"]),
        driver_memory=grown(asked["driver_memory"], times),
        executor_memory=grown(asked["executor_memory"], times),
    )


def check_submission(asked: Mapping[str, Any]) -> None:
    """Say at load what spark-submit would say at two in the morning. Nothing may pass for an option."""
    given = [asked["application"], asked["main_class"] or "", *asked["jars"], *asked["packages"]]
    for value in [*given, *asked["py_files"], *asked["files"]]:
        if str(value).startswith("-"):
            raise WrongSubmission(f"{value!r} looks like an option of spark-submit; give a path or a name")
    if str(asked["application"]).endswith(".jar") and not asked["main_class"]:
        raise WrongSubmission(f"{asked['application']}: which class is to run? give main_class=")
    for key in ("driver_memory", "executor_memory"):
        if asked[key] is not None and not SIZE.fullmatch(str(asked[key])):
            raise WrongSubmission(f"{key}={asked[key]!r} is no size; write it like '512m' or '4g'")
    check_conf(asked["conf"])


def check_conf(conf: Mapping[str, str]) -> None:
    """Spark drops what does not begin with `spark.`, and says so in the middle of a thousand lines."""
    for key in conf:
        if not key.startswith("spark."):
            raise WrongSubmission(f"conf {key!r} is no setting of Spark: they begin with 'spark.'")


def grown(size: str | None, times: float) -> str | None:
    """So many times as much, in MiB where it has grown."""
    if size is None or times == 1:
        return size
    found = SIZE.fullmatch(size)
    assert found is not None
    return f"{int(int(found[1]) * UNITS[found[2].lower()] * times) >> 20}m"
