"""Triggering a DAG: its parameters as a form, a date if one is wanted, and the command that does the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from flowlite.core.errors import FlowliteError
from flowlite.tui.rows import Piece
from flowlite.tui.sheets.form import Param, filled, params_of
from flowlite.tui.sheets.parts import Buttons, Entry, Gap, Words
from flowlite.tui.sheets.sheet import Sheet


class Trigger(Sheet[int]):
    """`detail` is what the daemon knows of the DAG. Answers the number of the run, or nothing."""

    wide = 92

    def __init__(self, detail: Mapping[str, Any]) -> None:
        super().__init__()
        self.dag = detail["dag"]
        self.params: list[Param] = params_of(detail["params_schema"])
        self.date = Entry("date", note="2024-01-31 · empty: a run of now")
        self.json = Entry("params", note="JSON · this DAG declares none")
        self.problem = Words("", "error")
        self.command = Words("", "dim")
        self.buttons = Buttons(("Cancel", self.leave), ("Trigger", self.start))
        fields = [param.field for param in self.params] or [self.json]
        for field in (*fields, self.date):
            field.changed = self.show_command
        about = [Words(self.dag["description"]), Gap()] if self.dag["description"] else []
        self.parts = [
            *about, *fields, self.date, Gap(), self.problem, self.command, Gap(),
            self.buttons,
        ]  # fmt: skip
        self.focused_part = fields[0] if self.params else self.buttons
        if not self.params:
            self.buttons.at = 1
        self.show_command()

    def heading(self) -> list[Piece]:
        """Which DAG."""
        return [("Trigger ", "strong"), (self.dag["dag_id"], "accent-strong")]

    def values(self) -> dict[str, Any] | None:
        """What is filled in; None: something is wrong."""
        if self.params:
            return filled(self.params)
        try:
            found = json.loads(self.json.text or "{}")
        except json.JSONDecodeError as error:
            self.json.error = f"no JSON: {error.msg} at character {error.pos + 1}"
            return None
        if not isinstance(found, dict):
            self.json.error = 'one object is wanted, such as {"region": "eu"}'
            return None
        return found

    def show_command(self) -> None:
        """What could be typed instead."""
        values = {param.name: value_shown(param) for param in self.params if is_changed(param)}
        said = [f"--param {shlex.quote(f'{name}={value}')}" for name, value in values.items()]
        date = f" --date {shlex.quote(self.date.text.strip())}" if self.date.text.strip() else ""
        self.command.text = f"$ flowlite trigger {self.dag['dag_id']}{date} {' '.join(said)}".rstrip()

    def start(self) -> None:
        """Ask for the run."""
        values = self.values()
        if values is None:
            self.focused_part = next((param.field for param in self.params if param.field.error), self.json)
            self.changed()
            return
        self.ui.run_worker(self._start(values), group="acting")

    async def _start(self, values: dict[str, Any]) -> None:
        try:
            run = await self.ui.remote.raw(
                "request", dag_id=self.dag["dag_id"], date=self.date.text.strip() or None, params=values
            )
        except (FlowliteError, OSError) as error:
            self.problem.text = str(error)
            self.changed()
            return
        self.dismiss(int(run))


def value_shown(param: Param) -> str:
    """As the command line takes it; what can't be parsed as it stands."""
    try:
        value = param.value()
    except ValueError:
        return getattr(param.field, "text", "")
    return value if isinstance(value, str) else json.dumps(value)


def is_changed(param: Param) -> bool:
    """Another value than the default."""
    if param.is_empty:
        return False
    try:
        return not param.has_default or param.value() != param.default
    except ValueError:
        return True
