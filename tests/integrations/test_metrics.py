"""Metrics: the text against prometheus_client's own parser, pushes against the gateway stand-in."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowlite.demo.standins.pushgateway import PushGateway
from flowlite.integrations import metrics
from flowlite.integrations.metrics import counter, gauge

NASTY = 'back\\slash "quoted"\nnew line, {brace}="x", ü'


def test_the_text_says_what_was_meant() -> None:
    text = metrics.exposition(
        [
            gauge("trips", 12, "Trips of a day", city="Washington"),
            counter("runs_total", 3),
            gauge("trips", 0.5, city="Oslo"),
        ]
    )
    assert text == (
        "# HELP trips Trips of a day\n# TYPE trips gauge\n"
        'trips{city="Washington"} 12\ntrips{city="Oslo"} 0.5\n'
        "# TYPE runs_total counter\nruns_total 3\n"
    )


def test_prometheus_reads_nasty_labels_and_numbers() -> None:
    text = metrics.exposition(
        [gauge("a", math.inf, NASTY, where=NASTY), gauge("b", -math.inf), gauge("c", math.nan), gauge("d", 1e300)]
    )
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["a"].samples[0].labels == {"where": NASTY}
    assert families["a"].samples[0].value == math.inf
    assert families["a"].documentation == NASTY
    assert families["b"].samples[0].value == -math.inf
    assert math.isnan(families["c"].samples[0].value)
    assert families["d"].samples[0].value == 1e300


@pytest.mark.parametrize(
    ("name", "labels", "complaint"),
    [
        ("1st", {}, "no metric name"),
        ("with space", {}, "no metric name"),
        ("a", {"la-bel": 1}, "no label name"),
        ("a", {"__own": 1}, "no label name"),
    ],
)
def test_a_bad_name_is_refused_before_it_is_sent(name: str, labels: dict[str, int], complaint: str) -> None:
    with pytest.raises(metrics.MetricRefused, match=complaint):
        gauge(name, 1, **labels)


def test_a_counter_below_zero_and_two_kinds_are_refused() -> None:
    with pytest.raises(metrics.MetricRefused, match="never below 0"):
        counter("a_total", -1)
    with pytest.raises(metrics.MetricRefused, match="both a gauge and a counter"):
        metrics.exposition([gauge("a", 1), counter("a", 1)])


def test_a_push_replaces_its_group_and_no_other() -> None:
    with PushGateway() as gateway:
        settings = {"url": gateway.url}
        metrics.push(settings, [gauge("trips", 1), gauge("old", 1)], job="etl", grouping={"ds": "2024-03-10"})
        metrics.push(settings, [gauge("trips", 2, city=NASTY)], job="etl", grouping={"ds": "2024-03-10"})
        metrics.push(settings, [gauge("trips", 3)], job="etl", grouping={"ds": "2024-03-11"})
        [family] = text_string_to_metric_families(gateway.text())
    assert [(sample.labels, sample.value) for sample in family.samples] == [
        ({"job": "etl", "ds": "2024-03-10", "city": NASTY}, 2),
        ({"job": "etl", "ds": "2024-03-11"}, 3),
    ]


def test_without_replace_other_metrics_of_the_group_stay() -> None:
    with PushGateway() as gateway:
        metrics.push({"url": gateway.url}, [gauge("a", 1)], job="x")
        metrics.push({"url": gateway.url}, [gauge("b", 1)], job="x", replace=False)
        assert {family.name for family in text_string_to_metric_families(gateway.text())} == {"a", "b"}


@pytest.mark.parametrize("value", ["a/b", "", "plain", "ü &?%", 'q"uote\\'])
def test_any_group_value_survives_the_path(value: str) -> None:
    with PushGateway() as gateway:
        metrics.push({"url": gateway.url}, [gauge("a", 1)], job="x", grouping={"part": value})
        [family] = text_string_to_metric_families(gateway.text())
    assert family.samples[0].labels == {"job": "x", "part": value}


def test_a_gateway_that_is_gone_is_named_without_its_password() -> None:
    with pytest.raises(
        metrics.PushFailed, match=r"cannot reach the metrics gateway http://127.0.0.1:9/metrics/job/x"
    ) as e:
        metrics.push({"url": "http://user:s3cr3t@127.0.0.1:9"}, [gauge("a", 1)], job="x")
    assert "s3cr3t" not in str(e.value)


def test_the_gateway_refuses_what_prometheus_could_not_read() -> None:
    import httpx

    with PushGateway() as gateway:
        assert httpx.put(f"{gateway.url}/metrics/job/x", content="a 1").status_code == 400  # no line feed at the end
        assert httpx.put(f"{gateway.url}/metrics/job/x", content='a{b="c} 1\n').status_code == 400
        assert httpx.put(f"{gateway.url}/metrics/job/x", content="a one\n").status_code == 400
        assert httpx.get(f"{gateway.url}/metrics").text == ""


def test_a_text_file_is_written_in_one_step(tmp_path: Path) -> None:
    path = metrics.write_textfile(tmp_path / "collector" / "etl.prom", [gauge("a", 1)])
    assert path.read_text() == "# TYPE a gauge\na 1\n"
    assert [file.name for file in path.parent.iterdir()] == ["etl.prom"]


def test_a_connection_can_be_tried() -> None:
    with PushGateway() as gateway:
        assert metrics.ping({"url": gateway.url}).startswith(f"{gateway.url}/-/ready answered ")
    with pytest.raises(metrics.PushFailed, match=r"cannot reach the metrics gateway http://127.0.0.1:9") as failed:
        metrics.ping({"url": "http://u:c4nary@127.0.0.1:9"})
    assert "c4nary" not in str(failed.value)
