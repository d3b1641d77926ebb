"""The sections of flowlite.toml that have fixed keys. What each key means stands under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flowlite.config.fields import file_path, secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Flowlite:
    """`[flowlite]`: the installation as a whole."""

    dags: tuple[str, ...] = ("pipelines",)
    """Folders (or files) with DAGs, relative to flowlite.toml."""

    timezone: str = "UTC"
    """The time zone of schedules that name none, like "Europe/Berlin"."""

    state: str = file_path(default=".flowlite")
    """The folder for everything that flowlite writes, relative to flowlite.toml."""

    durability: Literal["full", "normal"] = "full"
    """"full": a finished task is on disk before anybody hears of it, even if the power fails a moment later. "normal":
    faster, but a power cut may lose the last second; a crash of the program still loses nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """`[notify]`: which channels hear of what, where neither the DAG nor the task says so."""

    failure: tuple[str, ...] = ()
    """A run failed."""

    sla: tuple[str, ...] = ()
    """A deadline was missed."""

    success: tuple[str, ...] = ()
    """A run succeeded."""

    retry: tuple[str, ...] = ()
    """A task failed and will be tried again."""

    recovered: tuple[str, ...] = ()
    """A DAG succeeded after it had failed."""

    heartbeat_url: str | None = secret(default=None)
    """An address that the daemon asks for each minute. A service behind it (such as a dead man's switch) tells you when
    it stops: a dead daemon can't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """`[retention]`: how long things are kept. 0 keeps for ever."""

    runs_days: float = 90.0
    """Finished runs with their task instances, attempts and results."""

    logs_days: float = 30.0
    """Logs and folders of attempts."""

    events_days: float = 7.0
    """The event stream, for whoever asks for what was missed."""

    keep_runs: int = 20
    """So many of the newest runs of each DAG stay, however old they are, with their logs."""

    size_gib: float = 20.0
    """How large the state folder may become, in GiB. Beyond it the oldest logs go first, then the oldest runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """`[api]`: the API beyond the local socket. Without a port there is none."""

    host: str = "127.0.0.1"
    """The address to listen on. Anything but this machine's own needs TLS."""

    port: int | None = None
    """The port to listen on. Whoever asks there needs a token: `flowlite tokens create`."""

    hosts: tuple[str, ...] = ()
    """More names that this machine is called by, behind a proxy for example. A request that calls it by another name is
    refused."""

    tls_certificate: str | None = file_path(default=None)
    """A PEM file with the certificate chain."""

    tls_key: str | None = file_path(default=None)
    """A PEM file with the key of the certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`[web]`: the terminal UI in a browser, by `flowlite web`."""

    host: str = "127.0.0.1"
    """The address to listen on. Anything but this machine's own needs TLS."""

    port: int = 8081
    """The port to listen on."""

    hosts: tuple[str, ...] = ()
    """More names that this machine is called by. A request that calls it by another name is refused."""

    origins: tuple[str, ...] = ()
    """Where browsers find it behind a proxy, like "https://flow.example.com". Pages of other sites are refused."""

    tls_certificate: str | None = file_path(default=None)
    """A PEM file with the certificate chain."""

    tls_key: str | None = file_path(default=None)
    """A PEM file with the key of the certificate."""

    behind_proxy: bool = False
    """Whether a proxy stands before it that says in X-Forwarded-For who asks: failed logins are counted for each."""

    idle_minutes: float = 720.0
    """Whoever presses no key for so long is logged out."""

    tabs: int = 16
    """How many browser tabs may be open in all; each has a process of its own."""

    tabs_each: int = 4
    """How many of them one user, or one token that is nobody's, may have."""
