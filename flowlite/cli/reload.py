"""`flowlite reload`: the daemon reads its configuration and its DAG files again, as at SIGHUP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowlite.cli.output import json_option, print_json, say
from flowlite.cli.setting import Setting

if TYPE_CHECKING:
    from flowlite.client.client import Client


@click.command()
@json_option
@click.pass_obj
def reload(setting: Setting, as_json: bool) -> None:
    """Let the daemon read flowlite.toml and all DAG files again. What people set by hand stays."""
    from flowlite.service.daemon import NotUp

    async def work(client: Client) -> None:
        if client.daemon is None:
            raise NotUp(setting.state_folder)
        await client.remote.reload()

    setting.ask(work)
    if as_json:
        print_json({"is_reloaded": True})
    else:
        say("the daemon has read its configuration and DAG files again")
