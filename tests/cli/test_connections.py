"""Connections at the command line: what is there, what it says without its secrets, and whether it works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowlite.demo.standins.moody import Answer, MoodyServer

TOML = """
[connections.lake]
type = "s3"
bucket = "lake"
endpoint = "http://ana:c4nary-1@127.0.0.1:9"
access_key = "c4nary-2"
secret_key = "env:NO_SUCH_VARIABLE"

[connections.service]
type = "http"
base_url = "{url}"
token = "c4nary-3"
headers = {{ X-Key = "c4nary-4" }}

[connections.gone]
type = "http"
base_url = "http://ana:c4nary-5@127.0.0.1:9/x"

[connections.warehouse]
type = "sqlite"
path = "w.db"

[connections.own]
type = "custom"
password = "c4nary-6"
"""


@pytest.fixture
def connections(cli: Callable, tmp_path: Path):
    with MoodyServer({"/": [Answer(json={})]}) as server:  # which knows no HEAD
        (tmp_path / "flowlite.toml").write_text(TOML.format(url=server.url))
        yield lambda *words: cli("connections", *words)


def test_a_list_says_what_is_there_and_what_is_missing(connections):
    listed = {one["name"]: one for one in connections("list", "--json").json}
    assert [*listed] == ["lake", "service", "gone", "warehouse", "own"]
    assert (listed["lake"]["type"], listed["warehouse"]["is_installed"]) == ("s3", True)
    assert "the variable NO_SUCH_VARIABLE is not set" in listed["lake"]["problem"]
    assert "NO_SUCH_VARIABLE" in connections("list").out


def test_settings_are_shown_and_secrets_are_not(connections):
    shown = connections("show", "service", "--json").json
    assert (shown["type"], shown["timeout"]) == ("http", 30.0)
    assert (shown["token"], shown["headers"]) == ("***", {"X-Key": "***"})
    assert connections("show", "gone", "--json").json["base_url"] == "http://ana:***@127.0.0.1:9/x"
    assert connections("show", "own", "--json").json == {"type": "custom", "fields": {"password": "***"}}
    everything = "".join(connections("show", name).out for name in ("service", "gone", "own"))
    assert "c4nary" not in everything


def test_a_test_tries_them_for_real_and_fails_if_one_does(connections):
    one = connections("test", "service")
    assert (one.exit_code, "answered 501: it is there" in one.out) == (0, True)
    tried = connections("test")
    assert tried.exit_code == 1
    assert "3 connections" not in tried.err and "2 connections of 5 did not work" in tried.err
    assert "✗ gone" in tried.out and "✓ warehouse  there is no" in tried.out
    assert "✓ own  nothing installed can try this type" in tried.out
    assert "c4nary" not in tried.out + tried.err
    results = connections("test", "--json").json
    assert [one["is_well"] for one in results] == [False, True, False, True, True]


def test_a_name_that_is_none_is_refused_with_the_nearest(connections):
    for words in (("show", "lak"), ("test", "lak")):
        refused = connections(*words)
        assert (refused.exit_code, "there is no connection 'lak'; use 'lake'" in refused.err) == (2, True)


def test_without_connections_it_says_how_to_add_one(cli):
    assert "add [connections.NAME] with a type" in cli("connections", "list").out
    assert "add [connections.NAME] with a type" in cli("connections", "test").out
