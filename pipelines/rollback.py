"""Pipeline 2, the way back: a champion that disappoints makes room for the one before it, and it is written down.

    watch_model    every day: live_error -> is_worse -> trigger rollback; publish
    rollback       plan -> gate -> (approval) -> go_back -> tell

`watch_model` looks at the last complete days. Weather and holidays spoil every model's figures, so a champion goes only
if it is much worse than on its holdout *and* worse than the one before it on the same hours: else nothing is won.

People start the same DAG by hand:

    flowlite run rollback --param why="complaints from the crew" --param by=ana
    flowlite run rollback --param why="..." --param by=ana --param ask=true --param to_version=3

What happens when things are not as they should be:

    no champion, or none before it    fails and says so
    rolled back already               skipped: the champion is no longer the version that was meant
    a person says no                  fails at the approval; the champion stays
    killed in the middle              the next attempt finds the alias moved and writes the missing audit row, once
    the same training again           the version is marked: `retraining` does not promote the same model again
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from model import features, registry
from model.judging import checked
from pydantic import BaseModel, Field
from retraining import LAKE, TIMEZONE, apart, folder_of, patient

from flowlite import Context, Fail, Skip, approve, cron, dag, task, trigger
from flowlite.integrations import metrics, mlflow, slack


class Watch(BaseModel):
    """When a champion is bad enough."""

    days: int = Field(3, ge=1, description="The last complete days to look at.")
    worse_by_percent: float = Field(25, ge=0, description="Than on its holdout.")


class Way(BaseModel):
    """A way back."""

    why: str = Field(min_length=1)
    by: str = Field(min_length=1, description="Who wants it.")
    from_version: int | None = Field(None, description="Go only if this is still the champion.")
    to_version: int | None = Field(None, description="Default: the version that the champion took over from.")
    ask: bool = Field(False, description="Wait for somebody to approve.")


@dataclass(frozen=True, slots=True)
class LiveError:
    """How the champion does on days that came after it, beside the version before it."""

    version: int
    before: int | None
    mae: float
    before_mae: float | None
    promised_mae: float
    is_worse: bool
    why: str


@task(**apart, retries=patient)
def live_error(ctx: Context) -> LiveError:
    """Measure the champion, and the one before it, on the last days."""
    now = registry.champion() or skip("there is no champion yet")
    last, path = date.fromisoformat(ctx.ds), folder_of(ctx) / "watched.parquet"
    if not features.days_of_gold(LAKE, last, ctx.params.days):
        raise Fail(f"Gold has nothing of the {ctx.params.days} days to {last}; the champion can't be watched")
    features.write_examples(LAKE, last, ctx.params.days, path)
    rows = features.read_examples(path, last - timedelta(ctx.params.days - 1), last)
    before = registry.predecessor(now)
    mae = checked("champion", registry.error_of(now, rows))
    before_mae = None if before is None else registry.error_of(registry.version(before), rows)
    return judged(now, before, mae, before_mae, ctx.params.worse_by_percent)


def skip(why: str) -> mlflow.Version:
    """There is nothing to do."""
    raise Skip(why)


def judged(
    now: mlflow.Version, before: int | None, mae: float, before_mae: float | None, worse_by_percent: float
) -> LiveError:
    """Whether the champion has to go. NaN makes no comparison true: a model before it that can't tell is no way out."""
    promised = float(now.tags["mae"])
    is_bad = mae > promised * (1 + worse_by_percent / 100)
    is_worse = is_bad and before_mae is not None and before_mae < mae
    beside = "there is none before it" if before_mae is None else f"version {before} has {before_mae:.1f}"
    why = f"live MAE {mae:.1f}, promised {promised:.1f}; {beside}"
    return LiveError(now.number, before, mae, before_mae, promised, is_worse, why)


@task(retries=patient)
def publish(found: LiveError, ctx: Context) -> None:
    """Show the figures to Prometheus."""
    words = "Mean absolute error of the champion in rentals an hour"
    gauges = [
        metrics.gauge("mobilitycorp_model_mae", found.mae, f"{words}, on the last days.", version=found.version),
        metrics.gauge("mobilitycorp_model_promised_mae", found.promised_mae, f"{words}, on its holdout."),
    ]
    metrics.push("metrics", gauges, job=ctx.dag_id)


@task.branch
def is_worse(found: LiveError, ctx: Context) -> str | None:
    """Where to go on."""
    ctx.log.info("version %d: %s", found.version, found.why)
    return "trigger_rollback" if found.is_worse else None


@task
def way_back(found: LiveError, ctx: Context) -> dict[str, object]:
    """The parameters of the rollback. The versions are named: a second trigger finds that it is done."""
    return {
        "why": found.why,
        "by": ctx.dag_id,
        "from_version": found.version,
        "to_version": found.before,
    }


@dag(schedule=cron("0 4 * * *", tz=TIMEZONE), params=Watch, tags=["ml"], team="ml")
def watch_model():
    """Does the champion keep its promise?"""
    found = live_error()
    publish(found)
    is_worse(found) >> trigger("rollback", params=way_back(found), wait=True)


@task(**apart, retries=patient)
def plan(ctx: Context) -> registry.Back:
    """Which version makes room for which."""
    wish, now = ctx.params, registry.champion()
    if now is None:
        raise Fail(f"model {registry.MODEL!r} has no champion; there is nothing to roll back")
    if wish.from_version not in (None, now.number):
        raise Skip(f"the champion is version {now.number}, no longer {wish.from_version}: rolled back already")
    to = wish.to_version or registry.predecessor(now)
    if to is None:
        raise Fail(f"version {now.number} is the first of its kind; name another with --param to_version=N")
    if to == now.number:
        raise Skip(f"version {to} is the champion already")
    return registry.Back(now.number, registry.version(to).number, wish.why)


@task.branch
def gate(found: registry.Back, ctx: Context) -> str:
    """Ask somebody, or go at once."""
    ctx.log.info("from version %d to %d: %s", found.from_version, found.to_version, found.why)
    return "approval" if ctx.params.ask else "go_back"


@task(**apart, pool="registry", retries=patient, trigger_rule="none_failed_min_one_success")
def go_back(found: registry.Back, answer: dict[str, object] | None, ctx: Context) -> registry.Back:
    """Move the alias back, mark the version, write the audit row."""
    registry.go_back(found, moved_by=ctx.params.by, approved_by=str(answer["by"]) if answer else None, ctx=ctx)
    return found


@task(retries=patient)
def tell(done: registry.Back, ctx: Context) -> None:
    """Tell the team on Slack."""
    figures = {"Why": done.why, "By": ctx.params.by, "From version": done.from_version, "To version": done.to_version}
    slack.post("ml", f"Demand model rolled back to version {done.to_version}", fields=figures)


@dag(params=Way, tags=["ml"], team="ml")
def rollback():
    """Put the champion before this one back in its place."""
    found = plan()
    gated = gate(found)
    answer = approve("Roll the demand model back?", id="approval")
    done = go_back(found, answer)
    gated >> answer
    gated >> done
    tell(done)
