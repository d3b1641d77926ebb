"""House rules that a machine can check."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import flowlite
from flowlite.config import channels, connections
from flowlite.config.reading import FIXED

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "flowlite"
STARTER = PACKAGE / "cli" / "starter"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if STARTER not in path.parents)
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".sql", ".yml", ".yaml", ".cfg", ".sh", ".csv", ".json", ""}

PUBLIC_NAMES = [
    "Alert", "Asset", "Context", "Dag", "Fail", "FlowliteError", "Group", "Handle", "Retry", "RetryAfter", "Skip",
    "approve", "chain", "channel", "connection", "cron", "current", "dag", "every", "group", "open", "run", "sensor",
    "shell", "task", "trigger",
]  # fmt: skip


def test_the_public_surface_is_this_list():
    assert sorted(flowlite.__all__) == PUBLIC_NAMES


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_every_public_name_is_there_and_says_what_it_is(name):
    assert getattr(flowlite, name).__doc__


def test_import_flowlite_loads_nothing_heavy():
    code = "import sys, json, flowlite; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"textual", "starlette", "fastapi", "uvicorn", "dbt", "duckdb", "apscheduler", "httpx", "pandas", "numpy"}
    heavy |= {"pydantic", "jinja2", "sqlite3", "asyncio", "rich", "boto3", "click"}
    assert not set(json.loads(out)) & heavy


@pytest.mark.parametrize("name", ["task", "dag", "Context"])
def test_declaring_a_dag_loads_nothing_of_the_engine(name):
    code = f"import sys, json, flowlite; flowlite.{name}; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {module for module in json.loads(out) if module.startswith(("flowlite.engine", "flowlite.store"))}


def test_the_contracts_on_imports_hold():
    ran = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-3000:]


def test_the_core_needs_the_standard_library_only():
    for path in (PACKAGE / "core").glob("*.py"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert roots <= set(sys.stdlib_module_names) | {"flowlite"}, path


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_every_file_opens_with_what_it_is_for():
    assert [
        path for path in MODULES if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ] == []


def test_no_file_and_no_function_grows_past_its_one_reason():
    for path in MODULES:
        text = path.read_text()
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 60, f"{path}: {node.name}"


def test_errors_of_flowlite_have_one_root():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Exception" for base in node.bases):
                assert node.name in {"FlowliteError", *SIGNALS}, f"{path}: {node.name} is no FlowliteError"


# Raised by authors to steer, or caught in the room that raises them; never shown as an error of flowlite's own.
SIGNALS = {"Skip", "Fail", "RetryAfter", "AttemptFailed", "CannotStart"}


# --- words that must not be in the tree -----------------------------------------------------------------------------
def tracked() -> list[Path]:
    """What git would ship; without git (an unpacked archive) everything but what tools leave behind."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    hidden = {".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.parts)]


def test_no_host_of_a_registry_and_no_path_of_one_machine():
    # Put together here, so that this file does not hold what it looks for.
    hosts = ["py" + "pi.org", "python" + "hosted", "npm" + "js.org", "deb." + "debian"]
    paths = ["/wo" + "rk/", "/ro" + "ot/", r"/tm" + r"p/[a-z]+/"]
    wanted = re.compile("|".join([*map(re.escape, hosts), *paths]))
    found = []
    for path in tracked():
        if path.suffix in TEXT_SUFFIXES and path.stat().st_size < 2_000_000:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if (hit := wanted.search(line)) and "example" not in line:
                    found.append(f"{path.relative_to(ROOT)}:{number}: {hit[0]}")
    assert not found


def test_constraints_name_versions_and_no_addresses():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    assert len(lines) > 50
    assert [
        line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.]+( ; python_full_version \S+ '[\d.]+')?", line)
    ] == []


# --- configuration ----------------------------------------------------------------------------------------------------
SECTIONS = {**FIXED, **connections.KINDS, **channels.KINDS}


@pytest.mark.parametrize("kind", SECTIONS.values(), ids=list(SECTIONS))
def test_every_option_is_explained_under_its_field(kind):
    explained = docs_under_fields(kind)
    assert [one.name for one in fields(kind) if not explained.get(one.name)] == []


def docs_under_fields(kind: type) -> dict[str, str]:
    """The string that stands under each field of a dataclass."""
    import inspect
    import textwrap

    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    found = {}
    for field, text in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
            found[field.target.id] = str(text.value.value) if is_text else ""  # type: ignore[union-attr]
    return found


def test_every_option_is_in_the_reference():
    reference = (ROOT / "docs" / "configuration.md").read_text()
    missing = [
        f"[{section}] {one.name}"
        for section, kind in SECTIONS.items()
        for one in fields(kind)
        if f"`{one.name}`" not in reference
    ]
    assert not missing


# --- the project ------------------------------------------------------------------------------------------------------
def test_extras_are_those_that_doctor_looks_for():
    from flowlite.cli.machine import EXTRAS

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRAS) | {"dev"} == set(extras)


def test_make_lists_its_habits():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {line.split()[1] for line in listed.splitlines()}
    assert names >= {"demo", "test", "test-all", "lint", "types", "imports", "bench", "check", "flaky", "clean"}


def test_links_in_the_docs_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
