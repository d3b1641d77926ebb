"""Bad DAGs, and exactly what their authors read."""

# ruff: noqa: E501 - messages and commands stand as one reads them

from __future__ import annotations

import re

import pytest

from flowlite.authoring.problems import DeclarationError
from flowlite.loading import load_file

HEAD = """\
from pydantic import BaseModel
from flowlite import *

@task
def fetch(city="x"): ...

@task
async def total(rows, *, ctx: Context = None): ...

@sensor
def ready(): ...

@task.branch
def pick(): ...

class Size(BaseModel):
    rows: int

"""
FIRST = HEAD.count("\n") + 1

# What stands in the file after HEAD (the marked line is the one that is named), and what is said about it.
TABLE = [
    ('@dag(schedule="0 6 * *")  # !\ndef d(): ...', "cron text '0 6 * *' has 4 fields; write five: minute hour day-of-month month day-of-week"),
    ('dag(id="d", schedule="0 25 * * *")(fetch.function)  # !', "cron text '0 25 * * *': '25' is no hour; write 0 to 23, with -, / and , as in crontab(5)"),
    ('cron("0 0 * * *", tz="Europe/Berln")  # !', "there is no time zone 'Europe/Berln'; use 'Europe/Berlin'"),
    ('with Dag("d", schedule=5): pass  # !', "schedule=5 is no schedule; write cron(\"0 6 * * *\"), every(hours=1), \"@daily\" or an Asset"),
    ("every()  # !", "every() of 0:00:00 is too short; give at least a second: every(minutes=15)"),
    ('with Dag("a/b"): pass  # !', "id='a/b' is no DAG id; use letters, digits, _, - and ."),
    ('with Dag("d", shedule=None): pass  # !', "DAG 'd' takes no 'shedule'; did you mean 'schedule'?"),
    ('with Dag("d", schedule="@daily", catchup=True): pass  # !', "DAG 'd': catchup=True, but no start; add start=\"2024-01-01\""),
    ('with Dag("d", start="2024-02-30"): pass  # !', "start='2024-02-30' is no date; write it like \"2024-01-31\" or \"2024-01-31T06:00+01:00\""),
    ('with Dag("d", start="2024-02-02", end="2024-02-01"): pass  # !', "DAG 'd': end is not after start; swap them, or leave one out"),
    ('with Dag("d", params=dict): pass  # !', "DAG 'd': params=<class 'dict'> is no pydantic model; give a class that derives from pydantic.BaseModel"),
    ('with Dag("d", schedule="@daily", params=Size): pass  # !', "DAG 'd' has a schedule, and its params need rows; give the fields defaults"),
    ('with Dag("d", max_active_runs=0): pass  # !', "max_active_runs=0 is no count; give a whole number of at least 1"),
    ('with Dag("d", sla=-1): pass  # !', "sla=-1 is no length of time; give seconds above 0 or a timedelta"),
    ('with Dag("d"):\n    with Dag("e"): pass  # !', "DAG 'e' is opened inside DAG 'd'; use trigger(\"e\") to start it"),
    ("@dag  # !\ndef d(x): ...", "@dag d() takes x, but it is called once, without arguments; use params= with a pydantic model, and read ctx.params in the tasks"),
    ("@dag  # !\nasync def d(): ...", None),
    ('shell("true")  # !', "shell() stands outside a DAG; put it into a @dag function or under `with Dag(...)`"),
    ("fetch.map([1])  # !", "fetch.map() stands outside a DAG; put it into a @dag function or under `with Dag(...)`"),
    ("task(retrys=3)  # !", "@task takes no 'retrys'; did you mean 'retries'?"),
    ("task(retries='3')  # !", "retries='3' is no retry policy; give a number or Retry(...)"),
    ('Retry(3, backoff="exponental")  # !', "backoff='exponental' is not known; use 'exponential'"),
    ("Retry(-1)  # !", "max_retries=-1 is no count; give 0 or more"),
    ("Retry(1, jitter=2)  # !", "jitter=2 is out of range; it is a share of the delay, from 0 to 1"),
    ('Retry(1, on="ValueError")  # !', "on='ValueError' is no exception type; write on=(ConnectionError, ...)"),
    ('task(trigger_rule="all_sucess")  # !', "trigger_rule='all_sucess' is not known; use 'all_success'"),
    ('task(isolation="proces")  # !', "isolation='proces' is not known; use 'process'"),
    ('task(memory="2 gigs")  # !', "memory='2 gigs' is no size; write it like \"2GiB\" or \"500MB\""),
    ("task(slots=0)  # !", "slots=0 is no count; give a whole number of at least 1"),
    ('task(outlets=["a"])  # !', "outlets=['a'] holds something that is no asset; write outlets=[Asset(\"name\")]"),
    ('task(notify={"fail": []})  # !', "notify: 'fail' is no kind of alert; use 'failure'"),
    ('task(id="a.b")  # !', "id='a.b' is no task id; use letters, digits, _ and -, and group() for a prefix"),
    ("@task  # !\ndef many(): yield 1", "many yields, and a task hands back one result; return a list, and use t.map(...) on it"),
    ("task(task(len))  # !", None),
    ('with Dag("d"):\n    fetch.options(id="a")()\n    total.options(id="a")(1)  # !', "the id 'a' is taken in DAG 'd' (line {FIRST+1}); give one of the two another: t.options(id=\"...\")"),
    ('with Dag("d"):\n    with group("g"): fetch()\n    fetch.options(id="g")()  # !', "the id 'g' is taken in DAG 'd' (line {FIRST+1}); give one of the two another: t.options(id=\"...\")"),
    ('with Dag("d"):\n    fetch(1, 2)  # !', "fetch(): too many positional arguments; it is declared as fetch(city='x')"),
    ('with Dag("d"):\n    total()  # !', "total(): missing a required argument: 'rows'; it is declared as total(rows)"),
    ('with Dag("d"):\n    fetch(town="x")  # !', "fetch(): got an unexpected keyword argument 'town'; it is declared as fetch(city='x')"),
    ('with Dag("d"):\n    for row in fetch(): pass  # !', "<task fetch> can't be looped over, its result is not known yet; write t.map(fetch) to do it for each, t.when(...) for a condition"),
    ('with Dag("d"):\n    if fetch(): pass  # !', "<task fetch> is neither true nor false, its result is not known yet; write t.when(fetch)(...) for a condition, t.map(fetch) for a loop"),
    ('with Dag("d"):\n    1 in fetch()  # !', "`in` can't look into <task fetch>, its result is not known yet; compare in a task and go on with t.when(...), or t.map(...) over its elements"),
    ('with Dag("d"):\n    shell(f"echo {fetch()}")  # !', "<task fetch> can't be put into text, its result is not known yet; pass it to a task, or write {{ result(\"fetch\") }} in a shell command"),
    ('with Dag("d"):\n    shell(["echo", fetch()])  # !', "shell([... <task fetch> ...]) holds something that is no text; write {{ result(\"fetch\") }} in the text"),
    ('with Dag("d"):\n    fetch()[1:]  # !', "<task fetch>[slice(1, None, None)] is no pick; pick by a text key or a position, or cut it in a task"),
    ('with Dag("d"):\n    fetch() >> total  # !', None),
    ('with Dag("d"):\n    fetch.map("abc")  # !', "map(city=...) got str and needs a list; give a list or the handle of a task that returns one"),
    ('with Dag("d"):\n    fetch.map()  # !', "fetch.map() got nothing to map over; give a list or a handle"),
    ('with Dag("d"):\n    pick.map([1])  # !', None),
    ('with Dag("d"):\n    fetch.when(True)  # !', "when(True) is no handle; give what a task call returned, or use Python's `if`"),
    ('with Dag("d"):\n    fetch.when(fetch.map([1]))  # !', "when(<mapped task fetch>) has one result per element; gather them in a task that decides, and use that"),
    ('with Dag("d"):\n    a = fetch()\nwith Dag("e"):\n    total(a)  # !', "<task fetch> belongs to DAG 'd', not to 'e'; results don't cross DAGs: write the data somewhere, and connect the DAGs with dag_a >> dag_b"),
    ('with Dag("d"):\n    a = fetch()\nwith Dag("e"):\n    a >> fetch()  # !', None),
    ('with Dag("d"):\n    a = fetch()\n    a >> a  # !', "fetch can't wait for itself; take this edge out"),
    ('with Dag("d"):\n    a = fetch()  # !\n    b = fetch()\n    a >> b >> a', None),
    ('with Dag("d"):\n    with group("g") as g: pass\n    fetch() >> g  # !', "group 'g' has no tasks; put tasks into it, or take it out of this edge"),
    ('with Dag("d"):\n    with group("g") as g:\n        fetch() >> g  # !', "g.fetch lies inside group g, they can't wait for each other; take this edge out"),
    ('with Dag("d"):\n    chain(fetch())  # !', "chain() connects nothing; give at least two tasks, groups or lists"),
    ('with Dag("d"):\n    a = fetch()\n    total.options(trigger_rule="always")(a)  # !', "total runs always, at once, and can't take the result of fetch; use trigger_rule=\"all_done\", or pass no result"),
    ('with Dag("d"):\n    total.options(trigger_rule="always").map(fetch())  # !', "total runs always, at once, and can't take the result of fetch; use trigger_rule=\"all_done\", or pass no result"),
    ('with Dag("d"):\n    fetch.options(memory="1GiB")()  # !', "fetch: memory= needs a process of its own; add isolation=\"process\", or leave memory out"),
    ('with Dag("d"):\n    fetch.options(isolation="loop")()  # !', "fetch: isolation='loop' does not fit a plain def; leave it out ('thread'), or use \"process\""),
    ('with Dag("d"):\n    total.options(isolation="thread")(1)  # !', "total: isolation='thread' does not fit async def; leave it out ('loop'), or use \"process\""),
    ('with Dag("d"):\n    task(id="f", isolation="process")(lambda: 1)()  # !', "f: isolation=\"process\" can't import '<lambda>', which is a lambda; define it with `def` at the top of a .py file"),
    ('def outer():\n    @task(isolation="process")\n    def inner(): ...\n    return inner\nwith Dag("d"):\n    outer()()  # !', "inner: isolation=\"process\" can't import 'inner', which is defined inside another function; define it with `def` at the top of a .py file"),
    ('with Dag("d"):\n    approve("?", memory="1GiB")  # !', "approve() takes no 'memory'; it runs no code and holds no memory; leave it out"),
    ('with Dag("d"):\n    shell("true", isolation="process")  # !', "shell() takes no isolation; a command always runs in a process of its own"),
    ('with Dag("d"):\n    shell(5)  # !', "shell(5) is no command; give a string, or a list of strings"),
    ('with Dag("d"):\n    shell("echo {{ dss }}")  # !', "shell: {{ dss }} is not known in a command; use 'ds'"),
    ('with Dag("d"):\n    shell("echo {{ result(\'fetsh\') }}")  # !\n    fetch()', "shell: {{ result(\"fetsh\") }} names no task of DAG 'd'; use 'fetch'"),
    ('with Dag("d") as d:\n    fetch()\nd >> d  # !', "DAG 'd' can't start itself; take this edge out"),
    ('with Dag("d") as d:\n    fetch()\nwith d: pass  # !', "DAG 'd' is complete; declare all of its tasks in one `with` block"),
    ('bool(Asset("a"))  # !', "`and`, `or` and `if` don't work on assets; join them with & and |"),
    ('Asset("")  # !', "Asset('') has no name; give it some text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), TABLE, ids=[text.replace("\n", " ")[:60] for text, _ in TABLE])
def test_a_bad_dag_is_told_with_its_line_and_the_fix(tmp_path, text, said):
    file = tmp_path / "bad.py"
    file.write_text(HEAD + text + "\n")
    with pytest.raises(DeclarationError) as caught:
        load_file(file)
    line = FIRST + next(number for number, one in enumerate(text.split("\n")) if one.endswith("# !"))
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert str(caught.value) == f"{file}:{line}: {caught.value.message}; {caught.value.fix}"
    if said is not None:
        said = said.replace("{FIRST+1}", str(FIRST + 1))
        assert f"{caught.value.message}; {caught.value.fix}" == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("with Dag('d'):\n    a, b = fetch(), fetch()\n    a >> b >> a", "wait for each other"),
        ("with Dag('d'):\n    fetch() >> total", r"can't stand beside >> or <<; call it first: total\(\.\.\.\)"),
        ("@dag\nasync def d(): ...", "put it above a plain `def` without arguments"),
        ("task(5)", r"@task got 5; put it above a `def` or `async def`"),
    ],
)
def test_messages_that_hold_more_than_the_author_wrote(tmp_path, text, said):
    file = tmp_path / "bad.py"
    file.write_text(HEAD + text + "\n")
    with pytest.raises(DeclarationError, match=said):
        load_file(file)


def test_an_unknown_pool_is_told_only_where_a_configuration_names_the_pools(tmp_path):
    from flowlite.authoring import defaults

    file = tmp_path / "pools.py"
    file.write_text(HEAD + 'with Dag("d", pool="htp"):\n    fetch()\n')
    load_file(file)
    other = tmp_path / "again.py"
    other.write_text(file.read_text())
    said = "fetch: there is no pool 'htp'; add `htp = 4` under [pools] in flowlite.toml, or use 'http'"
    with (
        defaults.using(defaults.Defaults(pools=frozenset({"http"}))),
        pytest.raises(DeclarationError, match=re.escape(said)),
    ):
        load_file(other)


def test_a_notebook_cell_can_not_run_in_a_process_of_its_own():
    cell = compile(
        "from flowlite import *\n@task(isolation='process')\ndef f(): ...\nwith Dag('d'):\n    f()\n",
        "<cell 3>",
        "exec",
    )
    with pytest.raises(
        DeclarationError, match=r'<cell 3>:5: f: isolation="process" can\'t import \'f\', which has no file'
    ):
        exec(cell, {"__name__": "__main__"})
