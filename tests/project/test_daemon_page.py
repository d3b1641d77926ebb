"""The commands of docs/daemon.md are there, with the options that it gives them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from flowlite.cli.root import flowlite

PAGE = (Path(__file__).parents[2] / "docs" / "daemon.md").read_text()
IN_BLOCKS = [re.split(r"\s[#>]", line)[0].strip() for line in re.findall(r"(?m)^flowlite .*$", PAGE)]
IN_TEXT = re.findall(r"`(flowlite [a-z][^`]*)`", PAGE)


@pytest.mark.parametrize("line", sorted({*IN_BLOCKS, *IN_TEXT}))
def test_a_command_of_the_page_is_one(line: str) -> None:
    command: click.Command = flowlite
    context = click.Context(flowlite)
    words = shlex.split(line.replace("flowlite --state .flowlite", "flowlite"))[1:]
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0)) if words else None
        assert found is not None, line
        command, context = found, click.Context(found, parent=context)
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known
    takes = [one for one in command.params if isinstance(one, click.Argument)]
    assert bool(takes) or not words or words[0].startswith("-")
