"""Values in shell commands: quoted where quotes hold, refused where they would not."""

# ruff: noqa: E501 - messages and commands stand as one reads them

from __future__ import annotations

import random
import re
import string
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlite import Dag, shell
from flowlite.authoring.problems import DeclarationError
from flowlite.authoring.templates import BadTemplate, plain_text, render_command, shell_text

NO_NUL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
ATTACKS = [
    "$(echo PW$((1))NED)", "`echo PW$((1))NED`", "';echo PW$((1))NED;'", '";echo PW$((1))NED;"', "\necho PW$((1))NED\n",
    "\nEOF\necho PW$((1))NED\n", ");echo PW$((1))NED;(", "};echo PW$((1))NED;{", "\\$(echo PW$((1))NED)", "&& echo PW$((1))NED",
]  # fmt: skip


def rendered(template, **values):
    return shell_text("t", template, values)


def run(command):
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=10, check=False)


@settings(max_examples=500, deadline=None)
@given(st.lists(NO_NUL, min_size=1, max_size=4))
def test_any_text_reaches_the_command_as_it_is(values):
    names = string.ascii_lowercase[: len(values)]
    command = rendered(" ".join(f"{{{{ {name} }}}}" for name in names), **dict(zip(names, values, strict=True)))
    found = run(f"printf '%s\\0' {command}").stdout.decode().split("\0")[:-1]
    assert found == values


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "template",
    ["echo {{ x }}", "A={{ x }} env", "cat < /dev/null | echo {{ x }}", "echo a{{ x }}b", "echo 'it' {{ x }} \"is\"",
     "cat <<EOF\nhello\nEOF\necho {{ x }}", "echo $(date) {{ x }}", "# it's\necho {{ x }}", "{% if x %}echo {{ x }}{% endif %}",
     "{% set y = x %}echo {{ y }}", "{% for c in [x, x] %}echo {{ c }};{% endfor %}", "echo {{ x | upper | lower }}"],
)  # fmt: skip
def test_an_attack_stays_text(template, attack):
    said = run(rendered(template, x=attack))
    assert b"PW1NED" not in said.stdout + said.stderr


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(
    "template",
    ["echo '{{ x }}'", 'echo "{{ x }}"', "echo `echo {{ x }}`", "echo $(echo {{ x }})", 'echo "$(echo "{{ x }}")"',
     "cat <<EOF\n{{ x }}\nEOF", "echo a # {{ x }}", "echo ${V:-{{ x }}}", "echo $(( {{ x }} ))", "(( {{ x }} ))", "echo \\{{ x }}",
     "echo $'\\'' {{ x }}", "echo \"$(case a in a) echo \"{{ x }}\";; esac)\"", "x<<{{ x }}\n", "a\\\n#' {{ x }}"],
)  # fmt: skip
def test_an_attack_inside_quotes_is_refused(template, attack):
    with pytest.raises(BadTemplate, match="give the command as a list, or pass the value by env="):
        rendered(template, x=attack)


@pytest.mark.parametrize("value", ["2024-01-31T00:00:00+00:00", "s3://lake/a_b-c.parquet", "50%", "a,b=c@d", ""])
def test_a_harmless_value_may_stand_inside_quotes(value):
    assert rendered('echo "{{ x }}"', x=value) == f'echo "{value}"'


@pytest.mark.slow
def test_no_odd_command_lets_an_attack_out():
    pieces = [
        "echo ", "{{ x }}", "{{ x }}", "{{ x }}", " ", "'", '"', "`", "$(", ")", "${V:-", "}", "\\", "\n", "#", " # ", "<<EOF\n",
        "\nEOF\n", "<<-E\n", "\nE\n", "$'", "$((", "))", "(", "case a in a) ", ";; esac", ";", "|cat", "<<<", "=", "it's", "\\\n", "\\'",
    ]  # fmt: skip
    luck = random.Random(7)
    for _ in range(4000):
        template = "".join(luck.choice(pieces) for _ in range(luck.randint(2, 12)))
        try:
            command = rendered(template, x=luck.choice(ATTACKS))
        except BadTemplate:
            continue
        if "{{ x }}" in template:
            said = run(command)
            assert b"PW1NED" not in said.stdout + said.stderr, template


def test_text_without_values_is_left_alone():
    assert rendered("echo '$HOME' # {x}") == "echo '$HOME' # {x}"


def test_values_print_as_a_shell_user_expects():
    shown = {"n": 3, "yes": True, "nothing": None, "list": [1, "a b"], "text": "plain"}
    command = rendered("{{ n }} {{ yes }} {{ nothing }} {{ list }} {{ text }}", **shown)
    assert command == "3 true '' '[1,\"a b\"]' plain"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("echo {{ nope }}", "'nope' is undefined"),
        ("echo {{ x.y.z }}", "has no attribute 'y'"),
        ("echo {{ 1 / 0 }}", "ZeroDivisionError"),
        ("echo {{ x.__class__.__mro__ }}", "unsafe"),
        ('{% filter replace("0", "7") %}{{ x }}{% endfilter %}', "can't be followed"),
        ("echo \0", "NUL"),
    ],
)
def test_what_can_not_be_filled_in_says_why(template, said):
    with pytest.raises(BadTemplate, match=said):
        rendered(template, x="a b")


def test_a_list_and_env_take_values_as_they_are():
    with Dag("d") as dag:
        shell(["echo", "it's {{ ds }}", "{{ ds }}"], env={"DAY": "on {{ ds }}"}, cwd="/tmp/{{ ds }}")
    made = render_command(dag.specs["shell"], {"ds": "a 'b'"})
    assert made.command == ("echo", "it's a 'b'", "a 'b'")
    assert (made.env, made.cwd) == ({"DAY": "on a 'b'"}, "/tmp/a 'b'")


def test_a_nul_in_a_value_is_refused():
    with pytest.raises(BadTemplate, match="NUL"):
        plain_text("t", "{{ x }}", {"x": "a\0b"})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo {{ dss }}", "{{ dss }} is not known in a command; use 'ds'"),
        ("{% filter upper %}{{ ds }}{% endfilter %}", "write the filter at the value"),
        ("echo {{ ds", "unexpected end of template"),
        ('echo {{ result("nope") }}', "names no task of DAG 'd'"),
    ],
)
def test_a_wrong_template_is_told_at_load(command, said):
    with pytest.raises(DeclarationError, match=re.escape(said)), Dag("d"):
        shell(command)
