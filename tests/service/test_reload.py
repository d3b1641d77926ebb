"""A running daemon reads its configuration again: what changes, what stays, and what is said."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import sys
import urllib.error
import urllib.request

import pytest

HELD = """
    import os, time
    from pathlib import Path
    from flowlite import Dag, connection, dag, shell, task

    HERE = Path(os.environ["FLOWLITE_TEST"])

    @task(pool="http")
    def show():
        print("the password is", connection("shop").token)
        (HERE / f"seen.{connection('shop').token}").touch()

    @dag
    def shown():
        show()

    @dag
    def beside():
        shell('echo "$WORD"', id="say", env={"WORD": "hunter2000"})
"""
SHOP = """
    [pools]
    http = 4
    [connections.shop]
    type = "http"
    token = "hunter1000"
"""


def pools(project) -> dict[str, int]:
    return {one["name"]: one["size"] for one in json.loads(project.flowlite("pools", "list", "--json"))}


def hang_up(project, said: str = "the configuration is read again") -> None:
    before = project.said().count(said)
    project.daemons[-1].send_signal(signal.SIGHUP)
    project.wait_for(lambda: project.said().count(said) > before)


@pytest.fixture
def shop(project):
    project.configure(SHOP)
    project.write("held.py", HELD)
    project.up()
    return project


def test_pools_get_their_new_sizes_and_a_person_s_stays(shop):
    shop.flowlite("pools", "set", "default", "7")
    shop.configure(SHOP.replace("http = 4", "http = 9\ndefault = 3"))
    hang_up(shop)
    shop.wait_for(lambda: pools(shop) == {"default": 7, "http": 9})
    assert "changed: pools" in shop.said()
    shop.flowlite("pools", "reset", "default")
    assert pools(shop) == {"default": 3, "http": 9}


def test_tasks_get_their_new_connections_and_new_secrets_are_masked(shop):
    for dag in ("shown", "beside"):
        shop.flowlite("run", dag)
    assert (shop.root / "seen.hunter1000").exists()
    shop.configure(SHOP.replace("hunter1000", "hunter2000"))
    hang_up(shop, "changed: connections")
    for dag in ("shown", "beside"):
        shop.flowlite("run", dag)
    assert (shop.root / "seen.hunter2000").exists()
    logs = {path.parent.name: path.read_text() for path in (shop.state / "logs").rglob("*.log") if "show." in path.name}
    assert all("the password is ***" in text for text in logs.values())
    said = [path.read_text() for path in sorted((shop.state / "logs" / "beside").rglob("say.*.log"))]
    assert ["hunter2000" in text for text in said] == [True, False]


def test_the_port_opens_moves_and_closes(shop):
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        ports = first.getsockname()[1], second.getsockname()[1]
    for port in (*ports, None):
        shop.configure(SHOP + (f"\n    [api]\n    port = {port}\n" if port else ""))
        hang_up(shop, "changed: api")
        shop.wait_for(lambda port=port: [is_open(one) for one in ports] == [one == port for one in ports])


def is_open(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False
    return False


def test_other_folders_other_dags(shop):
    (shop.root / "more").mkdir()
    (shop.root / "more" / "new.py").write_text(
        "from flowlite import dag, shell\n@dag\ndef new():\n    shell('true', id='t')\n"
    )
    toml = shop.root / "flowlite.toml"
    toml.write_text(toml.read_text().replace('["pipelines"]', '["more"]'))
    hang_up(shop)
    shop.wait_for(lambda: "shown is gone from the DAG folder" in shop.said())
    assert "new is new in the DAG folder" in shop.said()
    (shop.root / "more" / "new.py").write_text("def (")
    shop.wait_for(lambda: "syntax error" in shop.said())  # the new folder is watched


def test_what_can_t_change_is_said(shop):
    toml = shop.root / "flowlite.toml"
    toml.write_text(toml.read_text().replace('state = "state"', 'state = "elsewhere"\ndurability = "normal"'))
    hang_up(shop)
    shop.wait_for(lambda: "durability stays full until the next start" in shop.said())
    assert f"state stays {shop.state} until the next start" in shop.said()
    assert json.loads(shop.flowlite("--state", "state", "status", "--json"))["is_up"]


def test_a_configuration_that_can_t_be_read_changes_nothing(shop):
    shop.configure(SHOP.replace("http = 4", 'http = "many"'))
    hang_up(shop, "it can't all be read again")
    shop.configure(SHOP)
    assert pools(shop)["http"] == 4
    (shop.root / "good.toml").write_text((shop.root / "flowlite.toml").read_text())
    shop.configure(SHOP.replace("[pools]", "[pool]"))
    assert "did you mean" in shop.flowlite("--config", "good.toml", "reload", code=2)
    shop.configure(SHOP.replace("http = 4", "http = 5"))
    assert shop.flowlite("reload") == "the daemon has read its configuration and DAG files again\n"
    assert pools(shop)["http"] == 5


def test_alerts_go_to_the_new_channels(shop, tmp_path):
    shop.write("bad.py", "from flowlite import dag, shell\n@dag\ndef bad():\n    shell('exit 3', id='t')\n")
    shop.wait_for(lambda: "bad is new" in shop.said())
    shop.configure(SHOP + '\n    [channels.here]\n    type = "log"\n    [notify]\n    failure = ["here"]\n')
    hang_up(shop, "changed: channels, notify")
    shop.flowlite("run", "bad", code=1)
    shop.wait_for(lambda: "bad failed: run 1 for" in shop.said())


def test_where_none_is_up_there_is_none_to_ask(project):
    assert "no daemon works on" in project.flowlite("reload", code=1)


def test_with_its_terminal_gone_it_leaves(project):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(project.root)
        os.execv(sys.executable, [sys.executable, "-m", "flowlite", "up"])
    said = b""
    while b"is up" not in said:
        said += os.read(terminal, 1_000)
    os.kill(pid, signal.SIGHUP)
    while b"read again" not in said:
        said += os.read(terminal, 1_000)
    os.close(terminal)
    ended: list[int] = []

    def is_over() -> bool:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended.append(os.waitstatus_to_exitcode(status))
        return bool(found)

    project.wait_for(is_over)
    assert ended == [0]
