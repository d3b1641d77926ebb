"""flowlite.toml: what it says, what stands over it, and what is wrong with it."""

# ruff: noqa: E501 - messages and commands stand as one reads them

from __future__ import annotations

import ast
import inspect
from dataclasses import FrozenInstanceError, fields

import pytest

import flowlite
from flowlite.config import ConfigError, Settings, channels, connections, find, read, sections, use_everywhere, using

WHOLE = """
[flowlite]
dags = ["pipelines", "more/x.py"]
timezone = "Europe/Berlin"
state = "state"
durability = "normal"

[pools]
http = 4
default = 8

[connections.lake]
type = "s3"
bucket = "env:BUCKET"
secret_key = "file:secrets/key"

[connections.warehouse]
type = "duckdb"
path = "lake/w.duckdb"

[connections.Own]
type = "custom"
url = "https://x"
tokens = ["abcd"]

[channels.ops]
type = "slack"
url = "env:HOOK"

[notify]
failure = ["slack:ops"]

[retention]
runs_days = 7
"""
ENV = {"BUCKET": "raw", "HOOK": "https://hooks.example/T0/abc"}


@pytest.fixture
def write(tmp_path):
    def put(text=WHOLE):
        (tmp_path / "secrets").mkdir(exist_ok=True)
        (tmp_path / "secrets/key").write_text("s3cr3t-key\n")
        file = tmp_path / "flowlite.toml"
        file.write_text(text)
        return file

    return put


def test_a_file_becomes_one_frozen_object(write, tmp_path):
    found = read(write(), ENV)
    assert found.dag_folders == (tmp_path / "pipelines", tmp_path / "more/x.py")
    assert (found.state_dir, found.flowlite.timezone, found.flowlite.durability) == (
        tmp_path / "state",
        "Europe/Berlin",
        "normal",
    )
    assert found.pools == {"default": 8, "http": 4}
    assert (found.notify.failure, found.retention.runs_days) == (("slack:ops",), 7.0)
    with pytest.raises(FrozenInstanceError):
        found.pools = {}


def test_without_a_file_there_are_defaults():
    found = read(None, {})
    assert (found.flowlite, found.pools, found.path) == (Settings().flowlite, {"default": 32}, None)


def test_a_connection_is_a_mapping_with_the_fields_of_its_type(write, tmp_path):
    lake = read(write(), ENV).connection("lake")
    assert (lake.type, lake.bucket, lake["secret_key"], lake.get("endpoint")) == ("s3", "raw", "s3cr3t-key", None)
    assert dict(lake)["type"] == "s3"
    assert read(write(), ENV).connection("warehouse")["path"] == str(tmp_path / "lake/w.duckdb")
    assert read(write(), ENV).connection("Own").url == "https://x"


def test_secrets_are_known_and_never_shown(write):
    found = read(write(), ENV)
    assert set(found.secrets) == {"s3cr3t-key", ENV["HOOK"], "https://x", "abcd"}
    shown = repr(found) + str(found.connection("lake")) + repr(found.connection("lake").fields)
    assert not any(secret in shown for secret in found.secrets)


def test_the_password_of_an_address_is_secret_the_rest_is_not(write):
    found = read(write('[connections.api]\ntype = "http"\nbase_url = "https://me:pass%20word@host/x"\n'), {})
    assert found.secrets == ("pass%20word",)
    assert "pass%20" not in repr(found)


def test_a_missing_secret_is_told_when_it_is_used(write):
    found = read(write(), {"HOOK": "x"})
    assert [str(problem).partition(": ")[2] for problem in found.problems] == [
        "[connections.lake]: the variable BUCKET is not set; set it before this is used"
    ]
    with pytest.raises(ConfigError, match="BUCKET is not set"):
        found.connection("lake")
    assert found.connection("warehouse").read_only is False


