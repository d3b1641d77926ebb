"""The real parts that the integrations are tested against: moto's S3 server in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from flowlite.demo.standins.s3 import S3Server
from flowlite.integrations import s3


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def lake(s3_server: S3Server, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A connection to a bucket of the test's own."""
    settings = s3_server.settings("lake-" + str(abs(hash(request.node.nodeid)))[:12])
    s3.make_bucket(settings)
    return settings
