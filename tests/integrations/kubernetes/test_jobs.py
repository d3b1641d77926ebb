"""Jobs on an API server of the tests: followed through broken streams, never started twice, gone when cancelled."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
from kube_server import TOKEN, Faults

import flowlite
from flowlite.execution.attempt_folder import read_claim
from flowlite.integrations import kubernetes

FAULTS = ["gone", "gone_within", "cut_watches", "cut_logs", "lost_answers", "busy"]
THREE_LINES = "echo one; echo two; echo three for {{ ds }}"


async def until(what) -> None:
    async with asyncio.timeout(30):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def lines_of(run) -> list[str]:
    """What the container said, from the task's log."""
    log = run.tasks["job"][0].attempts[-1].log.read_text()
    return [line.split(maxsplit=2)[2] for line in log.splitlines() if re.search(r"(one|two|three[\w -]*)$", line)]


async def test_the_log_is_in_the_tasks_log_and_the_pod_is_a_row(kube, job, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(job(THREE_LINES), logical_date="2024-03-10")
        [row] = await fl.store.views.node_rows(int(run.id), "job")
    assert run.state == "success", run.root_cause
    assert lines_of(run) == ["one", "two", "three for 2024-03-10"]
    assert run["job"]["said"] == "three for 2024-03-10"
    assert (row.node_id, row.state) == (run["job"]["pod"], "success")
    [made] = kube.made
    assert re.fullmatch(r"flowlite-night-job-[0-9a-f]{12}", made["metadata"]["name"])
    assert (made["spec"]["backoffLimit"], made["spec"]["ttlSecondsAfterFinished"]) == (0, 300)


async def test_everything_may_break_once_and_there_is_one_job_and_each_line_once(kube, job, tmp_path):
    for fault in ("gone", "cut_logs", "lost_answers", "busy"):
        setattr(kube.faults, fault, 1)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(job("echo one; echo two; sleep 0.3; echo three"))
    assert run.state == "success", run.root_cause
    assert len(kube.made) == 1
    assert lines_of(run) == ["one", "two", "three"]
    assert kube.faults == Faults()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_breaks_on_the_way_there_is_one_job_and_each_line_once(kube, job, tmp_path, fault):
    setattr(kube.faults, fault, 2)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(job("echo one; echo two; sleep 0.3; echo three"))
    assert run.state == "success", run.root_cause
    assert len(kube.made) == 1
    assert lines_of(run) == ["one", "two", "three"]


async def test_a_cancelled_job_is_deleted_and_its_pod_ends(kube, job, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(job("echo one; exec sleep 600"))
        await until(lambda: any(pod.log for pod in kube.pods.values()))
        await fl.cancel(run)
        ended = await fl.finished(run)
    [pod] = kube.pods.values()
    assert (ended.state, kube.jobs) == ("cancelled", {})
    assert pod.process.wait(10) == -15


async def test_a_retry_follows_the_job_that_lives_and_starts_no_second_one(kube, job, tmp_path):
    go = tmp_path / "go"
    dag = job(f"echo one; until [ -e {go} ]; do sleep 0.02; done; echo two; echo three", retries=1)
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(dag)
        await until(lambda: reads_of_the_log(kube) == 1)
        await until(lambda: killed_the_attempt(tmp_path / "state"))
        await until(lambda: reads_of_the_log(kube) == 2)
        go.touch()
        ended = await fl.finished(run)
    assert ended.state == "success", ended.root_cause
    assert [str(one.outcome) for one in ended.tasks["job"][0].attempts] == ["failed", "success"]
    assert len(kube.made) == 1
    assert lines_of(ended) == ["one", "two", "three"]


def reads_of_the_log(kube) -> int:
    return sum("/log?" in path for _, path in kube.asked)


def killed_the_attempt(state: Path) -> bool:
    """By SIGKILL, as a machine that has no memory left does it: the process can clean up nothing."""
    found = [claim for folder in (state / "attempts" / "1").glob("*.1") if (claim := read_claim(folder)) is not None]
    if not found or not found[0].child:
        return False
    os.kill(found[0].child, signal.SIGKILL)
    return True


async def test_a_success_that_nobody_lived_to_tell_is_taken_and_not_done_again(kube, job, tmp_path):
    """The Job of the attempt before has ended well; only we know nothing of it."""
    from flowlite.integrations.kubernetes.attempt import Attempt
    from flowlite.integrations.kubernetes.cluster import Access, Cluster
    from flowlite.integrations.kubernetes.manifest import manifest

    fields = {"image": "x", "command": ["true"], "env": {}, "env_from": [], "cpu": None, "memory": None,
              "service_account": None, "pod": {}}  # fmt: skip
    access = Access(server=kube.url, token="c4nary-token", namespace="jobs")

    class Ctx:
        class log:  # noqa: N801
            info = warning = error = debug = staticmethod(lambda *_: None)

        node = staticmethod(lambda *_, **__: None)

    with Cluster(access) as cluster:
        for life, made in (("a", 1), ("a", 1), ("b", 2)):
            attempt = Attempt(Ctx(), cluster, manifest("flowlite-x", fields, [], {"flowlite/life": life}), 60)
            attempt.take()
            assert attempt.follow().is_success
            assert len(kube.made) == made


@pytest.mark.slow
async def test_a_job_that_failed_is_kept_and_the_next_attempt_makes_a_new_one(kube, job, tmp_path):
    flag = tmp_path / "flag"
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(job(f"[ -e {flag} ] && exit 0; touch {flag}; echo one; exit 3", retries=1))
    first, second = run.tasks["job"][0].attempts
    assert (str(first.outcome), str(second.outcome)) == ("failed", "success")
    assert re.search(r"Job flowlite-night-job-\w+ failed: exit code 3; its log tells why", first.error.message)
    assert len(kube.made) == 2
    assert kube.made[0]["spec"]["ttlSecondsAfterFinished"] == 24 * 3600


@pytest.mark.slow
async def test_out_of_memory_is_an_outcome_and_the_next_attempt_gets_more(kube, job, tmp_path):
    flag = tmp_path / "flag"
    script = f"[ -e {flag} ] && exit 0; touch {flag}; exit 137"
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(job(script, retries=1, memory="512Mi", memory_factor=2))
    limits = [one["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] for one in kube.made]
    assert [str(one.outcome) for one in run.tasks["job"][0].attempts] == ["out_of_memory", "success"]
    assert limits == [{"memory": "512Mi"}, {"memory": "1024Mi"}]


async def test_a_pod_that_is_evicted_is_no_failure_of_the_work(kube, job, tmp_path):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.start(job("echo one; exec sleep 600"))
        await until(lambda: any(pod.log for pod in kube.pods.values()))
        kube.evict(next(iter(kube.jobs)))
        ended = await fl.finished(run)
    error = ended.tasks["job"][0].attempts[0].error
    assert error.type == "PodLost"
    assert "lost its pod (Evicted): The node was low on resource: memory." in error.message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("image", "more", "says"),
    [
        ("no/such:image", {"start_within": 0.1}, "has not begun within 0.1 s: ImagePullBackOff: can't pull"),
        ("Bad Image", {}, "can't begin: InvalidImageName: can't pull Bad Image; correct the image"),
    ],
)
async def test_a_container_that_never_begins_is_told_and_its_job_deleted(kube, job, tmp_path, image, more, says):
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(job("true", image=image, **more))
    assert says in run.tasks["job"][0].attempts[0].error.message
    assert kube.jobs == {}


async def test_a_wrong_token_is_final_and_not_shown(kube, job, tmp_path):
    dag = job("true", retries=1)
    toml = tmp_path / "flowlite.toml"
    toml.write_text(toml.read_text().replace("c4nary-token", "wrong-c4nary"))
    async with flowlite.open(tmp_path / "state") as fl:
        run = await fl.run(dag)
    [attempt] = run.tasks["job"][0].attempts
    says = r"answered 401 to GET .*/jobs/flowlite-night-job-\w+: Unauthorized; check the token"
    assert re.search(says, attempt.error.message)
    assert "c4nary" not in f"{attempt.error.message}{attempt.log.read_text()}"


def test_a_connection_can_be_tried(kube):
    seen = kubernetes.ping({"server": kube.url, "token": TOKEN, "namespace": "jobs"})
    assert seen == f"Kubernetes v1.34.0 at {kube.url}; Jobs of 'jobs' can be listed"
    with pytest.raises(kubernetes.ClusterRefused, match="answered 401 to GET /version: Unauthorized; check the token"):
        kubernetes.ping({"server": kube.url, "token": "c4nary"})
