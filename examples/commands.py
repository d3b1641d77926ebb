"""Shell commands: a text runs under /bin/sh, a list without a shell. The last line on stdout is the result.

$ python examples/commands.py
count: 3
greet: Hello, O'Hara; rm -rf nothing!
report: 3 lines on 2024-03-10
"""

from pydantic import BaseModel

from flowlite import dag, run, shell


class Params(BaseModel):
    name: str = "you"


@dag(params=Params)
def commands():
    count = shell("printf 'a\\nb\\nc\\n' | wc -l", id="count")
    # Values are quoted for the shell, so a name with quotes and semicolons stays a name.
    shell("echo Hello, {{ params.name }}!", id="greet")
    # In the list form nothing is ever read by a shell.
    count >> shell(["echo", "{{ result('count') }} lines on {{ ds }}"], id="report")


if __name__ == "__main__":
    done = run(commands, logical_date="2024-03-10", params={"name": "O'Hara; rm -rf nothing"})
    for name in ("count", "greet", "report"):
        print(f"{name}: {done[name].strip()}")
