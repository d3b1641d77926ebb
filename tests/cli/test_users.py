"""Users and tokens of theirs at the command line, without a daemon."""

from __future__ import annotations


def test_a_user_is_added_changed_and_removed(cli):
    assert cli("users", "add", "anna", "--role", "operator", "--team", "ml").out.startswith("anna is operator of ml; ")
    assert cli("tokens", "create", "laptop", "--user", "anna").out.startswith("flt_")
    (row,) = cli("users", "list", "--json").json
    assert (row["name"], row["role"], row["teams"]) == ("anna", "operator", ["ml"])
    assert cli("users", "change", "anna", "--team", "data", "--team", "ml").out == "anna is operator of data, ml\n"
    assert cli("users", "change", "anna", "--role", "admin").out == "anna is admin\n"
    (token,) = cli("tokens", "list", "--json").json
    assert (token["user"], token["role"]) == ("anna", "admin")
    assert cli("users", "remove", "anna").out == "anna is removed, and 1 token with them\n"
    assert "revoked" in cli("tokens", "list").out


def test_what_makes_no_sense_is_told(cli):
    cli("users", "add", "anna")
    assert cli("users", "add", "anna").exit_code == 2
    assert "nothing to change" in cli("users", "change", "anna").err
    assert "has their role" in cli("tokens", "create", "x", "--user", "anna", "--role", "admin").err
    assert "no user 'bert'" in cli("users", "change", "bert", "--role", "admin").err
    assert cli("users", "add", "bert", "--role", "boss").exit_code == 2
