"""Loading DAG files: the good ones, the broken ones, and those that mean harm."""

# ruff: noqa: E501 - messages and commands stand as one reads them

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from flowlite.authoring.defaults import Defaults
from flowlite.loading import dag_files, find_task, forget, load_file, load_folder, try_file
from flowlite.loading.files import NoSuchTask

DAG = """
from flowlite import dag, task

@task
def work(): return "{name}"

@dag
def {name}():
    work()
"""


@pytest.fixture
def write(tmp_path):
    def put(name, text=None):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(DAG.format(name=file.stem) if text is None else text))
        return file

    return put


def load(folder, **more):
    return load_folder(folder, **{"try_first": False, **more})


def said(catalog, folder):
    return [str(problem).replace(f"{folder}{os.sep}", "") for problem in catalog.problems]


def test_only_dag_files_are_found(write, tmp_path):
    for name in (
        "a.py",
        "sub/b.py",
        "test_a.py",
        "conftest.py",
        ".hidden.py",
        "__pycache__/c.py",
        ".git/d.py",
        "venv/e.py",
        "x.txt",
        "old/f.py",
        "old.py",
    ):
        write(name, "")
    write("venv/pyvenv.cfg", "")
    write(".flowliteignore", "# not these\nold/\nol?.py\n")
    assert [str(file.relative_to(tmp_path)) for file in dag_files([tmp_path])] == ["a.py", "sub/b.py"]


def test_dags_belong_to_the_file_that_built_them(write, tmp_path):
    write(
        "factory.py", "from flowlite import Dag, shell\ndef build(name):\n    with Dag(name):\n        shell('true')\n"
    )
    write("a.py", "from factory import build\nfor n in range(3): build(f'made_{n}')\n")
    catalog = load(tmp_path)
    assert sorted(catalog.dags) == ["made_0", "made_1", "made_2"]
    assert {dag.file for dag in catalog.dags.values()} == {str(tmp_path / "a.py")}
    assert catalog.problems == []


def test_files_that_import_each_other_run_once(write, tmp_path):
    write("a.py", DAG.format(name="a") + "print('a runs')\n")
    write("b.py", "from a import a\n" + DAG.format(name="b") + "a >> b\n")
    write("sub/__init__.py", "")
    write("sub/c.py", "from b import b\n" + DAG.format(name="c") + "b >> c\n")
    write("z.py", "import sub.c\nfrom sub.c import c\nassert sub.c.c is c\n")
    catalog = load(tmp_path)
    assert catalog.problems == []
    assert catalog.dags["a"].graph().then == ("b",)
    assert catalog.dags["b"].downstream_dags == {"c"}
    assert len(catalog.dags) == 3


def test_a_dag_file_may_be_named_like_a_module_of_the_standard_library(write, tmp_path):
    write("types.py")
    write("b.py", "import types\nassert not hasattr(types, 'work')\n")
    assert load(tmp_path).problems == []


def test_the_same_id_in_two_files_names_both(write, tmp_path):
    write("a.py")
    write("b.py", DAG.format(name="a"))
    assert said(load(tmp_path), tmp_path) == [
        "b.py:7: the DAG id 'a' is taken by a.py:7; give one of the two another id"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (\n", "bad.py:1: syntax error: '(' was never closed; correct the line"),
        (
            "\n1 / 0\n",
            "bad.py:2: ZeroDivisionError: division by zero; correct it; `python FILE` shows the whole traceback",
        ),
        (
            "import sys\nsys.exit(1)\n",
            'bad.py:2: calls sys.exit() while it is being loaded; move the call under `if __name__ == "__main__":`',
        ),
        (
            "import no_such_thing\n",
            "bad.py:1: imports 'no_such_thing', which is not installed; install it, or put the module beside the DAG file",
        ),
        ("def f(): f()\nf()\n", "bad.py:1: RecursionError: calls itself without end; correct the recursion"),
        (
            "from flowlite import cron\ncron('1 2 3')\n",
            "bad.py:2: cron text '1 2 3' has 3 fields; write five: minute hour day-of-month month day-of-week",
        ),
        (
            "from flowlite import Dag, trigger\nwith Dag('d'):\n    trigger('god')\n",
            "bad.py:3: DAG 'd' names DAG 'god', which no file builds; use 'good'",
        ),
    ],
)
@pytest.mark.parametrize("try_first", [False, True])
def test_a_broken_file_is_told_and_disturbs_no_other(write, tmp_path, text, message, try_first):
    write("good.py")
    write("bad.py", text)
    catalog = load(tmp_path, try_first=try_first)
    assert said(catalog, tmp_path) == [message]
    assert "good" in catalog.dags


def test_dags_that_start_each_other_are_told(write, tmp_path):
    write("a.py", DAG.format(name="a") + DAG.format(name="b") + "a >> b >> a\n")
    assert said(load(tmp_path), tmp_path) == ["a.py:7: the DAGs a, b wait for each other; take one edge out"]


