"""Masking: secrets in the forms in which they travel."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from flowlite.execution.masking import Masker

SECRET = 'p@ss word/2+x="y'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"https://user:{quote(SECRET, safe='')}@host/",
        json.dumps({"password": SECRET}),
        "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode(),
        "Basic " + base64.b64encode(f"user:{SECRET}:and more".encode()).decode(),
        "Basic " + base64.b64encode(f"us:{SECRET}".encode()).decode(),
    ],
)
def test_a_secret_is_found_in_other_clothes(text):
    masked = Masker([SECRET]).text(text)
    assert "***" in masked
    assert SECRET not in masked
    assert Masker([SECRET]).data(text.encode()) == masked.encode()


def test_a_key_of_several_lines_is_masked_line_by_line():
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"
    assert Masker([key]).text("out hkiG9w0BAQEFAASC") == "out ***"


def test_the_longer_secret_goes_first():
    assert Masker(["abcd", "abcdefgh"]).text("abcdefgh abcd") == "*** ***"


def test_what_is_too_short_to_be_a_secret_is_left_alone():
    assert Masker(["", "1", "abc"]).text("1 abc") == "1 abc"


def test_values_are_masked_all_the_way_down():
    masked = Masker(["hunter22"]).value({"a": ["hunter22", 1, None], "b": {"c": "x hunter22"}})
    assert masked == {"a": ["***", 1, None], "b": {"c": "x ***"}}
