"""Tasks, a map, and results.

$ python examples/hello.py
success: [6, 5, 4] makes 15
"""

from flowlite import dag, run, task


@task
def letters(city: str) -> int:
    """Called outside a DAG this is a plain function: letters("Oslo") == 4."""
    return len(city)


@task
def total(counts: list[int]) -> int:
    return sum(counts)


@dag
def hello():
    counts = letters.map(["Berlin", "Paris", "Oslo"])  # one task instance per city, side by side
    total(counts)  # gets their results in the order of the list


if __name__ == "__main__":
    done = run(hello)
    print(f"{done.state}: {done['letters']} makes {done['total']}")
