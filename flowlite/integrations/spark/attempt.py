"""One attempt of a Spark task: what an earlier one left is killed, spark-submit is followed, nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any

from flowlite import Context
from flowlite.integrations import rendered, settings_of
from flowlite.integrations.spark import applications
from flowlite.integrations.spark.applications import Application
from flowlite.integrations.spark.command import EVENTS, Submission, forget_secrets, submission_of
from flowlite.integrations.spark.errors import MayStillRun
from flowlite.integrations.spark.events import Stage, Story, Tail
from flowlite.integrations.spark.finding import Spark, check_java, found_spark, installed_pyspark
from flowlite.integrations.spark.lines import FINISHED, STARTED, Heard, level_of
from flowlite.integrations.spark.verdict import judge

LOOK_EVERY_S = 0.25
END_S = 5.0
KILL_S = 8.0  # at a cancel: within the grace period, after which we are killed ourselves


def run_spark(
    ctx: Context,
    submission: dict[str, Any],
    connection: str,
    arguments: list[Any],
    env: dict[str, str],
    memory_factor: float,
    executable: str | None,
) -> dict[str, Any]:
    """Submit the application, follow it to its end and return its figures."""
    settings = settings_of(connection)
    variables = {**os.environ, **(settings.get("env") or {}), **rendered(env, ctx)}
    spark = found_spark(settings.get("home"), variables, executable=executable, pyspark=installed_pyspark())
    check_java(variables)
    variables = {**spark.variables(), **variables, **({"SPARK_HOME": spark.home} if spark.home else {})}
    before = applications.read(ctx.previous_attempt_dir)
    if before is not None and before.is_left:
        ctx.log.warning("%s is left of the attempt before; killing it", before.title)
        applications.kill(before, spark, variables)
    ooms = before.times_out_of_memory if before else 0
    asked = submission_of(
        rendered(submission, ctx), settings, rendered(arguments, ctx), f"{ctx.dag_id}/{ctx.task_id} {ctx.ds}",
        times=memory_factor**ooms,
    )  # fmt: skip
    return Attempt(ctx, asked, spark, variables, ooms).run()


class Attempt:
    """From spark-submit to the figures."""

    def __init__(self, ctx: Context, asked: Submission, spark: Spark, variables: Mapping[str, str], ooms: int) -> None:
        self._ctx, self._asked, self._spark, self._variables = ctx, asked, spark, variables
        self._folder = ctx.attempt_dir
        self._heard, self._said, self._lock = Heard(), "", Lock()
        self._finished, self._told = 0, (0, 0, "")  # tasks that the driver's lines count; the progress that was told
        self._story = Story(self._tell)
        self._tail = Tail(self._folder / EVENTS)
        self._known = Application(master=asked.master, deploy_mode=asked.deploy_mode, times_out_of_memory=ooms)

    def run(self) -> dict[str, Any]:
        """Raises what `judge` raises."""
        begun = time.monotonic()
        home = self._spark.home
        conf = self._variables.get("SPARK_CONF_DIR") or (f"{home}/conf" if home else "")
        self._asked.prepare(self._folder, Path(conf) / "spark-defaults.conf" if conf else None)
        try:
            with self._submitted() as process:
                code = self._followed(process)
        finally:
            forget_secrets(self._folder)
            self._tail.close()
        self._settle(code)
        return self._figures(time.monotonic() - begun)

    @contextmanager
    def _submitted(self) -> Iterator[subprocess.Popen[str]]:
        """spark-submit, and what it has started: both are gone at the end, however it ends."""
        process = subprocess.Popen(
            self._asked.words(self._spark.submit, self._folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=dict(self._variables), text=True, errors="replace",
        )  # fmt: skip
        readers = [
            Thread(target=self._read, args=(process.stdout, self._printed), daemon=True),
            Thread(target=self._read, args=(process.stderr, self._logged), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            yield process
        except BaseException:  # cut short; spark-submit itself may have heard of it before us
            end(process)
            readers[1].join(1.0)
            self._kill_left()
            raise
        finally:
            end(process)
            for reader in readers:
                reader.join(END_S)

    def _followed(self, process: subprocess.Popen[str]) -> int:
        """Its exit code; its event log is read meanwhile."""
        while True:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(LOOK_EVERY_S)
                self._look()
                return code
            self._look()

    def _look(self) -> None:
        """What is new in the event log, and how far it is."""
        with self._lock:
            self._read_events()
            figures = self._story.figures
            now = (max(figures.done, self._finished), figures.tasks, f"{figures.stages} stages")
            if figures.stages and now != self._told:
                self._told = now
                self._ctx.progress(*now)

    def _read_events(self) -> None:
        for event in self._tail.events():
            self._story.hear(event)

    def _tell(self, stage: Stage) -> None:
        self._ctx.node(
            stage.name, stage.state, started_at=stage.started_at, ended_at=stage.ended_at, rows=stage.rows,
            message=stage.message,
        )  # fmt: skip

    # --- what is printed (from the readers' threads) ------------------------------------------------------------------
    def _read(self, lines: IO[str], take: Callable[[str], None]) -> None:
        for line in lines:
            take(line.rstrip("\n"))

    def _printed(self, line: str) -> None:
        self._ctx.log.info("%s", line)
        if line.strip():
            self._said = line
        with self._lock:
            self._heard.hear_trouble(line)

    def _logged(self, line: str) -> None:
        level, text = level_of(line)
        tell = {"warn": self._ctx.log.warning, "error": self._ctx.log.error, "fatal": self._ctx.log.error}
        tell.get(level, self._ctx.log.info)("%s", text)
        with self._lock:
            if self._heard.hear(line):
                self._note()
            self._finished += bool(FINISHED.search(line))
            if found := STARTED.search(line):
                self._read_events()
                self._story.has_begun(int(found[1]), int(found[2]), time.time())

    def _note(self) -> None:
        """On disk, at once: whoever comes after us must know what to kill."""
        heard = self._heard
        self._known = replace(self._known, id=heard.application, driver=heard.driver, url=heard.url)
        applications.write(self._folder, self._known)
        self._ctx.log.info("%s %s", self._known.title, heard.url or f"on {self._known.master}")

    # --- the end ------------------------------------------------------------------------------------------------------
    def _kill_left(self) -> None:
        """Cut short: what runs on the cluster does not end with spark-submit."""
        if not self._known.is_left:
            return
        self._ctx.log.warning("killing %s", self._known.title)
        try:
            applications.kill(self._known, self._spark, self._variables, within_s=KILL_S)
        except MayStillRun as error:
            self._ctx.log.error("%s", error)
            return
        applications.write(self._folder, replace(self._known, is_over=True))

    def _settle(self, code: int) -> None:
        # A spark-submit that was killed says nothing of a driver elsewhere.
        self._known = replace(
            self._known, is_over=code == 0 or bool(self._heard.ended_as) or not self._asked.is_elsewhere
        )
        what = f"Spark application {self._heard.application or self._heard.driver or self._asked.name!r}"
        try:
            judge(code, self._heard, what)
        except MemoryError:
            self._known = replace(self._known, times_out_of_memory=self._known.times_out_of_memory + 1)
            raise
        finally:
            applications.write(self._folder, self._known)

    def _figures(self, took_s: float) -> dict[str, Any]:
        figures = self._story.figures
        return {
            "application": self._heard.application or self._story.application or self._heard.driver,
            "stages": figures.stages,
            "tasks": figures.done,
            "failed_tasks": figures.failed_tasks,
            "rows": figures.rows,
            "seconds": round(took_s, 3),
            "said": self._said,
        }


def end(process: subprocess.Popen[str]) -> None:
    """Gone when this returns. Its own descendants are ended by who supervises the attempt."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
