"""What an integration costs before it is used, and what it says when its library is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flowlite.integrations import LibraryMissing, SettingMissing, library, required, settings_of

HEAVY = ("boto3", "botocore", "duckdb", "httpx", "tenacity", "prometheus_client")


def test_importing_them_loads_nothing_heavy() -> None:
    code = f"""
import sys
from flowlite.integrations import http, metrics, s3, sql
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


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
