"""A first pipeline: a list made at run time, one task instance for each of its elements, and a sum."""

from flowlite import Context, Retry, dag, shell, task


@task
def cities() -> list[str]:
    return ["Berlin", "Paris", "Oslo"]


@task(retries=Retry(2, delay=1))
def measure(city: str, ctx: Context) -> int:
    ctx.log.info("measuring %s for %s", city, ctx.ds)
    return len(city)


@task
def total(lengths: list[int]) -> int:
    return sum(lengths)


@dag(schedule="@daily", tags=["example"])
def hello():
    """Measure every city and add up."""
    total(measure.map(cities())) >> shell("echo hello on {{ ds }}", id="announce")