def test_variables_stand_over_the_file(write):
    env = ENV | {
        "FLOWLITE_POOLS__HTTP": "9",
        "FLOWLITE_FLOWLITE__DAGS": "a, b",
        "FLOWLITE_RETENTION__KEEP_RUNS": "3",
        "FLOWLITE_CONNECTIONS__LAKE__BUCKET": "other",
        "FLOWLITE_CONNECTIONS__OWN__URL": "https://y",
        "FLOWLITE_CONNECTIONS__WAREHOUSE__READ_ONLY": "yes",
        "FLOWLITE_NOTIFY__SLA": '["ops"]',
        "FLOWLITE_CONFIG": "ignored",
        "OTHER__X": "1",
    }
    found = read(write(), env)
    assert (found.pools["http"], found.flowlite.dags, found.retention.keep_runs) == (9, ("a", "b"), 3)
    assert (found.connection("lake").bucket, found.connection("Own").url) == ("other", "https://y")
    assert (found.connection("warehouse").read_only, found.notify.sla) == (True, ("ops",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[flowlite]\ntimezon = 'UTC'\n", "flowlite.toml:2: [flowlite] takes no 'timezon'; did you mean 'timezone'?"),
        ("[flowlit]\nx = 1\n", "flowlite.toml:1: [flowlit] is no section; did you mean 'flowlite'?"),
        ("dags = []\n", "flowlite.toml:1: 'dags' stands outside a section; did you mean one of"),
        ("[flowlite]\ntimezone = 'Berlin'\n", "flowlite.toml:2: there is no time zone 'Berlin'; use "),
        ("[flowlite]\ndurability = 'fast'\n", "flowlite.toml:2: durability = 'fast' is not known; use one of full, normal"),
        ("[pools]\nhttp = 'many'\n", "flowlite.toml:2: http = 'many' is no whole number; write http = 4"),
        ("[pools]\nhttp = 0\n", "flowlite.toml:2: pool 'http' has 0 slots; give it at least 1, or pause the DAGs"),
        ("[pools]\nhttp = 'env:N'\n", "flowlite.toml:2: http: the variable N is not set; set it, or give a number"),
        ("[connections.a]\nbucket = 'x'\n", "flowlite.toml:1: [connections.a] has no type; add type = ..., one of custom, dask, duckdb"),
        ("[connections.a]\ntype = 'sqlit'\n", "flowlite.toml:2: type = 'sqlit' is not known; use 'sqlite'"),
        ("[connections.a]\ntype = 's3'\n", "flowlite.toml:1: [connections.a] has no 'bucket'; add bucket = ..."),
        ("[connections.a]\ntype = 's3'\nbuket = 'x'\n", "flowlite.toml:3: [connections.a] takes no 'buket'; did you mean 'bucket'?"),
        ("[connections.a]\ntype = 's3'\nbuket = 'env:X'\n", "flowlite.toml:3: [connections.a] takes no 'buket'; did you mean 'bucket'?"),
        ("[connections.a]\ntype = 'postgres'\ndatabase = 'x'\nport = true\n", "flowlite.toml:4: port = True is no whole number; write port = 4"),
        ("[channels.a]\ntype = 'slak'\n", "flowlite.toml:2: type = 'slak' is not known; use 'slack'"),
        ("[flowlite]\nstate = 'file:nope'\n", "can't be read (No such file or directory); set it, or give the value itself"),
        ("[flowlite\n", "flowlite.toml: is no TOML: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_and_the_nearest_name(write, text, said):
    with pytest.raises(ConfigError) as caught:
        read(write(text), {})
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file; create it with `flowlite init`"):
        read(tmp_path / "flowlite.toml")


def test_the_nearest_file_upward_is_used(write, tmp_path, monkeypatch):
    file = write()
    (tmp_path / "a/b").mkdir(parents=True)
    assert find(tmp_path / "a/b", {}) == file
    assert find(tmp_path, {"FLOWLITE_CONFIG": "/x/y.toml"}).as_posix() == "/x/y.toml"
    monkeypatch.chdir(tmp_path / "a/b")
    monkeypatch.delenv("FLOWLITE_CONFIG", raising=False)
    assert flowlite.connection("warehouse").type == "duckdb"


def test_a_task_gets_the_settings_of_its_engine(write):
    settings = read(write(), ENV)
    with using(settings):
        assert flowlite.connection("lake").bucket == "raw"
    use_everywhere(settings)
    try:
        assert flowlite.connection("lake").bucket == "raw"
    finally:
        use_everywhere(None)


def test_unknown_names_are_told(write):
    found = read(write(), ENV)
    with pytest.raises(ConfigError, match="there is no connection 'lak'; use 'lake'"):
        found.connection("lak")
    with pytest.raises(ConfigError, match="channel 'ops' is of type 'slack'; write \"slack:ops\""):
        found.channel("email:ops")
    assert found.channel("ops").type == found.channel("slack:ops").type == "slack"
    with pytest.raises(AttributeError, match="connection 'lake' has no 'buket'"):
        _ = found.connection("lake").buket


@pytest.mark.parametrize("module", [sections, connections, channels])
def test_every_option_is_documented_under_its_field(module):
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        body = node.body[1:]
        for field, text in zip(body[::2], body[1::2], strict=True):
            assert isinstance(field, ast.AnnAssign), node.name
            assert isinstance(text, ast.Expr), node.name
            assert isinstance(text.value, ast.Constant), node.name


def test_every_kind_can_be_read():
    for kind in (*connections.KINDS.values(), *channels.KINDS.values()):
        assert kind.__doc__.startswith('type = "')
        assert fields(kind)
