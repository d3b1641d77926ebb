"""How a dbt task fails: on its data, on a model, or before dbt did anything."""

from __future__ import annotations

from flowlite import Fail, FlowliteError


class DbtError(FlowliteError):
    """A node failed or dbt could not work at all; a retry runs what failed and what was skipped because of it."""


class DataQualityFailed(Fail):
    """A test found rows that must not be there. The same data fails again, so there is no retry by itself."""

    error_class = "data_quality"


class NothingSelected(Fail):
    """The selection matches no node: green would be a lie."""
