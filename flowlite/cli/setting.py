"""Where a command works, from the global options and flowlite.toml; read when first needed: help costs nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.config import Settings
    from flowlite.service.desk import Desk
    from flowlite.service.places import Place

T = TypeVar("T")


@dataclass(frozen=True)
class Setting:
    """The global options, and what follows from them."""

    config: Path | None = None
    state: Path | None = None
    dag_file: Path | None = None  # only the DAGs of this file

    @cached_property
    def settings(self) -> Settings:
        """flowlite.toml with the environment over it. Raises ConfigError."""
        from flowlite.config import find, read, use_everywhere

        settings = read(self.config or find())
        use_everywhere(settings)
        return settings

    @property
    def config_path(self) -> Path | None:
        """The flowlite.toml in use, if there is one."""
        return self.settings.path

    @property
    def state_folder(self) -> Path:
        """Where runs, logs and results lie."""
        return self.state.absolute() if self.state is not None else self.settings.state_dir

    @property
    def state_file(self) -> Path:
        """The database in it."""
        return self.state_folder / "flowlite.db"

    @property
    def dag_folders(self) -> tuple[Path, ...]:
        """Where DAG files are looked for."""
        return (self.dag_file,) if self.dag_file is not None else self.settings.dag_folders

    @property
    def place(self) -> Place:
        """The same for a client."""
        from flowlite.service.places import Place

        settings = self.settings
        return Place(
            state=self.state_folder,
            dag_folders=self.dag_folders,
            is_one_file=self.dag_file is not None,
            timezone=settings.flowlite.timezone,
            durability=settings.flowlite.durability,
            pools=settings.pools,
            channels=settings.channel_names,
            has_config=settings.path is not None,
            secrets=settings.secrets,
            env={"FLOWLITE_CONFIG": str(settings.path)} if settings.path is not None else {},
        )

    def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """Open a client, ask it, and close it again."""
        import asyncio

        from flowlite.client.client import Client

        async def asked() -> T:
            async with Client(self.place) as client:
                return await question(client)

        return asyncio.run(asked())

    def change(self, verb: Callable[[Desk], Awaitable[T]]) -> T:
        """Have something changed: by the daemon if one is up, else by an engine of our own that starts nothing."""

        async def changed(client: Client) -> T:
            async with client.acting(is_still=True) as acting:
                return await verb(acting)

        return self.ask(changed)

    def for_dag(self, name: str) -> tuple[Setting, str | None]:
        """`DAG`, `FILE.py` or `FILE.py:DAG`: where to look, and for which DAG (None: the only one there)."""
        file, colon, dag_id = name.partition(".py")
        if not colon:
            return self, name
        return Setting(self.config, self.state, Path(f"{file}.py")), dag_id.removeprefix(":") or None
