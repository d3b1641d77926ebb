"""Pipeline 2: a new demand model every night, and a rule that says when it takes over.

    examples -> how -> train           -> evaluate -> hand_over -> report
                  \\-> train_on_spark -/          \\-> chart ----/

At 02:00 yesterday is complete in Gold. The last 90 days become examples; the last two weeks of them are the holdout,
which no model has seen: a champion was trained on days before its own holdout, and those end earlier. The challenger
takes over if its mean absolute error is more than 5 % smaller than the champion's on the same hours.

What happens when things are not as they should be:

    no champion yet         the challenger becomes it, if it beats "the same hour last week"
    too few days in Gold    skipped, and said so: there is nothing to train on
    yesterday is missing    fails: the line before this one has stopped
    the same data again     the same model, byte for byte: kept, and nothing is registered twice
    an error that is NaN    fails for good: the champion stays
    older than the champion skipped: it has learned from every hour that the two could be compared on
    no Java, or no Spark    trainer = "spark" fails at once, and says in one line what to install
    MLflow or S3 is down    tried again for a while, then failed; `flowlite runs retry RUN` needs no new training
    two trainings at once   each in a folder of its own; they hand over one after the other, and the second one is
                            compared with the champion that the first one made
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from model import chart as drawing
from model import features, registry, training
from model.judging import Measured, mean_absolute_error
from pydantic import BaseModel, Field

import flowlite
from flowlite import Context, Fail, Retry, Skip, cron, dag, task
from flowlite.integrations import s3, slack, spark, sql

TIMEZONE = "America/New_York"
LAKE = Path(flowlite.connection("warehouse").root)
LEAST_DAYS = 14  # fewer cannot show what a week looks like

patient = Retry(4, backoff="exponential", delay=2, max_delay=300, jitter=0.2)
# XGBoost and MLflow take memory and threads of their own: in a process, neither is the engine's.
apart = {"isolation": "process", "memory": "2GiB", "timeout": timedelta(minutes=15)}


class Training(BaseModel):
    """What may be asked of a training."""

    trainer: Literal["local", "spark"] = "local"
    days: int = Field(90, ge=LEAST_DAYS, description="Days of Gold to learn from and to be judged on.")
    holdout_days: int = Field(14, ge=1, description="The last of them, for judging alone.")
    better_by_percent: float = Field(5, ge=0, description="How much better a challenger has to be.")


def folder_of(ctx: Context) -> Path:
    """Where a run keeps its examples, its model and its chart: no other run writes there."""
    return LAKE / "models" / registry.MODEL / f"ds={ctx.ds}" / f"run={ctx.run_id}"


def split(ctx: Context) -> tuple[date, date, date]:
    """The first day, the last day for learning, and the last day of the holdout."""
    return features.split(date.fromisoformat(ctx.ds), ctx.params.days, ctx.params.holdout_days)


@task
def examples(ctx: Context) -> str:
    """Put the run's examples into a file: every later task sees the same, whatever happens to Gold meanwhile."""
    first, last_for_learning, last = split(ctx)
    if not features.gold_file(LAKE, last).exists():
        raise Fail(f"Gold has no demand_features_hourly of {last}; `flowlite runs list --dag gold_kpis` shows why")
    known = features.days_of_gold(LAKE, last_for_learning, (last_for_learning - first).days + 1)
    if len(known) < LEAST_DAYS:
        raise Skip(f"{len(known)} days in Gold from {first} to {last_for_learning}; a training needs {LEAST_DAYS}")
    path = folder_of(ctx) / "examples.parquet"
    ctx.log.info("%d hours: %s", features.write_examples(LAKE, last, ctx.params.days, path), path)
    return str(path)


@task.branch
def how(ctx: Context) -> str:
    """The trainer that was asked for."""
    return "train" if ctx.params.trainer == "local" else "train_on_spark"


@task(**apart, retries=Retry(1, memory_factor=2))
def train(examples: str, ctx: Context) -> str:
    """Learn from all days but the holdout."""
    first, last_for_learning, _ = split(ctx)
    rows = features.read_examples(examples, first, last_for_learning)
    ctx.log.info("%d hours learned: model %s", len(rows), training.train(rows, folder_of(ctx) / "model.ubj"))
    return str(folder_of(ctx) / "model.ubj")


