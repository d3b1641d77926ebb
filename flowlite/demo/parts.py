"""What of the play can be played on this machine. What can't is left out, with the command that would change that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

from flowlite import FlowliteError
from flowlite.integrations import report, spark

NEEDS = ("aiosmtpd", "boto3", "duckdb", "moto", "numpy", "dbt.adapters.duckdb")
MODEL_NEEDS = ("xgboost", "mlflow", "sqlalchemy", "matplotlib")
INSTALL = "pip install -e '.[demo]', or: make demo"


def check_installed() -> None:
    """Raise a FlowliteError that names all that nothing can be played without."""
    missing = absent(NEEDS)
    if missing:
        raise FlowliteError(f"the demo needs {', '.join(missing)}; run: {INSTALL}")


def check_model() -> None:
    """What retraining needs."""
    missing = absent(MODEL_NEEDS)
    if missing:
        raise FlowliteError(f"it needs {', '.join(missing)}; run: {INSTALL}")


def check_spark() -> None:
    """Java, and a Spark."""
    check_model()
    spark.ping("spark")


ON_SPARK = "retraining on Spark"
CHECKS: Mapping[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "retraining": (check_model, ("retraining", "watch_model")),
    ON_SPARK: (check_spark, ()),
    "reports": (report.check_installed, ("weekly_summary", "daily_ops", "sla_audit")),
}


def not_available(parts: Sequence[str] = tuple(CHECKS)) -> dict[str, str]:
    """Those of the parts that can't be played, each with what to do about it."""
    found = {}
    for part in parts:
        check, _ = CHECKS[part]
        try:
            check()
        except FlowliteError as missing:
            found[part] = str(missing)
    return found


def left_out(missing: Mapping[str, str]) -> frozenset[str]:
    """The DAGs of these parts."""
    return frozenset(dag_id for part in missing for dag_id in CHECKS[part][1])


def absent(modules: Sequence[str]) -> list[str]:
    """Those that are not installed."""
    return [name for name in modules if not is_installed(name)]


def is_installed(name: str) -> bool:
    """Whether a module can be found."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
