"""`@task`: a function that declares a task when called inside a DAG, and is a plain function anywhere else."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, ParamSpec, TypeVar, Unpack, cast, overload

from flowlite.authoring.bindings import binding, element, path_text
from flowlite.authoring.building import CURRENT, Builder, Node, builder_here
from flowlite.authoring.handles import Handle, MappedHandle
from flowlite.authoring.options import Options, SensorOptions, TaskOptions, options
from flowlite.authoring.problems import DeclarationError, here
from flowlite.authoring.signature import Signature
from flowlite.core.graph import Fact

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """What a function becomes when it is called inside a DAG."""

    function: Callable[..., Any]
    name: str
    kind: str  # "python" | "sensor"
    is_branch: bool
    signature: Signature
    extra_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """A task on its way to being called: `options`, `partial` and `when` in any order, then `map` or a call."""

    recipe: Recipe
    given: Options = field(default_factory=Options)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Handle, ...] = ()

    def options(self, **given: Unpack[SensorOptions]) -> Call:
        """The same task with other scheduling arguments, for this node."""
        named = f"{self.recipe.name}.options()"
        return replace(self, given=self.given.over(options(named, given, self.recipe.extra_options)))

    def partial(self, *args: Any, **kwargs: Any) -> Call:
        """Fix some arguments; the rest come from the call or the map."""
        return replace(self, args=(*self.args, *args), kwargs={**self.kwargs, **kwargs})

    def when(self, condition: Any) -> Call:
        """Run only if the result of `condition` is truthy; else be skipped."""
        if not isinstance(condition, Handle):
            raise DeclarationError(
                f"when({condition!r}) is no handle", "give what a task call returned, or use Python's `if`"
            )
        if condition.is_mapped:
            raise DeclarationError(
                f"when({condition!r}) has one result per element", "gather them in a task that decides, and use that"
            )
        return replace(self, conditions=(*self.conditions, condition))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if CURRENT.get() is None:
            self._refuse_conditions()
            return self.recipe.function(*self.args, *args, **{**self.kwargs, **kwargs})
        values = self._bound((*self.args, *args), {**self.kwargs, **kwargs}, fully=True)
        builder = builder_here(self.recipe.name)
        node = self._declared(builder, arguments={name: binding(value, builder) for name, value in values.items()})
        return Handle(node)

    def map(self, *iterables: Any, **named: Any) -> MappedHandle:
        """One task instance per element. Several iterables are zipped."""
        builder = builder_here(f"{self.recipe.name}.map()")
        if not iterables and not named:
            raise DeclarationError(f"{self.recipe.name}.map() got nothing to map over", "give a list or a handle")
        if self.recipe.is_branch:
            raise DeclarationError(f"{self.recipe.name} is a branch and can't be mapped", "map the tasks after it")
        values = self._bound((*self.args, *iterables), {**self.kwargs, **named}, fully=True)
        mapped = self._mapped_names(values, len(iterables), named)
        elements = {name: element(name, values[name], builder) for name in mapped}
        fixed = {name: binding(value, builder) for name, value in values.items() if name not in mapped}
        arguments = {**fixed, **{name: one for name, (one, _) in elements.items()}}
        return MappedHandle(self._declared(builder, arguments=arguments, over=tuple(n for _, n in elements.values())))

    def _mapped_names(self, values: Mapping[str, Any], positional: int, named: Mapping[str, Any]) -> list[str]:
        fixed = self._bound(self.args, dict(self.kwargs), fully=False)
        in_place = [name for name in values if name not in fixed and name not in named]
        return [*in_place[:positional], *named]

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, fully: bool) -> dict[str, Any]:
        return self.recipe.signature.bind(self.recipe.name, args, kwargs, here(), fully=fully)

    def _declared(self, builder: Builder, **parts: Any) -> Node:
        facts = tuple(self._condition(one, builder) for one in self.conditions)
        return builder.add(
            self.recipe,
            self.recipe.name,
            self.given,
            kind=self.recipe.kind,
            when=facts,
            is_branch=self.recipe.is_branch,
            more={"function": self.recipe.function, "context_names": self.recipe.signature.context_names},
            **parts,
        )

    def _condition(self, condition: Handle, builder: Builder) -> Fact:
        if condition.node.builder is not builder:
            raise DeclarationError(f"when({condition!r}) belongs to another DAG", "use a task of this one")
        return Fact("truth", condition.id, path_text(condition.path))

    def _refuse_conditions(self) -> None:
        if self.conditions:
            raise DeclarationError(f"{self.recipe.name}.when(...) stands outside a DAG", "use Python's `if` here")


class Task(Generic[P, R]):
    """A function made a task. `function` is the plain function, with its types."""

    def __init__(
        self,
        function: Callable[P, R],
        kind: str,
        given: Options,
        *,
        is_branch: bool = False,
        extra: tuple[str, ...] = (),
    ):
        self.function = function
        name = str(given.id or getattr(function, "__name__", ""))
        check_function(function, name, kind)
        recipe = Recipe(
            function=function,
            name=name,
            kind=kind,
            is_branch=is_branch,
            signature=Signature(function),
            extra_options=extra,
        )
        # The id of the decorator is a name to start from: a second call gets a number, as it does without one.
        self._call = Call(recipe=recipe, given=replace(given, id=None))
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def options(self, **given: Unpack[SensorOptions]) -> Call:
        """The same task with other scheduling arguments, for one node."""
        return self._call.options(**given)

    def partial(self, *args: Any, **kwargs: Any) -> Call:
        """Fix some arguments; the rest come from the call or the map."""
        return self._call.partial(*args, **kwargs)

    def when(self, condition: Any) -> Call:
        """Run only if the result of `condition` is truthy; else be skipped."""
        return self._call.when(condition)

    def map(self, *iterables: Any, **named: Any) -> MappedHandle:
        """One task instance per element. Several iterables are zipped."""
        return self._call.map(*iterables, **named)

    def __repr__(self) -> str:
        return f"<{self._call.recipe.kind} task {self._call.recipe.name}>"


def check_function(function: object, name: str, kind: str) -> None:
    """Only what can be called once and hand back one result can be a task."""
    if isinstance(function, Task | Call):
        raise DeclarationError(f"{name} is a task already", "decorate it once")
    if not callable(function) or isinstance(function, type) or not name:
        raise DeclarationError(
            f"@{'task' if kind == 'python' else kind} got {function!r}", "put it above a `def` or `async def`"
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise DeclarationError(
            f"{name} yields, and a task hands back one result", "return a list, and use t.map(...) on it"
        )


class TaskDecorator:
    """The type of `flowlite.task`: used bare, with arguments, or as `task.branch`."""

    @overload
    def __call__(self, function: Callable[P, R], /) -> Task[P, R]: ...
    @overload
    def __call__(self, /, **given: Unpack[TaskOptions]) -> Callable[[Callable[P, R]], Task[P, R]]: ...
    def __call__(self, function: Callable[..., Any] | None = None, /, **given: Any) -> Any:
        """Make a function a task: `@task` or `@task(retries=3, pool="http")`."""
        return decorated("@task", function, given, is_branch=False)

    @overload
    def branch(self, function: Callable[P, R], /) -> Task[P, R]: ...
    @overload
    def branch(self, /, **given: Unpack[TaskOptions]) -> Callable[[Callable[P, R]], Task[P, R]]: ...
    def branch(self, function: Callable[..., Any] | None = None, /, **given: Any) -> Any:
        """A task that returns the full id, or a list of ids, of the direct downstream tasks to follow."""
        return decorated("@task.branch", function, given, is_branch=True)


def decorated(what: str, function: Any, given: Mapping[str, Any], *, is_branch: bool) -> Any:
    """The task itself, or what makes one."""
    checked = options(what, given)

    def make(function: Callable[..., Any]) -> Task[..., Any]:
        return Task(function, "python", checked, is_branch=is_branch)

    return make if function is None else make(cast("Callable[..., Any]", function))


task = TaskDecorator()
