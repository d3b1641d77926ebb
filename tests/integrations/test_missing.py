"""What an integration costs before it is used, and what it says when its library is missing."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from flowlite import FlowliteError, integrations
from flowlite.integrations import LibraryMissing, SettingMissing, library, required, settings_of

ROOT = Path(__file__).parents[2]
NAMES = sorted(found.name for found in pkgutil.iter_modules(integrations.__path__))
HEAVY = (
    "boto3", "botocore", "confluent_kafka", "dbt", "distributed", "duckdb", "httpx", "jinja2", "matplotlib", "mlflow",
    "numpy", "prometheus_client", "psycopg", "pyspark", "tenacity", "weasyprint", "xgboost", "yaml",
)  # fmt: skip


def test_importing_all_of_them_loads_nothing_heavy() -> None:
    code = f"""
import sys
from flowlite.integrations import {", ".join(NAMES)}
print([name for name in {HEAVY} if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_needs_and_what_it_was_tested_against(name: str) -> None:
    told = " ".join(str(import_module(f"flowlite.integrations.{name}").__doc__).lower().split())
    assert "needs " in told
    assert "tested " in told


USES: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "s3": ("boto3", "s3", lambda it: it.read({"bucket": "b"}, "key")),
    "sql": ("duckdb", "dbt", lambda it: it.query({"type": "duckdb", "path": ":memory:"}, "select 1")),
    "sql ": ("psycopg", "postgres", lambda it: it.query({"type": "postgres", "database": "d"}, "select 1")),
    "mlflow": ("mlflow", "ml", lambda it: it.versions({"tracking_uri": "http://127.0.0.1:9"}, "m")),
    "kafka": ("confluent_kafka", "kafka", lambda it: it.read_new({"bootstrap_servers": "127.0.0.1:9"}, "t", "g")),
    "report": ("matplotlib", "report", lambda it: it.check_installed()),
    "kubernetes": ("yaml", "kubernetes", lambda it: it.ping({"kubeconfig": __file__})),
}


@pytest.mark.parametrize("name", USES, ids=[f"{name}: {use[0]}" for name, use in USES.items()])
def test_without_its_library_it_says_in_one_line_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, extra, use = USES[name]
    for known in [one for one in sys.modules if one.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LibraryMissing) as missing:
        use(import_module(f"flowlite.integrations.{name.strip()}"))
    assert str(missing.value) == f"{module} is not installed; run: pip install 'flowlite[{extra}]'"
    assert missing.value.is_final


def test_every_extra_that_is_named_in_an_error_is_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {
        keyword.value.value
        for path in (ROOT / "flowlite" / "integrations").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Constant)
    }
    assert named
    assert named <= set(extras)


def test_errors_of_integrations_say_whether_another_try_may_help() -> None:
    """flowlite's retry reads `is_final`; an error that can't say it is tried again for nothing."""
    for name in NAMES:
        module = import_module(f"flowlite.integrations.{name}")
        errors = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, FlowliteError)]
        own = [one for one in errors if one.__module__.startswith(f"flowlite.integrations.{name}")]
        assert all(one.__doc__ for one in own), name


def test_a_missing_library_says_what_to_install_and_is_not_tried_again() -> None:
    with pytest.raises(LibraryMissing, match=r"boto99 is not installed; run: pip install 'flowlite\[s3\]'") as missing:
        library("boto99.session", extra="s3")
    assert missing.value.is_final


def test_a_library_that_lacks_something_itself_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "halfway.py").write_text("import nowhere_to_be_found")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        library("halfway", extra="s3")


def test_a_missing_setting_says_what_to_add() -> None:
    with pytest.raises(SettingMissing, match=r"has no 'url'; add it below .* for example url = 'http://x'"):
        required({"type": "prometheus"}, "url", example="http://x")


def test_settings_may_be_given_themselves() -> None:
    assert settings_of({"bucket": "b"}) == {"bucket": "b"}
