"""The `flowlite` command itself: global options, the table of commands, and where errors turn into words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from flowlite.cli.faults import refused, wrong_use
from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.setting import Setting
from flowlite.core.errors import FlowliteError

COMMANDS = {
    "init": Lazy("flowlite.cli.init:init", "Write a small working project."),
    "up": Lazy("flowlite.cli.up:up", "Start the daemon."),
    "down": Lazy("flowlite.cli.down:down", "Stop the daemon."),
    "status": Lazy("flowlite.cli.status:status", "Show whether the daemon is up and what went wrong last."),
    "reload": Lazy("flowlite.cli.reload:reload", "Let the daemon read its configuration and DAG files again."),
    "tui": Lazy("flowlite.cli.tui:tui", "Show everything, live, in this terminal."),
    "web": Lazy("flowlite.cli.web:web", "Show the same in a browser, behind a login."),
    "service": Lazy("flowlite.cli.service:service", "Print a systemd unit for the daemon."),
    "run": Lazy("flowlite.cli.run:run", "Run a DAG now and follow it live."),
    "trigger": Lazy("flowlite.cli.trigger:trigger", "Ask for a run of a DAG, and do not wait for it."),
    "backfill": Lazy("flowlite.cli.backfill:backfill", "Run a DAG for a range of past dates."),
    "backfills": Lazy("flowlite.cli.backfills:backfills", "List, show, pause, resize, cancel and retry backfills."),
    "why": Lazy("flowlite.cli.why:why", "Say why a run failed, or why something is not running yet."),
    "logs": Lazy("flowlite.cli.logs:logs", "Show the log of a task."),
    "stats": Lazy("flowlite.cli.stats:stats", "Show how long a DAG takes and how often it goes well."),
    "dags": Lazy("flowlite.cli.dags:dags", "List, show, draw, pause and unpause DAGs; their next fires."),
    "runs": Lazy("flowlite.cli.runs:runs", "List, show, retry, clear, mark, cancel and prioritize runs."),
    "pools": Lazy("flowlite.cli.pools:pools", "List the pools and their slots, and change their sizes."),
    "users": Lazy("flowlite.cli.users:users", "Add, list, change and remove those who may use the API."),
    "tokens": Lazy("flowlite.cli.tokens:tokens", "Make, list and revoke tokens for the API over TCP."),
    "sla": Lazy("flowlite.cli.sla:sla", "Show which deadlines were kept, and how often."),
    "notify": Lazy("flowlite.cli.notify:notify", "Send a test message to the channels of alerts."),
    "connections": Lazy("flowlite.cli.connections:connections", "List, show and try the connections of flowlite.toml."),
    "assets": Lazy("flowlite.cli.assets:assets", "List the assets and their updates; say that one has new data."),
    "approvals": Lazy("flowlite.cli.approvals:approvals", "List what waits for a person, and answer."),
    "check": Lazy("flowlite.cli.check:check", "Load every DAG file and report every problem."),
    "doctor": Lazy("flowlite.cli.doctor:doctor", "Check this machine and say how to fix what is missing."),
    "db": Lazy("flowlite.cli.db:db", "Back up, restore, check, prune and migrate the state."),
    "demo": Lazy("flowlite.cli.demo:demo", "Play the example pipelines on embedded stand-ins."),
}


class RootGroup(LazyGroup):
    """Turns what flowlite and the operating system raise into one line and an exit code."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        """Parse the global options."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise wrong_use(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Carry the command out."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise wrong_use(error) from error
        except BrokenPipeError:
            raise
        except (FlowliteError, OSError) as error:
            raise refused(error) from error


def _version(ctx: click.Context, option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        click.echo(f"flowlite {version('flowlite')}")
        ctx.exit()


@click.group(
    "flowlite",
    cls=RootGroup,
    lazy=COMMANDS,
    epilog="Run `flowlite init` in an empty folder to begin.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="flowlite.toml to use.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="State folder to use.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def flowlite(ctx: click.Context, config: Path | None, state: Path | None) -> None:
    """The orchestrator for one machine."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    ctx.obj = Setting(config=config, state=state)
