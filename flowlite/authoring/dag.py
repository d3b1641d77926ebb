"""`Dag` and `@dag`: a set of tasks with the times at which it runs by itself."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType, TracebackType
from typing import Any, TypedDict, Unpack, overload
from zoneinfo import ZoneInfo

from flowlite.authoring import defaults, registry
from flowlite.authoring.building import Builder
from flowlite.authoring.closing import TaskDefaults, check_channels, close
from flowlite.authoring.dag_settings import Settings, settings_of
from flowlite.authoring.fingerprint import fingerprint
from flowlite.authoring.options import Notify
from flowlite.authoring.params import validated
from flowlite.authoring.problems import DeclarationError, Place, building_file, here, nearest
from flowlite.authoring.retry import Retry
from flowlite.authoring.schedules import Schedule, ScheduleLike
from flowlite.authoring.spec import TaskSpec
from flowlite.core.graph import BadGraph, Graph
from flowlite.core.retry import Backoff


class DagOptions(TypedDict, total=False):
    """What `Dag(id, ...)` and `@dag(...)` take."""

    schedule: ScheduleLike
    start: datetime | date | str | None
    end: datetime | date | str | None
    catchup: bool
    max_active_runs: int
    depends_on_past: bool
    params: type | None
    sla: timedelta | float | None
    timeout: timedelta | float | None
    priority: int
    pool: str
    retries: int | Retry | None
    tags: Sequence[str]
    owner: str
    team: str
    notify: Notify | None
    description: str
    paused: bool


class Dag:
    """A DAG: use it as `with Dag("id", schedule="@daily") as d: ...`, or let `@dag` build it from a function.

    It is complete when the `with` block ends; a block that raises leaves no DAG behind.
    """

    def __init__(self, id: str, **given: Unpack[DagOptions]) -> None:  # noqa: A002 - the word of the contract
        self.place: Place = here()
        self.file = building_file()
        self.settings: Settings = settings_of(id, given, self.place)
        self.upstream_dags: set[str] = set()
        self.downstream_dags: set[str] = set()
        self.following: dict[str, Dag] = {}  # the same as objects, for scripts that run them without a catalog
        self._builder: Builder | None = Builder(self.id)
        self._specs: Mapping[str, TaskSpec] = MappingProxyType({})
        self._graphs: dict[tuple[str, ...], Graph] = {}
        self.retrying_groups: dict[str, Backoff] = {}

    # --- what was declared ------------------------------------------------------------------------------------------
    @property
    def id(self) -> str:
        """Its name, unique in an installation."""
        return self.settings.id

    @property
    def line(self) -> int:
        """Where in `file` it was declared."""
        return self.place.line

    @property
    def specs(self) -> Mapping[str, TaskSpec]:
        """Its tasks by full id, in the order of declaration."""
        return self._specs

    @property
    def schedule(self) -> Schedule | None:
        """When it runs by itself."""
        return self.settings.schedule

    @property
    def timezone(self) -> ZoneInfo:
        """The zone of its dates: that of its schedule, else the default one."""
        return ZoneInfo(self.settings.timezone)

    @property
    def params_model(self) -> type | None:
        """The pydantic model of its parameters."""
        return self.settings.params_model

    def __getattr__(self, name: str) -> Any:
        # tags, owner, start, catchup ...: what was given to Dag(...), checked.
        if name != "settings" and name in Settings.__dataclass_fields__:
            return getattr(self.settings, name)
        raise AttributeError(f"a Dag has no {name!r}")

    # --- building ---------------------------------------------------------------------------------------------------
    def __enter__(self) -> Dag:
        if self._builder is None:
            raise DeclarationError(f"DAG {self.id!r} is complete", "declare all of its tasks in one `with` block")
        self._builder.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        builder, self._builder = self._builder, None
        assert builder is not None
        builder.close()
        if error is None:
            self._complete(builder)

    def _complete(self, builder: Builder) -> None:
        channels = defaults.channels()
        check_channels(f"DAG {self.id!r}", self.settings.notify, channels, None)
        given = TaskDefaults(
            pool=self.settings.pool, retries=self.settings.retries, pools=defaults.pools(), channels=channels
        )
        self._specs = MappingProxyType(close(builder, given))
        self.retrying_groups = {group.id: group.retries.policy for group in builder.groups.values() if group.retries}
        self.graph()
        registry.add(self)

    # --- what the engine asks for -----------------------------------------------------------------------------------
    def graph(self) -> Graph:
        """The graph for the machine; made once, and again only when DAGs after this one were added."""
        then = tuple(sorted(self.downstream_dags))
        if then not in self._graphs:
            self._graphs = {then: self._made_graph(then)}
        return self._graphs[then]

    def _made_graph(self, then: tuple[str, ...]) -> Graph:
        try:
            return Graph(
                self.id,
                [spec.task for spec in self._specs.values()],
                max_active_runs=self.settings.max_active_runs,
                priority=self.settings.priority,
                then=then,
                sla_s=self.settings.sla_s,
                timeout_s=self.settings.timeout_s,
                groups=self.retrying_groups,
            )
        except BadGraph as bad:
            raise self._placed(bad) from None

    def _placed(self, bad: BadGraph) -> DeclarationError:
        spec = self._specs.get(bad.task_id or "")
        place = Place(spec.file, spec.line) if spec and spec.file and spec.line else self.place
        message, _, fix = str(bad).partition("; ")
        return DeclarationError(message, fix or "change the declaration", place)

    def fingerprint(self) -> str:
        """The same text for the same declaration: two versions of a DAG differ in it."""
        return fingerprint(self)

    def validate_params(self, given: Any = None) -> tuple[Any, str]:
        """The parameters as the tasks see them (model instance or dict), and as JSON text. Raises BadParams."""
        return validated(self.id, self.params_model, given)

    def only(self, *names: str) -> Dag:
        """This DAG with nothing but these tasks and groups and all that they need upstream; no other DAG follows it.

        Raises DeclarationError for a name that it does not have.
        """
        graph = self.graph()
        for name in names:
            if not graph.select(name):
                what = f"DAG {self.id!r} has no task {name!r}"
                raise DeclarationError(what, f"use {nearest(name, self._specs)}", self.place)
        wanted = {graph.tasks[number].id for number in graph.needed_by(names)}
        part = copy.copy(self)
        kept = {id_: within(spec, wanted) for id_, spec in self._specs.items() if id_ in wanted}
        part._specs = MappingProxyType(kept)
        part._graphs, part.downstream_dags, part.following = {}, set(), {}
        return part

    # --- between DAGs -----------------------------------------------------------------------------------------------
    def __rshift__(self, other: Any) -> Any:
        for after in dags_in(other):
            link(self, after)
        return other

    def __lshift__(self, other: Any) -> Any:
        for before in dags_in(other):
            link(before, self)
        return other

    def __rrshift__(self, other: Any) -> Dag:
        self.__lshift__(other)
        return self

    def __rlshift__(self, other: Any) -> Dag:
        self.__rshift__(other)
        return self

    def __repr__(self) -> str:
        return f"<Dag {self.id}>"


def within(spec: TaskSpec, wanted: Set[str]) -> TaskSpec:
    """A branch can't choose what is left out."""
    return replace(spec, choices=tuple(one for one in spec.choices if one in wanted)) if spec.choices else spec


