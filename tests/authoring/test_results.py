"""Results: from a value to JSON text, from there to the parameter that takes it, and what the machine is told."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Optional
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel

from flowlite import Context, Dag, task
from flowlite.authoring.calls import call_arguments, encode_result, facts_of
from flowlite.authoring.context import RunFacts
from flowlite.authoring.decode import Mismatch, decoded
from flowlite.authoring.encode import NotEncodable
from flowlite.authoring.facts import ResultUnfit


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Row(BaseModel):
    city: str
    at: datetime
    path: Path | None = None


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    at: datetime
    name: str = Field(alias="theName")


class Names(RootModel[list[str]]):
    pass


@dataclass
class Point:
    x: float
    when: date
    tags: tuple[str, ...] = ()


class Pair(NamedTuple):
    left: int
    right: str


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_plain_json_comes_back_as_it_was(value):
    text = encode_result(value)
    text.encode()
    assert decoded("t", "x", json.loads(text), Any, text) == value


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
TYPED = [
    (st.datetimes(timezones=ZONES), datetime),
    (st.datetimes(), datetime),
    (st.dates(), date),
    (st.times(), time),
    (st.timedeltas(timedelta(days=-9999), timedelta(days=9999)), timedelta),
    (st.decimals(allow_nan=False, allow_infinity=False), Decimal),
    (st.uuids(), UUID),
    (st.lists(st.datetimes(timezones=ZONES)), list[datetime]),
    (st.dictionaries(st.text(), st.dates()), dict[str, date]),
    (st.none() | st.dates(), Optional[date]),  # noqa: UP045
    (st.tuples(st.integers(), st.dates()), tuple[int, date]),
    (st.frozensets(st.integers()), frozenset[int]),
    (st.sampled_from(Color), Color),
    (st.builds(PurePosixPath, st.sampled_from(["/a/b", "c.txt", "."])), PurePosixPath),
    (st.builds(Point, st.floats(allow_nan=False, allow_infinity=False), st.dates(), st.tuples(st.text())), Point),
    (st.builds(Row, city=st.text(), at=st.datetimes(timezones=ZONES), path=st.just(Path("a/b"))), Row),
    (st.lists(st.builds(Row, city=st.text(), at=st.datetimes(timezones=ZONES))), list[Row]),
    (st.builds(Pair, st.integers(), st.text()), Pair),
]  # fmt: skip


@given(st.data(), st.sampled_from(TYPED))
def test_typed_values_come_back_by_their_annotation(data, typed):
    values, hint = typed
    value = data.draw(values)
    text = encode_result(value)
    assert decoded("t", "x", json.loads(text), hint, text) == value


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (Strict(at=datetime(2024, 1, 1, tzinfo=UTC), theName="a"), Strict),
        (Names(["a"]), Names),
        ([Point(1.0, date(2024, 1, 1))], list[Point]),
        ({"a": Path("x")}, dict[str, Path]),
        (Level.LOW, Level),
        (None, Optional[Row]),  # noqa: UP045
        ("\ud800", str),
        (10**40, int),
    ],
)
def test_odd_values_come_back_too(value, hint):
    text = encode_result(value)
    text.encode()
    assert decoded("t", "x", json.loads(text), hint, text) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "nan (float) at result is no JSON"),
        ({"rows": [1, 2, 3, {"x": math.inf}]}, 'inf (float) at result["rows"][3]["x"] is no JSON'),
        ({"rows": [Point(math.nan, date(2024, 1, 1))]}, 'nan (float) at result["rows"][0].x is no JSON'),
        ({1: 2}, "key 1 (int) at result is no text"),
        ({"a": {None: 1}}, 'key None (NoneType) at result["a"] is no text'),
        ([object()], "object at result[0] is no JSON"),
        ([b"x"], "bytes at result[0] is no JSON"),
        ({"f": print}, 'builtin_function_or_method at result["f"] is no JSON'),
        ([Row], "at result[0] is no JSON"),
    ],
)
def test_what_is_no_json_is_told_with_its_type_and_place(value, said):
    with pytest.raises(NotEncodable) as caught:
        encode_result(value)
    assert said in str(caught.value)


def test_a_number_too_long_for_text_is_told():
    with pytest.raises(NotEncodable, match="Exceeds the limit"):
        encode_result(10**5000)


def test_a_value_that_contains_itself_is_told():
    value: list[Any] = []
    value.append(value)
    with pytest.raises(NotEncodable, match="contains itself"):
        encode_result(value)


# --- calls ----------------------------------------------------------------------------------------------------------
@task
def give() -> Any: ...


def built(function, *args, mapped=None, **kwargs):
    with Dag("d") as dag:
        source = give()
        if mapped is not None:
            function.partial(*args, **kwargs).map(source if mapped == "result" else mapped)
        else:
            function(*(source if arg is give else arg for arg in args), **kwargs)
    return dag.specs[function.__name__]


def called(spec, results, index=None, context=None):
    return call_arguments(spec, lambda task, at: results.get((task, at)), context, index)


def test_an_argument_is_decoded_by_its_annotation():
    @task
    def use(rows: list[Row], unit="C"): ...

    spec = built(use, give)
    text = '[{"city": "Berlin", "at": "2024-01-01T00:00:00Z"}]'
    args, kwargs = called(spec, {("give", None): text})
    assert (args, kwargs) == ((), {"rows": [Row(city="Berlin", at=datetime(2024, 1, 1, tzinfo=UTC))]})


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [("int", '"42"', 42), ("float", "3", 3.0), ("Path", '"a"', Path("a")), ("'Gone'", "1", 1)],
)
def test_text_of_a_command_fits_a_number(hint, text, value):
    space = {"Path": Path, "task": task}
    exec(f"from __future__ import annotations\n@task\ndef use(x: {hint}): ...", space)
    kwargs = called(built(space["use"], give), {("give", None): text})[1]
    assert kwargs == {"x": value}
    assert type(kwargs["x"]) is type(value)


def test_a_mismatch_names_the_parameter():
    @task
    def use(count: int): ...

    with pytest.raises(
        Mismatch, match="use: parameter 'count' is declared as int, count got 'many': Input should be a valid integer"
    ):
        called(built(use, give), {("give", None): '"many"'})


def test_a_plain_upstream_without_success_is_none():
    @task
    def use(count: int): ...

    assert called(built(use, give), {}) == ((), {"count": None})


def test_a_mapped_upstream_is_the_list_of_its_successes():
    @task
    def use(rows: list[dict]): ...

    with Dag("d") as dag:
        mapped = num.map([1, 2, 3])
        use(mapped)
        use.options(id="parts")(mapped["k"])
    results = {("num", None): ['{"k": {"a": 1}}', '{"k": {"a": 3}}']}
    assert called(dag.specs["use"], results)[1] == {"rows": [{"k": {"a": 1}}, {"k": {"a": 3}}]}
    assert called(dag.specs["parts"], results)[1] == {"rows": [{"a": 1}, {"a": 3}]}
    assert called(dag.specs["use"], {("num", None): []})[1] == {"rows": []}


@task
def num(x: int): ...


def test_elements_come_from_lists_results_and_pairs():
    @task
    def use(x: int): ...

    assert called(built(use, mapped=[5, 6]), {}, 1)[1] == {"x": 6}
    assert called(built(use, mapped="result"), {("give", None): "[7, 8]"}, 0)[1] == {"x": 7}
    with Dag("d") as dag:
        use.map(num.map([1, 2])["k"])
    assert called(dag.specs["use"], {("num", 1): '{"k": 9}'}, 1)[1] == {"x": 9}


def test_results_inside_lists_and_dicts_are_put_in_place():
    @task
    def use(x: Any): ...

    with Dag("d") as dag:
        use([1, {"a": give()["k"]}])
    assert called(dag.specs["use"], {("give", None): '{"k": [2]}'})[1] == {"x": [1, {"a": [2]}]}


def test_a_pick_of_what_is_not_there_is_told():
    with Dag("d") as dag:
        num(give()["rows"][2])
    with pytest.raises(Mismatch, match=r"the result of give has no \['rows'\]\[2\]: it is a list of 1"):
        called(dag.specs["num"], {("give", None): '{"rows": [1]}'})


def test_one_attempt_can_not_change_the_arguments_of_another():
    @task
    def use(x: list): ...

    spec = built(use, [[1]])
    called(spec, {})[1]["x"][0].append(2)
    assert called(spec, {})[1] == {"x": [[1]]}
    spec = built(use, mapped="result")
    called(spec, {("give", None): "[[1]]"}, 0)[1]["x"].append(2)
    assert called(spec, {("give", None): "[[1]]"}, 0)[1] == {"x": [1]}


def test_every_kind_of_parameter_is_filled():
    @task
    def use(a, ctx: Context, /, b, *rest, c=5, **more):
        return a, ctx, b, rest, c, more

    with Dag("d") as dag:
        use(1, 2, 3, 4, d=6)
    context = Context(
        RunFacts(dag_id="d", run_id="1", logical_at=0, interval_start_at=0, interval_end_at=0), "use", 1, None
    )
    args, kwargs = called(dag.specs["use"], {}, None, context)
    assert use.function(*args, **kwargs) == (1, context, 2, (3, 4), 5, {"d": 6})


# --- facts ----------------------------------------------------------------------------------------------------------
def test_facts_of_a_result():
    wanted = frozenset({"length:", 'length:["a"]', "truth:"})
    assert facts_of("[]", {"length:", "truth:"}, "t") == {"length:": 0, "truth:": False}
    assert facts_of('{"a": [1, 2]}', wanted - {"length:"}, "t") == {'length:["a"]': 2, "truth:": True}
    assert facts_of("1", frozenset(), "t") is None


@pytest.mark.parametrize(
    ("text", "chosen"),
    [('"a"', ["a"]), ('["a", "g"]', ["a", "g.b", "g.c"]), ("null", []), ("[]", []), ('["g.b", "g"]', ["g.b", "g.c"])],
)
def test_a_branch_chooses_tasks_and_groups(text, chosen):
    assert facts_of(text, {"chosen:"}, "t", ("a", "g.b", "g.c")) == {"chosen:": chosen}


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('{"a": 1}', "length:", "t is mapped over, but its result is an object with 'a'; return a list"),
        ('{"a": 1}', 'length:["a"]', 't is mapped over, but its result at ["a"] is 1; return a list'),
        ('"x"', "chosen:", "branch t chose 'x', which is not directly downstream; its choices are: a, g.b"),
        ("5", "chosen:", "branch t returned 5; return a task id, a list of them, or None"),
    ],
)
def test_a_result_that_leads_nowhere_is_told(text, key, said):
    with pytest.raises(ResultUnfit) as caught:
        facts_of(text, {key}, "t", ("a", "g.b"))
    assert str(caught.value) == said
