"""Metrics for Prometheus: gauges and counters, pushed to a gateway or written for a textfile collector.

Needs nothing beyond the core. Tested against an HTTP sink that parses the exposition format as prometheus_client does,
and the text against prometheus_client's own parser. The fields of the connection: `url` (of the gateway), `token`.

    [connections.metrics]
    type = "prometheus"
    url = "http://pushgateway:9091"
"""

from __future__ import annotations

import math
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from flowlite import FlowliteError
from flowlite.integrations import Connection, required, settings_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


class MetricRefused(FlowliteError):
    """A metric has a name, label or type that Prometheus would not take."""

    is_final = True


class PushFailed(FlowliteError):
    """The gateway could not be reached, or said no."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric."""

    name: str
    value: float
    kind: str  # "gauge" | "counter"
    help: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def gauge(name: str, value: float, help: str = "", **labels: object) -> Sample:  # noqa: A002 - Prometheus' own word
    """A value that goes up and down."""
    return checked(Sample(name, float(value), "gauge", help, {key: str(label) for key, label in labels.items()}))


def counter(name: str, value: float, help: str = "", **labels: object) -> Sample:  # noqa: A002
    """A value that only grows; by custom its name ends in `_total`."""
    return checked(Sample(name, float(value), "counter", help, {key: str(label) for key, label in labels.items()}))


def checked(sample: Sample) -> Sample:
    """Refuse what would make Prometheus drop the whole push."""
    if not _METRIC_NAME.fullmatch(sample.name):
        raise MetricRefused(f"{sample.name!r} is no metric name; use letters, digits and _, not a digit first")
    for label in sample.labels:
        if not _LABEL_NAME.fullmatch(label):
            raise MetricRefused(f"{label!r} is no label name (metric {sample.name!r}); use letters, digits and _")
    if sample.kind == "counter" and sample.value < 0:
        raise MetricRefused(f"counter {sample.name!r} is {sample.value}; a counter is never below 0, use a gauge")
    return sample


def exposition(samples: Iterable[Sample]) -> str:
    """The text that Prometheus reads: each metric once, with its help and type before its samples."""
    families: dict[str, list[Sample]] = {}
    for sample in samples:
        families.setdefault(sample.name, []).append(sample)
    return "".join(family(name, members) for name, members in families.items())


def family(name: str, samples: list[Sample]) -> str:
    """One metric with all of its label sets."""
    kinds = {sample.kind for sample in samples}
    if len(kinds) > 1:
        raise MetricRefused(f"metric {name!r} is both a gauge and a counter; give one of them another name")
    help_text = next((sample.help for sample in samples if sample.help), "")
    head = [f"# HELP {name} {escaped(help_text)}"] if help_text else []
    return "\n".join([*head, f"# TYPE {name} {kinds.pop()}", *map(line, samples)]) + "\n"


def line(sample: Sample) -> str:
    """One sample: name{label="value"} number."""
    inside = ",".join(f'{key}="{escaped(value, quotes=True)}"' for key, value in sample.labels.items())
    return f"{sample.name}{{{inside}}} {number(sample.value)}" if inside else f"{sample.name} {number(sample.value)}"


def escaped(text: str, *, quotes: bool = False) -> str:
    """Backslash and line feed as the format wants them; in label values the double quote, too."""
    plain = text.replace("\\", r"\\").replace("\n", r"\n")
    return plain.replace('"', r"\"") if quotes else plain


def number(value: float) -> str:
    """A float in the words of the format."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def push(
    connection: Connection,
    samples: Iterable[Sample],
    *,
    job: str,
    grouping: Mapping[str, str] | None = None,
    replace: bool = True,
    timeout: float = 10.0,
) -> str:
    """Push to a gateway and return the address of the group.

    With `replace` the group then has these metrics and no others, so pushing the same twice changes nothing; without
    it only metrics of the same names are replaced.
    """
    import httpx

    address = str(required(connection, "url", example="http://localhost:9091")).rstrip("/") + group_path(job, grouping)
    headers = {"Content-Type": CONTENT_TYPE, **bearer(connection)}
    try:
        answer = httpx.request(
            "PUT" if replace else "POST", address, content=exposition(samples), headers=headers, timeout=timeout
        )
    except httpx.HTTPError as broken:
        why = str(broken) or type(broken).__name__
        raise PushFailed(f"cannot reach the metrics gateway {shown(address)}: {why}") from broken
    if answer.status_code >= 300:
        raise PushFailed(f"the metrics gateway {shown(address)} answered {answer.status_code}: {answer.text[:200]}")
    return address


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people. Pushes nothing."""
    import httpx

    address = str(required(connection, "url", example="http://localhost:9091")).rstrip("/") + "/-/ready"
    try:
        answer = httpx.get(address, headers=bearer(connection), timeout=10.0)
    except httpx.HTTPError as broken:
        why = str(broken) or type(broken).__name__
        raise PushFailed(f"cannot reach the metrics gateway {shown(address)}: {why}") from None
    if answer.status_code in (401, 403) or answer.status_code >= 500:
        raise PushFailed(f"the metrics gateway {shown(address)} answered {answer.status_code}")
    return f"{shown(address)} answered {answer.status_code}"


def bearer(connection: Connection) -> dict[str, str]:
    """The header that opens the door, if there is a token."""
    token = settings_of(connection).get("token")
    return {"Authorization": f"Bearer {token}"} if token else {}


def group_path(job: str, grouping: Mapping[str, str] | None = None) -> str:
    """The path of a group of metrics, in the gateway's own way of writing it."""
    if not job:
        raise MetricRefused("a push needs a job name; pass job='my_pipeline'")
    pairs = {"job": job, **(grouping or {})}
    return "/metrics/" + "/".join(path_pair(key, value) for key, value in pairs.items())


def path_pair(key: str, value: str) -> str:
    """`key/value`; a value that has a slash or nothing in it must be written in base64."""
    if value and "/" not in value:
        return f"{key}/{quote(value, safe='')}"
    return f"{key}@base64/{urlsafe_b64encode(value.encode()).decode() or '='}"


def shown(address: str) -> str:
    """An address for people: without a password that may stand in it."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def write_textfile(path: str | Path, samples: Iterable[Sample]) -> Path:
    """Write a .prom file for the textfile collector, in one step: a scrape never sees half of it."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")  # the collector reads *.prom only
    part.write_text(exposition(samples), encoding="utf-8")
    part.replace(target)
    return target
