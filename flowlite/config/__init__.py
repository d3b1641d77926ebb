"""Configuration: flowlite.toml, the environment over it, and the settings that a task may ask for."""

from flowlite.config.active import active, channel, connection, use_everywhere, using
from flowlite.config.problems import ConfigError
from flowlite.config.reading import find, read
from flowlite.config.settings import Entry, Settings

__all__ = [
    "ConfigError",
    "Entry",
    "Settings",
    "active",
    "channel",
    "connection",
    "find",
    "read",
    "use_everywhere",
    "using",
]
