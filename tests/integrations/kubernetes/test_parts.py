"""Manifests, names, verdicts and kubeconfigs: values in, values out."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from flowlite import Dag
from flowlite.integrations import kubernetes
from flowlite.integrations.kubernetes.cluster import access_of
from flowlite.integrations.kubernetes.kubeconfig import WrongKubeconfig
from flowlite.integrations.kubernetes.logs import comparable
from flowlite.integrations.kubernetes.manifest import WrongJob, grown, laid_over, manifest, name_of
from flowlite.integrations.kubernetes.status import Ended, JobFailed, JobOutOfMemory, PodLost, judge

JOB: dict[str, Any] = {
    "image": "img:1", "command": [], "env": {"DAY": "2024-03-10"}, "env_from": ["keys"], "cpu": "500m",
    "memory": "1Gi", "service_account": "etl", "pod": {},
}  # fmt: skip


def test_a_name_fits_and_is_the_same_for_all_attempts_of_a_task_instance() -> None:
    long = name_of("gold_daily_of_everything_there_is", "silver.clean[vehicle]_telemetry", "d/1/x/t[3]")
    assert len(long) <= 63 and long == long.lower() and "_" not in long
    assert long == name_of("gold_daily_of_everything_there_is", "silver.clean[vehicle]_telemetry", "d/1/x/t[3]")
    assert long != name_of("gold_daily_of_everything_there_is", "silver.clean[vehicle]_telemetry", "d/1/x/t[4]")


def test_a_manifest_asks_for_one_pod_that_nobody_starts_again() -> None:
    made = manifest("n", JOB, ["--n", 3], {"flowlite/dag": "Some DAG!"}, times=2)
    spec = made["spec"]["template"]["spec"]
    [container] = spec["containers"]
    assert (made["spec"]["backoffLimit"], spec["restartPolicy"], spec["serviceAccountName"]) == (0, "Never", "etl")
    assert (container["args"], container["env"]) == (["--n", "3"], [{"name": "DAY", "value": "2024-03-10"}])
    assert container["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert container["resources"]["limits"] == {"cpu": "500m", "memory": "2048Mi"}
    assert made["metadata"]["labels"]["flowlite/dag"] == "Some-DAG"
    assert "command" not in container


def test_a_pods_own_spec_is_laid_over_ours() -> None:
    ours = {"containers": [{"name": "task", "image": "a"}], "nodeSelector": {"a": "1"}}
    more = {"containers": [{"volumeMounts": [1]}, {"name": "proxy"}], "nodeSelector": {"b": "2"}, "volumes": [1]}
    assert laid_over(ours, more) == {
        "containers": [{"name": "task", "image": "a", "volumeMounts": [1]}, {"name": "proxy"}],
        "nodeSelector": {"a": "1", "b": "2"},
        "volumes": [1],
    }


@pytest.mark.parametrize(
    ("quantity", "times", "says"), [("512Mi", 2, "1024Mi"), ("1.5Gi", 2, "3072Mi"), ("1G", 1, "1G"), (None, 2, None)]
)
def test_memory_grows(quantity: str | None, times: float, says: str | None) -> None:
    assert grown(quantity, times) == says


def test_mistakes_show_at_load() -> None:
    with (
        pytest.raises(WrongJob, match="memory='lots' is no quantity of Kubernetes; write it like '500m' or '2Gi'"),
        Dag("d"),
    ):
        kubernetes.run_job("img", memory="lots")
    with pytest.raises(WrongJob, match="needs an image"), Dag("e"):
        kubernetes.run_job("")


def pod(reason: str | None = None, **terminated: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": "Failed", "containerStatuses": [{"state": {"terminated": terminated}}]}
    return {"metadata": {"name": "p"}, "status": status | ({"reason": reason} if reason else {})}


NO_TABLE = {"exitCode": 3, "message": "first\nno such table"}


@pytest.mark.parametrize(
    ("pods", "error", "says"),
    [
        ([pod(**NO_TABLE)], JobFailed, r"failed: exit code 3 \(no such table\); its log tells why"),
        ([pod(exitCode=137)], JobFailed, "failed: exit code 137; its log tells why"),
        ([pod("Evicted", exitCode=137)], PodLost, r"lost its pod \(Evicted\)"),
        ([], PodLost, r"lost its pod \(gone\): DeadlineExceeded"),
    ],
)
def test_a_failure_says_why(pods: list[dict[str, Any]], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as failed:
        judge("j", Ended(False, "DeadlineExceeded"), pods)
    assert type(failed.value) is error


def test_a_container_that_was_killed_for_memory_is_a_case_of_its_own() -> None:
    dead = pod()
    dead["status"]["containerStatuses"][0]["state"]["terminated"] = {"exitCode": 137, "reason": "OOMKilled"}
    with pytest.raises(JobOutOfMemory, match="Job j ran out of memory; give it more by memory=") as failed:
        judge("j", Ended(False), [dead])
    assert isinstance(failed.value, MemoryError)


def test_time_stamps_compare_as_time_does() -> None:
    stamps = [f"2024-01-01T00:00:00{part}Z" for part in (".2", "", ".123456789", ".1")]
    assert [stamp[19:] for stamp in sorted([*stamps, ""], key=comparable)] == ["", "Z", ".1Z", ".123456789Z", ".2Z"]


KUBECONFIG = """
current-context: prod
contexts: [{{name: prod, context: {{cluster: c, user: {user}, namespace: jobs}}}}]
clusters: [{{name: c, cluster: {{server: "https://10.0.0.1:6443", certificate-authority-data: {ca}}}}}]
users:
  - {{name: token, user: {{token: c4nary}}}}
  - {{name: command, user: {{exec: {{command: ./login, args: [x]}}}}}}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    login = tmp_path / "login"
    login.write_text('#!/bin/sh\necho \'{"status": {"token": "from-\'$1\'"}}\'\n')
    login.chmod(0o755)
    return tmp_path / "config"


