"""Every example prints what its docstring says."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def promised(example: Path) -> list[str]:
    """The lines below the `$` in the docstring."""
    text = ast.get_docstring(ast.parse(example.read_text())) or ""
    return [
        line.strip() for line in text.partition(f"$ python examples/{example.name}")[2].splitlines() if line.strip()
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_prints_what_it_promises(example: Path) -> None:
    done = subprocess.run([sys.executable, example], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (promised(example), "", 0)


def test_the_readme_names_every_example() -> None:
    readme = (ROOT / "examples" / "README.md").read_text()
    assert [path.name for path in EXAMPLES if f"`{path.name}`" not in readme] == []
