"""What an error means to whoever called the command: its exit code. One table; the rest is its message."""

from __future__ import annotations

import click

WORK_FAILED = 1
WRONG_USE = 2

# By class and everything derived from it; the nearest class in the list of ancestors decides. Kept as names, so that
# the table costs no import.
EXIT_CODES = {
    "flowlite.core.errors.FlowliteError": WRONG_USE,
    "flowlite.store.errors.StoreError": WORK_FAILED,
    "flowlite.store.errors.DateTaken": WRONG_USE,
    "flowlite.engine.lock.StateInUse": WORK_FAILED,
    "flowlite.engine.loop.EngineStopped": WORK_FAILED,
    "flowlite.service.daemon.NotUp": WORK_FAILED,
    "flowlite.client.remote_line.DaemonSilent": WORK_FAILED,
    "flowlite.client.remote_line.DaemonLeft": WORK_FAILED,
    "flowlite.service.api.faults.DaemonFault": WORK_FAILED,
    "flowlite.service.api.faults.TooSlow": WORK_FAILED,
    "builtins.OSError": WORK_FAILED,
}


class Refused(click.ClickException):
    """An error of flowlite on its way out: one line, one exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: object = None) -> None:
        """`flowlite: ` and the message, on stderr, made safe."""
        from flowlite.core.terminal_text import safe

        click.echo(f"{click.style('flowlite:', fg='red')} {safe(self.message)}", err=True)


class WorkFailed(Refused):
    """The command did what it was asked for, and the work itself failed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, WORK_FAILED)


def refused(error: Exception) -> Refused:
    """The error as the command line tells it."""
    return Refused(told(error), exit_code(error))


def exit_code(error: BaseException) -> int:
    """What the table says of the nearest of its classes."""
    for ancestor in type(error).__mro__:
        if (code := EXIT_CODES.get(f"{ancestor.__module__}.{ancestor.__qualname__}")) is not None:
            return code
    return WORK_FAILED


def told(error: Exception) -> str:
    """Its message; one from the operating system says first what could not be done."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {(error.strerror or 'cannot be used').lower()}"
    return str(error)


def wrong_use(error: click.UsageError) -> Refused:
    """A usage error in one line, with the way to the help."""
    path = error.ctx.command_path if error.ctx else "flowlite"
    message = error.format_message().rstrip(".")
    return Refused(f"{message[:1].lower()}{message[1:]}; see `{path} --help`", WRONG_USE)