def test_hostile_files_take_only_the_child_along(write, tmp_path):
    write("a_hang.py", "x = 1\nwhile True: x += 1\n")
    write("b_exit.py", "import os\nos._exit(3)\n")
    write("c_crash.py", "import ctypes\n\nctypes.string_at(0)\n")
    write("d_memory.py", "x = 1\ny = bytearray(100 << 30)\n")
    write("e_kill.py", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    write("f_noise.py", "import os\nprint('x' * 100000)\nos.write(1, b'y')\nos.close(0)\n" + DAG.format(name="f_noise"))
    write("h_sleep.py", "import time\ndef f():\n    time.sleep(60)\nf()\n")
    write("z_good.py")
    catalog = load(tmp_path, try_first=True, timeout_s=1.0)
    assert said(catalog, tmp_path) == [
        "a_hang.py:2: takes longer than 1 s to load; move the work into a task, and look for an endless loop",
        "b_exit.py: ends the process (os._exit(3)) while it is being loaded; take the call out",
        "c_crash.py:3: crashes Python with SIGSEGV; look at the native library that it imports or calls",
        "d_memory.py:2: asks for more memory than a DAG file may have while it is being loaded; move the work into a task",
        "e_kill.py: was killed while it was being loaded, probably for lack of memory; move the work into a task",
        "h_sleep.py:3: takes longer than 1 s to load; move the work into a task, and look for an endless loop",
    ]
    assert sorted(catalog.dags) == ["f_noise", "z_good"]


def test_one_file_can_be_tried(write):
    trial = try_file(write("a.py"))
    assert (trial.dag_ids, trial.problem) == (("a",), None)


def test_the_child_knows_the_configured_pools(write, tmp_path):
    write("a.py", DAG.format(name="a").replace("@task", '@task(pool="htp")'))
    catalog = load(tmp_path, given=Defaults(pools=frozenset({"http"})), try_first=True)
    assert said(catalog, tmp_path) == [
        "a.py:9: work: there is no pool 'htp'; add `htp = 4` under [pools] in flowlite.toml, or use 'http'"
    ]


def test_what_changed_on_disk_is_read_anew(write, tmp_path):
    write("shared.py", "NAME = 'one'\n")
    write("a.py", "import shared\nfrom flowlite import Dag, shell\nwith Dag(shared.NAME):\n    shell('true')\n")
    assert list(load(tmp_path).dags) == ["one"]
    write("shared.py", "NAME = 'another'\n")
    assert list(load(tmp_path).dags) == ["another"]


WHO = """
from flowlite import dag, task
import helper, pack.inner
@task
def work(): return helper.WHO, pack.inner.WHO
@dag
def {name}(): work()
assert (helper.WHO, pack.inner.WHO) == ({who!r}, {who!r}), (helper.WHO, pack.inner.WHO)
"""


@pytest.mark.parametrize("try_first", [True, False])
def test_folders_with_modules_of_the_same_name_have_each_its_own(write, tmp_path, try_first):
    for folder in ("one", "two", "two/deep", "two/deeper"):
        write(f"{folder}/helper.py", f"WHO = {folder!r}\n")
        write(f"{folder}/pack/__init__.py", "")
        write(f"{folder}/pack/inner.py", f"WHO = {folder!r}\n")
        for part in ("a", "z"):
            name = f"{folder}_{part}".replace("/", "_")
            write(f"{folder}/{part}_{name}.py", WHO.format(name=name, who=folder))
    write("one/m.py", "import helper\nimport between\nassert helper.WHO == 'one'\n")
    write("two/between.py", "import helper\nassert helper.WHO == 'two'\n")
    roots = [tmp_path / "one", tmp_path / "two"]
    for _ in range(2):
        catalog = load(roots, try_first=try_first)
        assert said(catalog, tmp_path) == []
        assert len(catalog.dags) == 8
        for dag in catalog.dags.values():
            spec = find_task(dag.file, dag.id, "work", roots)
            assert spec.function() == (str(Path(dag.file).parent.relative_to(tmp_path)),) * 2


def test_a_module_of_the_other_dag_folder_can_still_be_imported(write, tmp_path):
    write("one/only_here.py", "HERE = 1\n")
    write("two/b.py", "from only_here import HERE\n" + DAG.format(name="b"))
    assert said(load([tmp_path / "one", tmp_path / "two"]), tmp_path) == []


def test_a_child_finds_a_task_by_its_ids(write):
    file = write("a.py")
    assert find_task(file, "a", "work").function() == "a"
    assert load_file(file) is load_file(file)
    with pytest.raises(NoSuchTask, match="no longer builds task 'gone' of DAG 'a'"):
        find_task(file, "a", "gone")


def test_loading_leaves_the_module_path_alone(write, tmp_path):
    before = list(sys.path)
    write("a.py")
    load(tmp_path)
    assert sys.path == before
    forget([tmp_path / "a.py"])
    assert not [name for name in sys.modules if getattr(sys.modules[name], "__file__", None) == str(tmp_path / "a.py")]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert said(load(tmp_path / "nope"), tmp_path) == [
        "nope: there is no such folder; create it, or correct `dags` in flowlite.toml"
    ]
