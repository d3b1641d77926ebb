"""The API server: how to reach it and who we are, questions with an answer, and streams of lines."""

from __future__ import annotations

import json
import os
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowlite import FlowliteError
from flowlite.integrations import Connection, settings_of
from flowlite.integrations.kubernetes import kubeconfig

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ANSWER_S = 30.0
SILENT_S = 300.0
_FINAL = {400, 401, 403, 404, 405, 422}


class ClusterRefused(FlowliteError):
    """The API server said no, or could not be reached. `is_final` where another try would get the same answer."""

    def __init__(self, message: str, *, status: int | None = None, is_final: bool = False) -> None:
        super().__init__(message)
        self.status, self.is_final = status, is_final


class StreamBroken(FlowliteError):
    """A stream ended before its end: there may be more."""


class WatchExpired(FlowliteError):
    """410 Gone: what happened meanwhile is not known any more; look again, and watch from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the server is, and what opens its door."""

    server: str
    namespace: str = "default"
    ca: str | None = None  # PEM
    token: str | None = field(default=None, repr=False)
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)
    skip_tls: bool = False

    def context(self) -> ssl.SSLContext:
        """Whom to trust."""
        trusted = ssl.create_default_context(cadata=self.ca)
        if self.skip_tls:
            trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE
        if self.certificate and self.key:
            with tempfile.NamedTemporaryFile("w") as both:  # 0600; Python reads these from files only
                both.write(f"{self.certificate}\n{self.key}\n")
                both.flush()
                trusted.load_cert_chain(both.name)
        return trusted


def access_of(connection: Connection, env: Mapping[str, str] = os.environ, account: Path = ACCOUNT) -> Access:
    """The connection's server and token; without them the pod's own account, or a kubeconfig."""
    settings = settings_of(connection)
    ca = Path(settings["ca"]).read_text() if settings.get("ca") else None
    if settings.get("server"):
        known: dict[str, Any] = {"server": settings["server"], "token": settings.get("token"), "ca": ca}
    elif not settings.get("kubeconfig") and env.get("KUBERNETES_SERVICE_HOST") and (account / "token").is_file():
        host, port = env["KUBERNETES_SERVICE_HOST"], env.get("KUBERNETES_SERVICE_PORT", "443")
        known = {
            "server": f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
            "token": (account / "token").read_text().strip(),
            "ca": (account / "ca.crt").read_text(),
            "namespace": (account / "namespace").read_text().strip(),
        }
    else:
        path = settings.get("kubeconfig") or env.get("KUBECONFIG") or Path.home() / ".kube" / "config"
        known = kubeconfig.read(Path(path), settings.get("context"))
    namespace = settings.get("namespace") or known.get("namespace") or "default"
    return Access(**{**known, "namespace": namespace})


class Cluster:
    """`with Cluster(access) as cluster:` one namespace of it."""

    def __init__(self, access: Access) -> None:
        import httpx

        self.access, self._httpx = access, httpx
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        self._client = httpx.Client(
            base_url=access.server, headers=headers, verify=access.context(), timeout=ANSWER_S, trust_env=False
        )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def path(self, kind: str, name: str = "") -> str:
        """The address of a Job or pod, or of all of them."""
        root = "/apis/batch/v1" if kind == "jobs" else "/api/v1"
        return f"{root}/namespaces/{self.access.namespace}/{kind}" + (f"/{name}" if name else "")

    def ask(
        self, method: str, path: str, body: Any = None, *, patience_s: float = 60.0, **params: Any
    ) -> dict[str, Any]:
        """The JSON of a good answer. A server that can't be reached, or is overloaded, is asked again for a while.
        Raises ClusterRefused."""
        until, pause = time.monotonic() + patience_s, 0.2
        while True:
            try:
                return self._ask_once(method, path, body, params)
            except ClusterRefused as refused:
                if refused.is_final or refused.status == 409 or time.monotonic() > until:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _ask_once(self, method: str, path: str, body: Any, params: Mapping[str, Any]) -> dict[str, Any]:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        content = None if body is None else json.dumps(body)
        try:
            answer = self._client.request(
                method, path, content=content, params=params, headers={"Content-Type": kind} if content else {}
            )
        except self._httpx.HTTPError as broken:
            raise self._lost(broken) from None
        if answer.status_code >= 300:
            raise self._refused(method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else {}

    def find(self, kind: str, name: str, **more: Any) -> dict[str, Any] | None:
        """None if there is no such thing."""
        try:
            return self.ask("GET", self.path(kind, name), **more)
        except ClusterRefused as refused:
            if refused.status == 404:
                return None
            raise

    def watch(self, kind: str, name: str, since: str, *, for_s: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """What happens to a thing from a version on, until the server ends it. Raises WatchExpired, StreamBroken."""
        params = {"watch": "1", "fieldSelector": f"metadata.name={name}", "resourceVersion": since}
        params |= {"timeoutSeconds": str(for_s), "allowWatchBookmarks": "true"}
        for line in self.lines(self.path(kind), params):
            event = json.loads(line)
            if event["type"] == "ERROR":
                if event["object"].get("code") == 410:
                    raise WatchExpired("410 Gone")
                raise ClusterRefused(f"a watch of {kind} ended: {event['object'].get('message')}")
            yield event["type"], event["object"]

    def lines(self, path: str, params: Mapping[str, Any]) -> Iterator[str]:
        """A stream of lines, to its end. Raises StreamBroken, WatchExpired, ClusterRefused."""
        timeout = self._httpx.Timeout(ANSWER_S, read=SILENT_S)
        try:
            with self._client.stream("GET", path, params=params, timeout=timeout) as answer:
                if answer.status_code == 410:
                    raise WatchExpired("410 Gone")
                if answer.status_code >= 300:
                    answer.read()
                    raise self._refused("GET", path, answer.status_code, answer.text)
                yield from (line for line in answer.iter_lines() if line)
        except self._httpx.HTTPError as broken:
            raise StreamBroken(str(broken) or type(broken).__name__) from None

    def _refused(self, method: str, path: str, status: int, text: str) -> ClusterRefused:
        try:
            said = str(json.loads(text).get("message") or text)
        except (ValueError, AttributeError):
            said = text
        message = f"Kubernetes at {self.access.server} answered {status} to {method} {path}: {said[:300]}"
        advice = {401: "; check the token", 403: "; its account needs the right to do that"}.get(status, "")
        return ClusterRefused(message + advice, status=status, is_final=status in _FINAL)

    def _lost(self, broken: Exception) -> ClusterRefused:
        why = str(broken) or type(broken).__name__
        return ClusterRefused(f"cannot reach Kubernetes at {self.access.server}: {why}; is `server` right?")


@contextmanager
def opened(connection: Connection) -> Iterator[Cluster]:
    """The cluster of a connection."""
    with Cluster(access_of(connection)) as cluster:
        yield cluster


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people."""
    with opened(connection) as cluster:
        version = cluster.ask("GET", "/version", patience_s=0).get("gitVersion", "?")
        cluster.ask("GET", cluster.path("jobs"), patience_s=0, limit="1")
        return f"Kubernetes {version} at {cluster.access.server}; Jobs of {cluster.access.namespace!r} can be listed"
