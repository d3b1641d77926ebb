"""Who is asking, for the record of what people changed."""

from __future__ import annotations

import getpass


def user() -> str:
    """The name of the account; `unknown` where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return "unknown"
