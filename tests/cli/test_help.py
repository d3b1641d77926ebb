"""Help: quick, complete, and told from one table."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from flowlite.cli.lazy import LazyGroup
from flowlite.cli.root import flowlite


def commands(group: click.Group = flowlite, path: tuple[str, ...] = ()):
    """Every command with its path."""
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


EVERY = list(commands())


def test_every_command_of_the_first_issue_is_there():
    names = {" ".join(path) for path, _ in EVERY}
    assert names >= {
        "run", "backfill", "check", "dags list", "dags show", "dags graph", "dags next", "runs list", "runs show",
        "runs retry", "runs clear", "runs mark", "runs cancel", "logs", "why", "stats", "doctor", "db backup",
        "db restore", "db check", "db prune", "db migrate", "init", "demo", "pools list", "assets list",
    }  # fmt: skip


PRINTS_NO_DATA = {"demo", "up", "down", "service", "tui", "web", "tokens revoke", "notify test"}


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_command_says_what_it_does_and_takes_json(path, command):
    assert command.help, path
    options = {option for param in command.params for option in param.opts}
    if not isinstance(command, click.Group) and " ".join(path) not in PRINTS_NO_DATA:
        assert "--json" in options


def test_the_table_is_all_that_help_needs(monkeypatch):
    monkeypatch.setattr(LazyGroup, "get_command", lambda *_: pytest.fail("help imported a command"))
    text = flowlite.get_help(click.Context(flowlite, info_name="flowlite"))
    assert all(f"  {name} " in text and found.says in text for name, found in flowlite.lazy.items())


def test_help_loads_nothing_heavy():
    code = (
        "import sys, json; sys.argv = ['flowlite', '--help']\n"
        "from flowlite.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(json.dumps(sorted(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    modules = set(json.loads(out.splitlines()[-1]))
    heavy = {"asyncio", "sqlite3", "pydantic", "textual", "httpx", "jinja2", "rich", "apscheduler", "dbt", "json.tool"}
    assert not modules & heavy
    rooms = ("flowlite.engine", "flowlite.store", "flowlite.service", "flowlite.client")
    assert not {name for name in modules if name.startswith(rooms)}


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    out = subprocess.run([sys.executable, "-m", "flowlite", "--version"], capture_output=True, text=True, check=True)
    assert out.stdout == f"flowlite {version('flowlite')}\n"


def test_the_exit_code_table_names_errors_that_exist():
    from importlib import import_module

    from flowlite.cli.faults import EXIT_CODES

    for name in EXIT_CODES:
        module, _, class_name = name.rpartition(".")
        assert issubclass(getattr(import_module(module), class_name), Exception)