def train_on_spark(examples: flowlite.Handle) -> flowlite.Handle:
    """The same by spark-submit, with [connections.spark]: on a cluster, or on this machine. The JVM has limits of its
    own in place of `apart`, and ends with the task."""
    return spark.submit(
        "model/on_spark.py",
        id="train_on_spark",
        arguments=[examples, "{{ ds }}", "{{ params.days }}", "{{ params.holdout_days }}"],
        env={"PYTHONPATH": str(Path(__file__).parent)},
        driver_memory="1g",
        memory_factor=2,
        retries=1,
        timeout=timedelta(minutes=30),
    )


@task(**apart, trigger_rule="none_failed_min_one_success")
def evaluate(examples: str, ctx: Context) -> Measured:
    """How wrong the challenger is on the holdout, and how wrong it would be to say "as last week"."""
    path, rows = folder_of(ctx) / "model.ubj", holdout(examples, ctx)
    compared = [row for row in rows if row["rentals_last_week"] is not None]
    measured = Measured(
        model=str(path),
        fingerprint=training.fingerprint(path),
        learned_until=str(split(ctx)[1]),
        first=str(rows[0]["ds"]),
        last=str(rows[-1]["ds"]),
        hours=len(rows),
        mae=mean_absolute_error(training.predict(path, rows), came(rows)),
        floor_mae=mean_absolute_error([row["rentals_last_week"] for row in compared], came(compared)),
    )
    ctx.log.info("MAE %.1f, the floor is %.1f, on %d hours", measured.mae, measured.floor_mae, measured.hours)
    return measured


def holdout(examples: str, ctx: Context) -> list[sql.Row]:
    """The hours that models are judged on."""
    _, last_for_learning, last = split(ctx)
    return features.read_examples(examples, last_for_learning + timedelta(1), last)


def came(rows: Sequence[sql.Row]) -> list[float]:
    """The demand that came."""
    return [row["rentals"] for row in rows]


# One slot: whoever compares with the champion and moves it is alone with it.
@task(**apart, pool="registry", retries=patient)
def hand_over(measured: Measured, examples: str, ctx: Context) -> registry.HandedOver:
    """Let the better one of champion and challenger be champion."""
    done = registry.judge_and_hand_over(
        measured, holdout(examples, ctx), better_by_percent=ctx.params.better_by_percent, ctx=ctx
    )
    ctx.log.info("%s: %s", done.decision, done.why)
    return done


@task(**apart, retries=patient)
def chart(measured: Measured, examples: str, ctx: Context) -> str:
    """Draw the holdout's last week, put the picture into S3 and return a link to it."""
    rows, path = holdout(examples, ctx), folder_of(ctx) / "chart.png"
    drawing.draw(rows, training.predict(Path(measured.model), rows), measured, path)
    key = f"models/{registry.MODEL}/ds={ctx.ds}/run={ctx.run_id}/chart.png"
    s3.upload("lake", path, key)
    return s3.link("lake", key)


@task(retries=patient)
def report(measured: Measured, done: registry.HandedOver, picture: str, ctx: Context) -> str:
    """Tell the team on Slack, in figures."""
    title = f"Demand model of {ctx.ds}: {done.decision}"
    figures = {
        "Why": done.why,
        "MAE of the challenger": f"{done.mae:.1f} rentals an hour",
        "MAE of the champion": "none" if done.champion_mae is None else f"{done.champion_mae:.1f}",
        "MAE of saying `as last week`": f"{measured.floor_mae:.1f}",
        "Holdout": f"{measured.first} to {measured.last}, {measured.hours} hours",
        "Champion": "none" if done.champion is None else f"version {done.champion}",
    }
    if done.before != done.champion:
        figures["Champion until now"] = "none" if done.before is None else f"version {done.before}"
    slack.post("ml", title, fields=figures, link=(picture, "What came and what was expected"))
    return title


@dag(schedule=cron("0 2 * * *", tz=TIMEZONE), params=Training, sla=timedelta(hours=2), tags=["ml"], team="ml")
def retraining():
    """A new demand model every night; it takes over if it is more than 5 % better."""
    rows = examples()
    chosen = how()
    rows >> chosen
    measured = evaluate(rows)
    chosen >> [train(rows), train_on_spark(rows)] >> measured
    report(measured, hand_over(measured, rows), chart(measured, rows))
