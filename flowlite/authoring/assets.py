"""Assets: data known by name, and the expressions over them that start a DAG."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flowlite.authoring.problems import DeclarationError


class AssetExpression:
    """Assets joined by `&` and `|`, nested as you like. It has no fire times: updates make it due."""

    __slots__ = ()

    def __and__(self, other: AssetExpression) -> AllOf:
        return AllOf((*parts(self, AllOf), *parts(other, AllOf)))

    def __or__(self, other: AssetExpression) -> AnyOf:
        return AnyOf((*parts(self, AnyOf), *parts(other, AnyOf)))

    def next_after(self, instant: datetime) -> datetime | None:
        """None: no clock knows when an asset is updated."""
        return None

    def names(self) -> frozenset[str]:
        """Every asset that is named."""
        raise NotImplementedError

    def is_due(self, updated: Collection[str]) -> bool:
        """Whether the updates since the last run are enough for the next one."""
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise DeclarationError("`and`, `or` and `if` don't work on assets", "join them with & and |")


@dataclass(frozen=True, slots=True)
class Asset(AssetExpression):
    """A piece of data that tasks make (`outlets=`) and DAGs wait for (`schedule=`)."""

    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise DeclarationError(f"Asset({self.name!r}) has no name", "give it some text")

    def names(self) -> frozenset[str]:
        return frozenset([self.name])

    def is_due(self, updated: Collection[str]) -> bool:
        return self.name in updated


@dataclass(frozen=True, slots=True)
class AllOf(AssetExpression):
    """Due when every part is."""

    items: tuple[AssetExpression, ...]

    def names(self) -> frozenset[str]:
        return frozenset().union(*(item.names() for item in self.items))

    def is_due(self, updated: Collection[str]) -> bool:
        return all(item.is_due(updated) for item in self.items)


@dataclass(frozen=True, slots=True)
class AnyOf(AssetExpression):
    """Due when one part is."""

    items: tuple[AssetExpression, ...]

    def names(self) -> frozenset[str]:
        return frozenset().union(*(item.names() for item in self.items))

    def is_due(self, updated: Collection[str]) -> bool:
        return any(item.is_due(updated) for item in self.items)


def parts(expression: object, kind: type[AllOf] | type[AnyOf]) -> tuple[AssetExpression, ...]:
    """`a & b & c` is one list of three."""
    if not isinstance(expression, AssetExpression):
        raise DeclarationError(f"{expression!r} is no asset", 'write Asset("name")')
    return expression.items if isinstance(expression, AllOf | AnyOf) and type(expression) is kind else (expression,)
