"""A kubeconfig: which server, whom to trust, and who we are. YAML is read only here."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowlite import FlowliteError
from flowlite.integrations import library

EXEC_S = 30.0


class WrongKubeconfig(FlowliteError):
    """A kubeconfig is not there, or does not say what is needed. Trying again does not help."""

    is_final = True


def read(path: Path, context: str | None) -> dict[str, Any]:
    """What a context says: server, namespace, ca, token, certificate, key (the last two and ca as PEM), skip_tls."""
    try:
        whole = library("yaml", extra="kubernetes").safe_load(path.read_text())
    except OSError as error:
        raise WrongKubeconfig(f"kubeconfig {str(path)!r}: {error.strerror}; set `kubeconfig` or `server`") from None
    chosen = named(whole, "contexts", context or str(whole.get("current-context") or ""), path)["context"]
    cluster = named(whole, "clusters", chosen["cluster"], path)["cluster"]
    user = named(whole, "users", chosen["user"], path).get("user") or {}
    return {
        "server": cluster["server"],
        "namespace": chosen.get("namespace"),
        "ca": pem(cluster, "certificate-authority", path),
        "skip_tls": bool(cluster.get("insecure-skip-tls-verify")),
        "certificate": pem(user, "client-certificate", path),
        "key": pem(user, "client-key", path),
        "token": token_of(user, path),
    }


def named(whole: Mapping[str, Any], kind: str, name: str, path: Path) -> Mapping[str, Any]:
    """An entry of one of its lists."""
    for entry in whole.get(kind) or ():
        if entry.get("name") == name:
            return entry  # type: ignore[no-any-return]
    names = ", ".join(str(entry.get("name")) for entry in whole.get(kind) or ()) or "none"
    raise WrongKubeconfig(f"kubeconfig {str(path)!r} has no {kind.rstrip('s')} {name!r}; it has {names}")


def pem(entry: Mapping[str, Any], key: str, path: Path) -> str | None:
    """A certificate or key, which stands there itself or in a file of its own."""
    data, file = entry.get(f"{key}-data"), entry.get(key)
    if data:
        return base64.b64decode(str(data)).decode()
    return (path.parent / str(file)).read_text() if file else None


def token_of(user: Mapping[str, Any], path: Path) -> str | None:
    """What proves who we are: itself, in a file, or from a command (as clouds have it)."""
    if user.get("token"):
        return str(user["token"])
    if user.get("tokenFile"):
        return (path.parent / str(user["tokenFile"])).read_text().strip()
    return token_by_command(user["exec"], path) if user.get("exec") else None


def token_by_command(asked: Mapping[str, Any], path: Path) -> str:
    """Ask the command that the kubeconfig names."""
    more = {one["name"]: one["value"] for one in asked.get("env") or ()}
    api = str(asked.get("apiVersion") or "client.authentication.k8s.io/v1")
    more["KUBERNETES_EXEC_INFO"] = json.dumps(
        {"apiVersion": api, "kind": "ExecCredential", "spec": {"interactive": False}}
    )
    words = [asked["command"], *(asked.get("args") or ())]
    try:
        told = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=EXEC_S, check=True,
            cwd=path.parent, env={**os.environ, **more},
        )  # fmt: skip
        return str(json.loads(told.stdout)["status"]["token"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        # not its output: that is where the token stands
        raise WrongKubeconfig(f"kubeconfig {str(path)!r}: {words[0]} gave no token ({type(error).__name__})") from None
