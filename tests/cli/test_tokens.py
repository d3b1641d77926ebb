"""Tokens at the command line, without a daemon."""

from __future__ import annotations


def test_a_token_is_shown_once_and_never_again(cli):
    made = cli("tokens", "create", "bot", "--role", "operator")
    assert made.out.startswith("flt_")
    assert "not shown again" in made.err
    listed = cli("tokens", "list")
    assert ("bot" in listed.out, "operator" in listed.out, made.out.strip() in listed.out) == (True, True, False)
    assert cli("tokens", "list", "--json").json[0]["role"] == "operator"


def test_a_name_is_used_by_one_token_at_a_time(cli):
    cli("tokens", "create", "bot")
    again = cli("tokens", "create", "bot")
    assert (again.exit_code, "flowlite tokens revoke bot" in again.err) == (2, True)
    assert cli("tokens", "revoke", "bot").exit_code == 0
    assert cli("tokens", "create", "bot", "--json").json["name"] == "bot"
    assert cli("tokens", "revoke", "nobody").exit_code == 2


def test_where_nothing_ever_ran_there_are_no_tokens(cli):
    assert "no tokens" in cli("tokens", "list").out
