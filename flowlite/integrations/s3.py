"""S3: wait for objects, list, read, write, and bring them to the local lake and back.

Needs `pip install 'flowlite[s3]'` (boto3). Tested against moto's S3 server over HTTP, with boto3 1.44. Fields of the
connection: `bucket`; `prefix`, put before all keys; and `endpoint`, `region`, `access_key`, `secret_key` where boto3
does not find them by itself.

    [connections.lake]
    type = "s3"
    bucket = "lake"
    endpoint = "https://s3.example.com"
    access_key = "env:LAKE_ACCESS_KEY"
    secret_key = "env:LAKE_SECRET_KEY"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

import flowlite
from flowlite import FlowliteError
from flowlite.integrations import Connection, library, required, settings_of

Prefix = str | Sequence[str] | Callable[[flowlite.Context], str | Sequence[str]]
_FINAL_CODES = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "InvalidBucketName"}
_client_lock = Lock()
SMALL_BYTES = 8 << 20  # below, an object is not worth several parts at once


class S3Failed(FlowliteError):
    """S3 said no, or could not be reached. `is_final` where another try would get the same answer."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class NoSuchObject(S3Failed):
    """There is no object with this key."""


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object as a listing has it."""

    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket and the way to it."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str
    access_key: str | None
    secret_key: str | None = field(repr=False)

    def full(self, key: str) -> dict[str, str]:
        """Bucket and key as boto3 takes them."""
        return {"Bucket": self.bucket, "Key": self.prefix + key}


def new_objects(
    connection: Connection,
    prefix: Prefix,
    *,
    at_least: int = 1,
    is_known: Callable[[str], bool] | None = None,
    poke_every: float | timedelta = 30,
    timeout: float | timedelta = 3600,
    soft_fail: bool = False,
    id: str = "new_objects",  # noqa: A002 - the word of the public surface
    **options: Any,
) -> Any:
    """A sensor: waits until `at_least` objects lie below each prefix; its result is the sorted list of their keys.

    `prefix` is a text, several, or a function of the context that gives them (for a date, or an hour of it). Keys for
    which `is_known` is true do not count. `options` are those of every task (pool, retries, notify ...).
    """

    def poke(ctx: flowlite.Context) -> list[str]:
        found = [keys_below(connection, one, is_known) for one in prefixes_of(prefix, ctx)]
        return sorted(chain.from_iterable(found)) if all(len(keys) >= at_least for keys in found) else []

    make = flowlite.sensor(id=id, poke_every=poke_every, timeout=timeout, soft_fail=soft_fail, **options)
    return make(poke)()


def prefixes_of(prefix: Prefix, ctx: flowlite.Context) -> Sequence[str]:
    """The prefixes that are meant in this run."""
    meant = prefix(ctx) if callable(prefix) else prefix
    return [meant] if isinstance(meant, str) else meant


def keys_below(connection: Connection, prefix: str, is_known: Callable[[str], bool] | None = None) -> list[str]:
    """The keys below a prefix in order, without those that are known."""
    return [found.key for found in list_objects(connection, prefix) if not (is_known and is_known(found.key))]


def list_objects(connection: Connection, prefix: str = "") -> list[S3Object]:
    """Every object below a prefix, in the order of their keys, however many pages that takes."""
    place = place_of(connection)
    with told(place, prefix):
        pages = (
            client(place).get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.prefix + prefix)
        )
        found = (one for page in pages for one in page.get("Contents", []))
        return [S3Object(one["Key"].removeprefix(place.prefix), one["Size"]) for one in found]


def exists(connection: Connection, key: str) -> bool:
    """Whether there is an object with exactly this key."""
    return any(found.key == key for found in list_objects(connection, key))


def read(connection: Connection, key: str) -> bytes:
    """The whole of an object."""
    place = place_of(connection)
    with told(place, key):
        return bytes(client(place).get_object(**place.full(key))["Body"].read())


def write(connection: Connection, key: str, data: bytes | str) -> str:
    """Put an object; readers see the old one or the new one, never a part. Returns its s3:// address."""
    place = place_of(connection)
    with told(place, key):
        client(place).put_object(**place.full(key), Body=data.encode() if isinstance(data, str) else data)
    return address(place, key)


def download(connection: Connection, key: str, path: str | Path) -> Path:
    """Bring an object to a local file. The file is whole or it is not there; parent folders are made."""
    place, target = place_of(connection), Path(path)
    with written_whole(target) as part, told(place, key):
        client(place).download_file(**place.full(key), Filename=str(part))
    return target


def upload(connection: Connection, path: str | Path, key: str) -> str:
    """Put a local file, in parts if it is big. Returns its s3:// address."""
    place = place_of(connection)
    with told(place, key):
        client(place).upload_file(**place.full(key), Filename=str(path))
    return address(place, key)


