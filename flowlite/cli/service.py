"""`flowlite service`: the daemon as a systemd unit."""

from __future__ import annotations

import getpass

import click

from flowlite.cli.itself import command_line
from flowlite.cli.setting import Setting

UNIT = """\
# {how}
[Unit]
Description=flowlite for {root}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
{user}WorkingDirectory={root}
ExecStart={command} up
ExecReload=/bin/kill -HUP $MAINPID
# Only the daemon is stopped: the processes of running attempts go on, and the next start takes them up.
KillMode=process
# An upgrade may copy a large state file before it changes it.
TimeoutStartSec=15min
# Counts only while the daemon gives no sign of life: as long as it waits for attempts, it asks for more time.
TimeoutStopSec=90
Restart=on-failure
RestartSec=1
# A mistake in flowlite.toml does not mend itself.
RestartPreventExitStatus=2
WatchdogSec=60
OOMPolicy=continue
{score}UMask=0077
NoNewPrivileges=yes
LimitNOFILE=65536

[Install]
WantedBy={target}
"""


@click.command()
@click.option("--user", "for_user", is_flag=True, help="A unit of your own account, without root.")
@click.pass_obj
def service(setting: Setting, for_user: bool) -> None:
    """Print a systemd unit that runs the daemon for this project. Nothing is installed; its first lines say how."""
    click.echo(unit(setting, for_user=for_user), nl=False)


def unit(setting: Setting, *, for_user: bool) -> str:
    """The text of the unit."""
    name = f"flowlite-{setting.settings.root.resolve().name}.service"
    folder = "~/.config/systemd/user" if for_user else "/etc/systemd/system"
    again = "systemctl --user" if for_user else "systemctl"
    option = " --user" if for_user else ""
    how = f"flowlite service{option} > {folder}/{name}\n# {again} daemon-reload && {again} enable --now {name}" + (
        "\n# loginctl enable-linger    (so that it runs without you being logged in)" if for_user else ""
    )
    return UNIT.format(
        how=how,
        root=escaped(str(setting.settings.root.resolve())),
        user="" if for_user else f"User={getpass.getuser()}\n",
        command=" ".join(command(setting)),
        score="" if for_user else "OOMScoreAdjust=-500\n",  # only root may make itself a worse victim
        target="default.target" if for_user else "multi-user.target",
    )


def command(setting: Setting) -> list[str]:
    """`flowlite` with absolute paths: a unit has neither our PATH nor our folder."""
    found = [escaped(word) for word in command_line()]
    if setting.config_path is not None:
        found += ["--config", escaped(str(setting.config_path.resolve()))]
    return found if setting.state is None else [*found, "--state", escaped(str(setting.state_folder))]


def escaped(text: str) -> str:
    """As a unit file wants it."""
    text = text.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if " " in text else text
