"""Loading again what has changed: exactly what is concerned, and a broken file keeps what it last built."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlite.authoring.defaults import BUILT_IN
from flowlite.loading.catalog import Catalog, load_folder
from flowlite.loading.reloading import reloaded

DAG = """
from flowlite import dag, task
{head}
@task
async def body(): ...

@dag
def {name}():
    body.options(id="{task}")()
"""


class Folder:
    """DAG files, and the catalog that is kept of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.catalog = Catalog()

    def write(self, name: str, task: str = "t", head: str = "", tail: str = "") -> Path:
        path = self.root / f"{name}.py"
        path.write_text(DAG.format(name=name, task=task, head=head) + tail)
        return path

    def load(self) -> None:
        self.catalog = load_folder(self.root, BUILT_IN)

    def reload(self, *changed: Path) -> set[str]:
        """Which DAGs are new objects now."""
        before = dict(self.catalog.dags)
        self.catalog = reloaded(self.catalog, changed, [self.root], BUILT_IN)
        return {id_ for id_, dag in self.catalog.dags.items() if before.get(id_) is not dag}

    @property
    def messages(self) -> list[str]:
        return [problem.message for problem in self.catalog.problems]


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_a_saved_file_is_loaded_again_and_no_other(folder):
    folder.write("a"), folder.write("b")
    folder.load()
    assert folder.reload(folder.write("a", task="other")) == {"a"}
    assert list(folder.catalog.dags["a"].specs) == ["other"]


def test_new_and_removed_files_are_seen_whatever_was_said_to_have_changed(folder):
    gone = folder.write("a")
    folder.load()
    folder.write("b")
    gone.unlink()
    assert folder.reload() == {"b"}
    assert list(folder.catalog.dags) == ["b"]


def test_a_module_takes_those_that_import_it_along(folder):
    shared = folder.root / "shared.py"
    shared.write_text("TASK = 'one'")
    folder.write("a", task="{TASK}", head="from shared import TASK").write_text(
        DAG.format(name="a", task="X", head="from shared import TASK").replace('"X"', "TASK")
    )
    folder.write("b")
    folder.load()
    shared.write_text("TASK = 'two'")
    assert folder.reload(shared) == {"a"}
    assert list(folder.catalog.dags["a"].specs) == ["two"]


def test_dags_that_are_joined_are_loaded_together(folder):
    folder.write("a")
    joined = folder.write("b", head="from a import a", tail="\na >> b\n")
    folder.write("c")
    folder.load()
    assert folder.catalog.dags["b"].upstream_dags == {"a"}
    joined.write_text(DAG.format(name="b", task="t", head=""))
    assert folder.reload(joined) == {"a", "b"}
    assert folder.catalog.dags["a"].downstream_dags == set()


@pytest.mark.parametrize(
    "text", ["def (", "import sys; sys.exit(3)", "raise ValueError('no')", "import os; os.kill(os.getpid(), 11)"]
)
def test_a_broken_file_keeps_what_it_last_built_until_it_is_well(folder, text):
    file = folder.write("a")
    folder.write("b")
    folder.load()
    last_good = folder.catalog.dags["a"]
    file.write_text(text)
    assert folder.reload(file) == set()
    assert folder.catalog.dags["a"] is last_good
    assert len(folder.messages) == 1
    folder.write("b", task="other")
    assert folder.reload(folder.root / "b.py") == {"b"}
    assert len(folder.messages) == 1
    folder.write("a", task="well")
    assert folder.reload(file) == {"a"}
    assert folder.messages == []


def test_a_file_that_hangs_is_given_up(folder):
    file = folder.write("a")
    folder.load()
    file.write_text("while True: pass")
    folder.catalog = reloaded(folder.catalog, [file], [folder.root], BUILT_IN, timeout_s=0.3)
    assert "a" in folder.catalog.dags
    assert len(folder.messages) == 1


def test_an_id_that_two_files_want_goes_to_the_other_when_the_first_lets_go(folder):
    first = folder.write("a")
    (folder.root / "z.py").write_text(DAG.format(name="a", task="second", head=""))
    folder.load()
    assert folder.messages == [f"the DAG id 'a' is taken by {first}:7"]
    first.unlink()
    folder.reload(first)
    assert list(folder.catalog.dags["a"].specs) == ["second"]
    assert folder.messages == []