@pytest.mark.parametrize(("user", "token"), [("token", "c4nary"), ("command", "from-x")])
def test_a_kubeconfig_says_where_and_who(kubeconfig: Path, user: str, token: str) -> None:
    pytest.importorskip("yaml", reason="pip install 'flowlite[kubernetes]'")
    kubeconfig.write_text(KUBECONFIG.format(user=user, ca=base64.b64encode(b"PEM").decode()))
    access = access_of({"kubeconfig": str(kubeconfig)}, {})
    assert (access.server, access.namespace, access.ca) == ("https://10.0.0.1:6443", "jobs", "PEM")
    assert access.token == token
    assert token not in repr(access)


def test_what_a_kubeconfig_lacks_is_named(kubeconfig: Path) -> None:
    pytest.importorskip("yaml", reason="pip install 'flowlite[kubernetes]'")
    with pytest.raises(WrongKubeconfig, match=r"kubeconfig '.*config': No such file or directory; set `kubeconfig`"):
        access_of({"kubeconfig": str(kubeconfig)}, {})
    kubeconfig.write_text(KUBECONFIG.format(user="nobody", ca=""))
    with pytest.raises(WrongKubeconfig, match="has no user 'nobody'; it has token, command"):
        access_of({"kubeconfig": str(kubeconfig)}, {})
    with pytest.raises(WrongKubeconfig, match="has no context 'test'; it has prod"):
        access_of({"kubeconfig": str(kubeconfig), "context": "test"}, {})


def test_inside_a_cluster_the_pods_own_account_is_taken(tmp_path: Path) -> None:
    for name, text in (("token", "t0ken\n"), ("ca.crt", "PEM"), ("namespace", "etl")):
        (tmp_path / name).write_text(text)
    env = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    access = access_of({}, env, tmp_path)
    assert (access.server, access.namespace, access.token, access.ca) == ("https://10.0.0.1:443", "etl", "t0ken", "PEM")
    assert access_of({"namespace": "mine"}, env, tmp_path).namespace == "mine"
