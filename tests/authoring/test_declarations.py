"""What a DAG becomes: ids, edges, bindings, groups, maps, and how `options`, `partial` and `when` compose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import flowlite
from flowlite import Asset, Context, Dag, Retry, approve, chain, cron, dag, every, group, sensor, shell, task, trigger
from flowlite.authoring.spec import Compound, Const, Element, ResultOf
from flowlite.core.graph import Each, Fact


@task
def make(n=3):
    return list(range(n))


@task
async def use(x, unit="C", *, ctx: Context | None = None):
    return x


@task
def take(rows):
    return rows


def after(made, id_):
    return made.specs[id_].task.after


def test_a_function_builds_its_dag_once():
    @dag(schedule="@daily", tags=["a"], sla=timedelta(minutes=5), retries=2)
    def daily():
        """What it is for."""
        take(make())

    assert isinstance(daily, Dag)
    assert (daily.id, daily.description, daily.tags, daily.sla_s) == ("daily", "What it is for.", ("a",), 300.0)
    assert (list(daily.specs), after(daily, "take")) == (["make", "take"], ("make",))
    assert [spec.task.retry.max_retries for spec in daily.specs.values()] == [2, 2]
    assert daily.file == __file__


def test_outside_a_dag_a_task_is_its_function():
    assert take([1]) == [1]
    assert take.partial([1])() == [1]
    assert make.options(pool="x")(2) == [0, 1]


async def test_outside_a_dag_an_async_task_is_awaited():
    assert await use(3) == 3


def test_calls_without_an_id_are_numbered():
    with Dag("d") as made:
        make(), make(), make.options(id="own")(), make()
        with group("g"):
            make(), make()
    assert list(made.specs) == ["make", "make_2", "own", "make_3", "g.make", "g.make_2"]


def test_an_id_of_the_decorator_is_numbered_too():
    @task(id="fetch")
    def other():
        pass

    with Dag("d") as made:
        other(), other()
    assert list(made.specs) == ["fetch", "fetch_2"]


def test_edges_both_ways_and_in_lists():
    with Dag("d") as made:
        a, b, c, d, e = (make.options(id=name)() for name in "abcde")
        assert a >> b is b
        assert [b, c] << a is a
        assert (a >> [b, c]) == [b, c]
        assert [b, c] >> d is d
        assert e << d is d
    assert {id_: after(made, id_) for id_ in "abcde"} == {
        "a": (),
        "b": ("a",),
        "c": ("a",),
        "d": ("b", "c"),
        "e": ("d",),
    }


def test_chain_joins_tasks_lists_and_groups():
    with Dag("d") as made:
        a, b, c = (make.options(id=name)() for name in "abc")
        with group("g") as g:
            take(make())
        chain(a, [b, c], g, make.options(id="z")())
    assert after(made, "g.make") == ("b", "c")
    assert after(made, "g.take") == ("g.make",)
    assert after(made, "z") == ("g.take",)


def test_groups_inside_groups_join_at_their_ends():
    with Dag("d") as made:
        with group("outer") as outer:
            with group("one") as one:
                make()
            with group("two") as two:
                make()
            one >> two
        shell("true", id="first") >> outer >> shell("true", id="last")
    assert after(made, "outer.one.make") == ("first",)
    assert after(made, "outer.two.make") == ("outer.one.make",)
    assert after(made, "last") == ("outer.two.make",)


def test_a_group_that_retries_is_named_on_its_tasks():
    with Dag("d") as made:
        with group("g", retries=Retry(2, delay=5)):
            make()
            with group("inner"):
                make()
        make()
    assert [spec.task.group for spec in made.specs.values()] == ["g", "g", None]
    assert made.graph().groups["g"].max_retries == 2


def test_arguments_are_bound_by_name():
    with Dag("d") as made:
        use(make()["rows"][0], unit="F")
    assert made.specs["use"].arguments == {"x": ResultOf("make", ("rows", 0)), "unit": Const("F")}
    assert made.specs["use"].context_names == ("ctx",)


def test_handles_inside_lists_and_dicts_are_edges():
    with Dag("d") as made:
        take([make(), {"k": make()["z"]}, 3])
    bound = made.specs["take"].arguments["rows"]
    assert bound == Compound([ResultOf("make"), {"k": ResultOf("make_2", ("z",))}, 3])
    assert after(made, "take") == ("make", "make_2")


def test_a_map_over_a_list_knows_its_length():
    with Dag("d") as made:
        take(use.map(range(3)))
    assert made.specs["use"].task.over == (3,)
    assert made.specs["use"].arguments == {"x": Element(Const([0, 1, 2]))}
    assert made.specs["take"].arguments == {"rows": ResultOf("use")}


def test_a_map_over_a_result_waits_for_its_length():
    with Dag("d") as made:
        use.map(make()["rows"])
    assert made.specs["use"].task.over == (Fact("length", "make", '["rows"]'),)
    assert after(made, "use") == ()


def test_a_map_over_a_map_flows_element_by_element():
    with Dag("d") as made:
        use.options(id="b").map(use.options(id="a").map([1, 2])["x"])
    assert made.specs["b"].task.over == (Each("a"),)
    assert made.specs["b"].arguments == {"x": Element(ResultOf("a", ("x",)), is_paired=True)}


def test_several_iterables_are_zipped():
    with Dag("d") as made:
        use.map([1, 2], unit=make())
    assert made.specs["use"].task.over == (2, Fact("length", "make"))


def test_options_partial_and_when_compose_in_any_order():
    with Dag("d") as made:
        ask = make()
        use.when(ask).partial(unit="F").options(id="one", pool="p").map([1])
        use.options(id="two", pool="p").when(ask).partial(unit="F").map([1])
    one, two = made.specs["one"], made.specs["two"]
    assert one.task.when == two.task.when == (Fact("truth", "make"),)
    assert one.arguments == two.arguments
    assert one.task.pool == "p"


def test_partial_fixes_the_first_positions():
    with Dag("d") as made:
        use.partial(7).map(["C", "F"])
    assert made.specs["use"].arguments == {"x": Const(7), "unit": Element(Const(["C", "F"]))}


def test_a_branch_knows_its_choices():
    @task.branch
    def pick():
        return "left"

    with Dag("d") as made:
        with group("g") as g:
            make()
        pick() >> [shell("true", id="left"), g]
    assert made.specs["pick"].choices == ("g.make", "left")
    assert made.specs["pick"].task.is_branch


def test_a_sensor_has_one_timeout_for_the_whole_wait():
    @sensor(poke_every=timedelta(minutes=1), timeout=600, soft_fail=True)
    def ready():
        return True

    with Dag("d", retries=3) as made:
        ready()
    spec = made.specs["ready"]
    assert (spec.kind, spec.poke_every_s, spec.task.wait_timeout_s, spec.task.is_soft) == ("sensor", 60.0, 600.0, True)


def test_an_approval_takes_no_slot_and_no_retries():
    with Dag("d", retries=3) as made:
        approve("Publish?", approvers=["ana"], timeout=3600)
    spec = made.specs["approve"]
    assert (spec.kind, spec.question, spec.approvers) == ("approval", "Publish?", ("ana",))
    assert (spec.task.is_approval, spec.task.wait_timeout_s, spec.task.retry.max_retries) == (True, 3600.0, 0)


def test_a_trigger_passes_params():
    with Dag("d") as made:
        trigger("other.dag", params={"n": make()["n"]}, wait=True)
    spec = made.specs["trigger_other_dag"]
    assert (spec.trigger_dag_id, spec.trigger_waits) == ("other.dag", True)
    assert spec.arguments == {"params": Compound({"n": ResultOf("make", ("n",))})}


def test_a_result_in_a_command_is_an_edge():
    with Dag("d") as made:
        make()
        shell("echo {{ result('make') }}", env={"A": '{{ result("make") }}'})
    assert made.specs["shell"].arguments == {"make": ResultOf("make")}
    assert after(made, "shell") == ("make",)


def test_where_work_runs():
    @task(isolation="process", memory="1GiB")
    def apart():
        pass

    apart.function.__qualname__ = "apart"
    with Dag("d") as made:
        make(), use(1), apart(), shell("true", memory="500MB"), approve("?")
    assert [spec.isolation for spec in made.specs.values()] == ["thread", "loop", "process", "shell", "none"]
    assert made.specs["apart"].memory_bytes == 1 << 30
    assert made.specs["shell"].memory_bytes == 500_000_000


def test_the_context_is_found_wherever_and_however_it_is_annotated():
    @task
    def first(ctx: Context, x):
        pass

    @task
    def last(x, *, c: flowlite.Context):
        pass

    @task
    def text(x, c: "flowlite.Context | None" = None):  # noqa: UP037
        pass

    with Dag("d") as made:
        first(1), last(1), text(1)
    assert [spec.context_names for spec in made.specs.values()] == [("ctx",), ("c",), ("c",)]
    assert all(list(spec.arguments) == ["x"] for spec in made.specs.values())


def test_retry_policies_come_from_the_task_first():
    policy = Retry(
        4, backoff="exponential", delay=2, max_delay=300, on=ConnectionError, never_on=(KeyError,), on_exit_codes=(75,)
    )
    with Dag("d", retries=1, pool="p") as made:
        make.options(retries=policy)(), make(), make.options(retries=0, pool="q")()
    specs = list(made.specs.values())
    assert [spec.task.retry.max_retries for spec in specs] == [4, 1, 0]
    assert [spec.task.pool for spec in specs] == ["p", "p", "q"]
    assert (specs[0].retry_on, specs[0].never_on, specs[0].retry_exit_codes) == ((ConnectionError,), (KeyError,), {75})


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        ("fixed", [2, 2, 2, 2, 2]),
        ("linear", [2, 4, 6, 8, 10]),
        ("exponential", [2, 4, 8, 16, 20]),
        ("fibonacci", [2, 2, 4, 6, 10]),
    ],
)
def test_delays_by_the_digit(backoff, delays):
    policy = Retry(9, delay=timedelta(seconds=2), backoff=backoff, max_delay=20)
    assert [policy.delay_before(n) for n in range(1, 6)] == delays


def test_notify_as_a_list_means_what_hurts():
    with Dag("d", notify=["slack:ops"]) as made:
        make.options(notify={"success": ["log:x"]})()
    assert made.notify == {"failure": ("slack:ops",), "sla": ("slack:ops",), "recovered": ("slack:ops",)}
    assert made.specs["make"].notify == {"success": ("log:x",)}


def test_dates_without_a_zone_are_in_the_zone_of_the_schedule():
    with Dag("d", schedule=cron("0 0 * * *", tz="Europe/Berlin"), start="2024-01-01", catchup=True) as made:
        make()
    assert made.start == datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert made.timezone.key == "Europe/Berlin"


def test_dags_are_connected_by_id():
    dags = []
    for name in "abcd":
        with Dag(name) as made:
            make()
        dags.append(made)
    a, b, c, d = dags
    assert a >> b is b
    assert [b, c] >> d is d
    a << c
    chain(a, b)
    assert a.downstream_dags == {"b"}
    assert a.graph().then == ("b",)
    assert d.upstream_dags == {"b", "c"}
    assert a.upstream_dags == {"c"}


def test_assets_join_by_and_and_or():
    a, b, c = Asset("a"), Asset("b"), Asset("c")
    both = a & (b | c)
    assert both.names() == {"a", "b", "c"}
    assert [both.is_due(names) for names in (["a"], ["b", "c"], ["a", "c"])] == [False, False, True]
    assert both.next_after(datetime.now(UTC)) is None
    with Dag("d", schedule=a | b) as made:
        make.options(outlets=[c])()
    assert made.schedule.is_due({"b"})
    assert made.specs["make"].task.outlets == ("c",)


def test_several_schedules_are_one():
    with Dag("d", schedule=["0 6 * * *", every(hours=6), Asset("a")]) as made:
        make()
    here = datetime(2026, 1, 1, tzinfo=UTC)
    assert made.schedule.next_after(here) == here + timedelta(hours=6)
    assert made.schedule.previous_before(here + timedelta(hours=6)) == here
    assert made.schedule.assets.names() == {"a"}


def test_every_counts_elapsed_time_from_its_anchor():
    here = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert every(hours=6).next_after(here) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert every(hours=6, anchor="2026-01-01T01:00").next_after(here) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert every(weeks=1).next_after(here) == datetime(2026, 3, 30, tzinfo=UTC)
    at = every(minutes=15).next_after(here)
    assert every(minutes=15).interval_before(at) == (here, at)
    assert every(minutes=15).previous_before(at) == here


def test_the_same_declaration_has_the_same_fingerprint():
    def built(pool):
        with Dag("d") as made:
            take(use.options(pool=pool).map([1, 2]))
        return made.fingerprint()

    assert built("a") == built("a")
    assert built("a") != built("b")


def test_a_block_that_raises_leaves_later_calls_alone():
    with pytest.raises(RuntimeError), Dag("d"):
        raise RuntimeError
    assert make(1) == [0]
