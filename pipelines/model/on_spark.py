"""Training on Spark: an application for spark-submit that does with a cluster what training.py does on one core.

    spark-submit on_spark.py EXAMPLES LAST_DAY DAYS HOLDOUT_DAYS

The examples are a Parquet file (or a folder) that every worker can read; the model lands beside it, as `model.ubj`, in
the form that training.py reads. The trees see the same rows with the same settings; how sums are split over workers
may change their last digits, so two trainings need not be the same byte for byte.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from xgboost.spark import SparkXGBRegressor

from model.features import FEATURES, split
from model.training import ROUNDS, SETTINGS

KNOWN_AS = {"eta": "learning_rate", "seed": "random_state"}  # what the estimator calls them


def main(examples: str, first: date, last: date) -> None:
    """Read, train, write."""
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    workers = spark.sparkContext.defaultParallelism
    rows = read(spark, examples, first, last).repartitionByRange(workers, "ds", "hour").cache()
    hours = rows.count()
    model = estimator(workers).fit(rows)
    path = Path(examples).with_name("model.ubj")
    write(model.get_booster(), path)
    print(f"{hours} hours learned by {workers} workers: {path}")
    spark.stop()


def read(spark: SparkSession, examples: str, first: date, last: date) -> DataFrame:
    """The features and the answer of some days; what is not known is NaN."""
    known = spark.read.parquet(examples).where(f.col("ds").between(first, last))
    columns = [f.coalesce(f.col(name).cast("double"), f.lit(float("nan"))).alias(name) for name in FEATURES]
    return known.select("ds", *columns, f.col("rentals").cast("double").alias("rentals"))


def estimator(workers: int) -> SparkXGBRegressor:
    """With the settings of the local trainer."""
    settings = {KNOWN_AS.get(name, name): value for name, value in SETTINGS.items() if name != "nthread"}
    return SparkXGBRegressor(
        features_col=list(FEATURES), label_col="rentals", n_estimators=ROUNDS, num_workers=workers, **settings
    )


def write(booster, path: Path) -> None:
    """Whole, or not there. The features' names go in, so that others are refused."""
    booster.feature_names = list(FEATURES)
    part = path.with_suffix(".part.ubj")
    booster.save_model(part)
    part.replace(path)


if __name__ == "__main__":
    first_day, last_for_learning, _ = split(date.fromisoformat(sys.argv[2]), *map(int, sys.argv[3:5]))
    main(sys.argv[1], first_day, last_for_learning)
