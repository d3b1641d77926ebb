"""`[connections.NAME]`: systems that tasks work with. What each field of each type means stands under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowlite.config.fields import address, file_path, secret


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """type = "s3": an object store with Amazon's API."""

    bucket: str
    """The bucket to work in."""

    endpoint: str | None = address(default=None)
    """The address of a store that is not Amazon's, like "http://minio:9000"."""

    region: str | None = None
    """The region of the bucket."""

    access_key: str | None = secret(default=None)
    """The id of the key; without one boto3 looks in its usual places."""

    secret_key: str | None = secret(default=None)
    """The key itself."""

    prefix: str = ""
    """Put before the keys of every object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDb:
    """type = "duckdb": a DuckDB database."""

    path: str = file_path()
    """The file, relative to flowlite.toml; ":memory:" keeps nothing."""

    root: str | None = file_path(default=None)
    """The folder of the lake whose files it reads, relative to flowlite.toml."""

    read_only: bool = False
    """Open it for reading only, beside other readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sqlite:
    """type = "sqlite": an SQLite database."""

    path: str = file_path()
    """The file, relative to flowlite.toml; ":memory:" keeps nothing."""

    read_only: bool = False
    """Open it for reading only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """type = "postgres": a PostgreSQL database."""

    host: str = "localhost"
    """The machine it runs on, or the folder of its socket."""

    port: int = 5432
    """Its port."""

    database: str
    """The database to work in."""

    user: str | None = None
    """Who logs in."""

    password: str | None = secret(default=None)
    """With which password."""

    sslmode: str | None = None
    """As libpq takes it: "require", "verify-full" ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """type = "http": a service with an HTTP API."""

    base_url: str = address(default="")
    """What addresses begin with."""

    token: str | None = secret(default=None)
    """Sent as `Authorization: Bearer ...`."""

    headers: Mapping[str, str] = secret(default_factory=dict)
    """Sent with every request."""

    timeout: float = 30.0
    """Seconds until a request is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """type = "smtp": a mail server."""

    host: str
    """The machine it runs on."""

    port: int = 587
    """Its port."""

    user: str | None = None
    """Who logs in; nobody, if there is no user."""

    password: str | None = secret(default=None)
    """With which password."""

    sender: str | None = None
    """The address that mail comes from."""

    starttls: bool = True
    """Encrypt the connection once it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlFlow:
    """type = "mlflow": an MLflow server, or its database."""

    tracking_uri: str = address()
    """Where runs are recorded."""

    registry_uri: str | None = address(default=None)
    """Where models are registered; the same place, if it is not given."""

    experiment: str | None = None
    """The experiment to record in."""

    artifacts: str | None = file_path(default=None)
    """Where the files of a new experiment go, if there is no server to decide it: a folder, relative to flowlite.toml,
    or an address like "s3://bucket/models"."""

    token: str | None = secret(default=None)
    """What the server asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """type = "spark": a Spark cluster."""

    master: str = "local[2]"
    """Where applications run: "local[2]", "spark://host:7077", "yarn"."""

    deploy_mode: str = "client"
    """Where the driver runs: "client" or "cluster"."""

    home: str | None = file_path(default=None)
    """Spark's own folder; else SPARK_HOME, else the pyspark of this Python, else spark-submit from the path."""

    conf: Mapping[str, str] = field(default_factory=dict)
    """Given to every application as `--conf`: for everybody on the machine to see."""

    secret_conf: Mapping[str, str] = secret(default_factory=dict)
    """The same for what is secret, like "spark.hadoop.fs.s3a.secret.key": given by a file, and masked."""

    jars: tuple[str, ...] = ()
    """Given to every application as `--jars`."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for spark-submit, like HADOOP_CONF_DIR or JAVA_HOME."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """type = "kafka": a Kafka cluster."""

    bootstrap_servers: tuple[str, ...]
    """Where to ask for the brokers, like "broker:9092"."""

    security_protocol: str = "PLAINTEXT"
    """"PLAINTEXT", "SSL", "SASL_PLAINTEXT" or "SASL_SSL"."""

    sasl_mechanism: str | None = None
    """"PLAIN", "SCRAM-SHA-256" or "SCRAM-SHA-512"."""

    user: str | None = None
    """Who logs in."""

    password: str | None = secret(default=None)
    """With which password."""

    ca: str | None = file_path(default=None)
    """A PEM file with whom to trust, if it is none of the well-known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """type = "kubernetes": a cluster that runs Jobs; without `server` that of a kubeconfig, or the one we are in."""

    server: str | None = address(default=None)
    """The address of the API server, like "https://10.0.0.1:6443"."""

    token: str | None = secret(default=None)
    """Sent to it as `Authorization: Bearer ...`."""

    ca: str | None = file_path(default=None)
    """A PEM file with whom to trust, if it is none of the well-known."""

    kubeconfig: str | None = file_path(default=None)
    """The kubeconfig to read; else KUBECONFIG, else ~/.kube/config."""

    context: str | None = None
    """Which context of it; else its current one."""

    namespace: str | None = None
    """Where Jobs are made; else what the context says, else "default"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dask:
    """type = "dask": a Dask cluster."""

    address: str
    """The scheduler, like "tcp://host:8786"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """type = "prometheus": a Pushgateway."""

    url: str = address()
    """Its address, like "http://pushgateway:9091"."""

    token: str | None = secret(default=None)
    """Sent as `Authorization: Bearer ...`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """type = "custom": a system that flowlite does not know; your own tasks read the fields."""

    fields: Mapping[str, Any] = secret(default_factory=dict)
    """Whatever they need, as a table. Taken as secret."""


KINDS: Mapping[str, type] = {
    "custom": Custom,
    "dask": Dask,
    "duckdb": DuckDb,
    "http": Http,
    "kafka": Kafka,
    "kubernetes": Kubernetes,
    "mlflow": MlFlow,
    "postgres": Postgres,
    "prometheus": Prometheus,
    "s3": S3,
    "smtp": Smtp,
    "spark": Spark,
    "sqlite": Sqlite,
}
