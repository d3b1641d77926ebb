"""Choosing at run time: `task.branch` names the tasks to follow, `when` runs one only if something holds.

$ python examples/branch.py
2024-03-08: weekday success, weekend skipped, umbrella success, note 'Friday: to the office'
2024-03-09: weekday skipped, weekend success, umbrella skipped, note 'Saturday: to the park'
"""

from flowlite import Context, dag, run, task


@task.branch
def which_day(ctx: Context) -> str:
    return "weekday" if ctx.logical_date.weekday() < 5 else "weekend"


@task
def weekday(ctx: Context) -> str:
    return f"{ctx.logical_date:%A}: to the office"


@task
def weekend(ctx: Context) -> str:
    return f"{ctx.logical_date:%A}: to the park"


# One of the two is skipped, so the default rule (all succeeded) would skip this one, too.
@task(trigger_rule="none_failed_min_one_success")
def note(office: str | None, park: str | None) -> str:
    return office or park or ""


@task
def will_it_rain(ctx: Context) -> bool:
    return ctx.ds == "2024-03-08"


@task
def umbrella() -> None:
    """Runs only if it will rain."""


@dag
def plans_for_the_day():
    office, park = weekday(), weekend()
    which_day() >> [office, park]
    note(office, park)
    umbrella.when(will_it_rain())()


if __name__ == "__main__":
    for date in ("2024-03-08", "2024-03-09"):
        done = run(plans_for_the_day, logical_date=date)
        states = ", ".join(f"{name} {done.tasks[name][0].state}" for name in ("weekday", "weekend", "umbrella"))
        print(f"{date}: {states}, note {done['note']!r}")