def dags_in(side: Any) -> list[Dag]:
    """One DAG or a list of them."""
    found = list(side) if isinstance(side, list | tuple) else [side]
    for one in found:
        if not isinstance(one, Dag):
            raise DeclarationError(
                f"{one!r} can't stand beside a DAG and >>", "connect DAGs with DAGs, and tasks with tasks"
            )
    return found


def link(before: Dag, after: Dag) -> None:
    """When `before` succeeds, `after` runs for the same logical date."""
    if before.id == after.id:
        raise DeclarationError(f"DAG {before.id!r} can't start itself", "take this edge out")
    before.downstream_dags.add(after.id)
    before.following[after.id] = after
    after.upstream_dags.add(before.id)


class NamedDagOptions(DagOptions, total=False):
    """What `@dag(...)` takes."""

    id: str


@overload
def dag(function: Callable[[], Any], /) -> Dag: ...
@overload
def dag(**given: Unpack[NamedDagOptions]) -> Callable[[Callable[[], Any]], Dag]: ...
def dag(function: Any = None, /, **given: Any) -> Any:
    """Build a DAG from a function, once, here; its name is bound to the Dag."""
    place = here()
    return built(function, given, place) if function is not None else lambda function: built(function, given, place)


def built(function: Any, given: dict[str, Any], place: Place) -> Dag:
    """Call the function under a new Dag."""
    name = getattr(function, "__name__", None)
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function) or not name:
        raise DeclarationError(f"@dag got {function!r}", "put it above a plain `def` without arguments", place)
    check_takes_nothing(function, place)
    settings: dict[str, Any] = {"description": inspect.cleandoc(function.__doc__ or ""), **given}
    made = Dag(settings.pop("id", name), **settings)
    with made:
        function()
    return made


def check_takes_nothing(function: Callable[..., Any], place: Place) -> None:
    """The function runs once, at import, when there are no parameters yet."""
    needed = [name for name, one in inspect.signature(function).parameters.items() if one.default is one.empty]
    if needed:
        raise DeclarationError(
            f"@dag {function.__name__}() takes {', '.join(needed)}, but it is called once, without arguments",
            "use params= with a pydantic model, and read ctx.params in the tasks",
            place,
        )
