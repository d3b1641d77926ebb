"""What the README shows is carried out, block by block, in a folder of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(?P<kind>\w+)\n(?P<code>.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """(kind, code) of the quick start, in order."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Quick start") :]
    section = section[: section.index("\n## ", 1)]
    return [(found["kind"], found["code"]) for found in BLOCK.finditer(section)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the reader is, with the first block saved as the text says."""
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "cities.py").write_text(blocks()[0][1])
    return tmp_path


def test_the_quick_start_is_ten_commands_or_less_and_all_of_them_work(folder):
    (commands,) = [code for kind, code in blocks() if kind == "console"]
    lines = [line.removeprefix("$ ") for line in commands.splitlines() if line.startswith("$ ")]
    assert 4 <= len(lines) <= 10
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "flowlite"
        ran = subprocess.run([sys.executable, "-m", "flowlite", *words], cwd=folder, capture_output=True, text=True)
        assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"


def test_the_script_of_the_quick_start_runs(folder):
    script = [code for kind, code in blocks() if kind == "python"][1]
    (folder / "script.py").write_text(script)
    env = {**os.environ, "PYTHONPATH": str(folder)}
    ran = subprocess.run([sys.executable, "script.py"], cwd=folder, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_the_commands_that_the_readme_lists_exist():
    import click

    from flowlite.cli.root import flowlite

    text = (ROOT / "README.md").read_text()
    for line in re.findall(r"^\| `flowlite ([^`]+)` \|", text, re.MULTILINE):
        group: click.Command | None = flowlite
        first, *rest = line.replace("\\|", "|").split()
        group = flowlite.get_command(click.Context(flowlite), first)
        assert group is not None, line
        for name in rest[0].split("|") if isinstance(group, click.Group) else ():
            assert group.get_command(click.Context(group), name) is not None, line