def link(connection: Connection, key: str, *, valid_s: int = 7 * 24 * 3600) -> str:
    """An https address under which anybody can read the object, without an account, for so many seconds (7 days is
    the most that S3 allows). For messages to people; it is signed here, S3 is not asked."""
    place = place_of(connection)
    with told(place, key):
        signed = client(place).generate_presigned_url("get_object", Params=place.full(key), ExpiresIn=valid_s)
    return str(signed)


def mirror(connection: Connection, prefix: str, folder: str | Path, *, at_once: int = 8) -> list[Path]:
    """Bring what lies below a prefix to a folder, under the same keys; returns the files that were fetched.

    A file of the same size is taken as the same object: meant for objects that never change once they are written.
    """
    missing = [found for found in list_objects(connection, prefix) if not is_here(found, Path(folder))]
    with ThreadPoolExecutor(at_once, thread_name_prefix="s3-mirror") as pool:
        return list(pool.map(lambda found: fetch(connection, found, below(Path(folder), found.key)), missing))


def fetch(connection: Connection, found: S3Object, path: Path) -> Path:
    """Bring an object of known size: a small one by one request in the place of boto3's two and more."""
    if found.size_bytes > SMALL_BYTES:
        return download(connection, found.key, path)
    with written_whole(path) as part:
        part.write_bytes(read(connection, found.key))
    return path


def is_here(found: S3Object, folder: Path) -> bool:
    """Whether the folder has the object already."""
    path = below(folder, found.key)
    return path.is_file() and path.stat().st_size == found.size_bytes


def below(folder: Path, key: str) -> Path:
    """The local path of a key. A key that would lead out of the folder is refused: keys are written by strangers."""
    if key.startswith("/") or ".." in key.split("/"):
        raise S3Failed(f"the key {key!r} leads out of the folder {str(folder)!r}; it is not fetched", is_final=True)
    return folder / key


def make_bucket(connection: Connection) -> None:
    """Make the connection's bucket, if it is not there yet."""
    place = place_of(connection)
    with told(place, ""):
        if place.bucket not in {bucket["Name"] for bucket in client(place).list_buckets()["Buckets"]}:
            client(place).create_bucket(Bucket=place.bucket)


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people."""
    place = place_of(connection)
    with told(place, ""):
        client(place).list_objects_v2(Bucket=place.bucket, Prefix=place.prefix, MaxKeys=1)
    return f"{address(place, '')} can be listed"


def place_of(connection: Connection) -> Place:
    """The connection's settings, checked."""
    settings = settings_of(connection)
    return Place(
        bucket=required(connection, "bucket", example="lake"),
        prefix=settings.get("prefix") or "",
        endpoint=settings.get("endpoint"),
        region=settings.get("region") or "us-east-1",
        access_key=settings.get("access_key"),
        secret_key=settings.get("secret_key"),
    )


def address(place: Place, key: str) -> str:
    """How people write where an object is."""
    return f"s3://{place.bucket}/{place.prefix}{key}"


def client(place: Place) -> Any:
    """The client of a place: thread-safe, and one for the whole process, since making one costs 0.2 s."""
    with _client_lock:
        return _client(place)


@cache
def _client(place: Place) -> Any:
    boto3, config = library("boto3", extra="s3"), library("botocore.config", extra="s3")
    return boto3.session.Session().client(
        "s3",
        endpoint_url=place.endpoint,
        region_name=place.region,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        config=config.Config(
            # Path style: a bucket in the host name needs a wildcard in DNS, which nobody's own S3 has.
            s3={"addressing_style": "path"},
            signature_version="s3v4",  # links, too: newer regions take no other
            retries={"max_attempts": 4, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=64,  # eight downloads of eight at once, and they keep their connections
        ),
    )


@contextmanager
def told(place: Place, key: str) -> Iterator[None]:
    """Turn boto3's exceptions into one line that says where and what to do."""
    errors = library("botocore.exceptions", extra="s3")
    where = f"{address(place, key)} at {place.endpoint or 'AWS'}"
    try:
        yield
    except errors.ClientError as refused:
        code = str(refused.response.get("Error", {}).get("Code", "unknown"))
        if code in ("NoSuchKey", "404"):
            raise NoSuchObject(f"no object {where}; list what is there with s3.list_objects") from refused
        raise S3Failed(f"S3 answered {code} for {where}", is_final=code in _FINAL_CODES) from refused
    except errors.NoCredentialsError as missing:
        raise S3Failed(f"no credentials for {where}; set access_key and secret_key", is_final=True) from missing
    except errors.BotoCoreError as broken:
        raise S3Failed(f"cannot reach {where}: {broken}") from broken


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A file beside the target that becomes the target in one step, or leaves nothing behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}-{get_ident()}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
