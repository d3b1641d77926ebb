"""What a driver and its spark-submit print: the application's id the moment that it is there, and why it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOG_LINE = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (?P<text>.*)")
APPLICATIONS = (
    re.compile(r"(?:Submitted application|Application report for) (application_\d+_\d+)"),
    re.compile(r"app ID (app-\d{14}-\d{4}|spark-\w+)"),
    re.compile(r"application ID (spark-\w+)"),
    re.compile(r"Logging events to \S+/(?:eventlog_v2_)?((?:app|application|local|spark)[-_]\w+(?:-\w+)*)"),
)
DRIVERS = (
    re.compile(r"(?:[Dd]river|[Ss]ubmission) successfully (?:submitted|created) as (driver-\d{14}-\d{4})"),
    re.compile(r"submission I[Dd] (\S+:\S+-driver|driver-\d{14}-\d{4})"),
    re.compile(r"submissionId (\S+:\S+-driver)"),
)
STARTED = re.compile(r"Starting task \S+ in stage (\d+)\.(\d+) ")
FINISHED = re.compile(r"TaskSetManager: Finished task \S+ in stage \d+\.\d+ ")
TRACKING = re.compile(r"tracking URL: (https?://\S+)")
DRIVER_EXIT = re.compile(r"exit code: (\d+)", re.IGNORECASE)
JOB_FINISHED = re.compile(r"DAGScheduler: Job \d+ finished|Job \d+ is finished")
NO_MEMORY = re.compile(
    r"java\.lang\.OutOfMemoryError|exceeding (?:physical )?memory limits|OOMKilled|[Ee]xit (?:code|status):? 137"
    r"|exited with code 137|insufficient memory for the Java Runtime|std::bad_alloc|[Ee]xit (?:code|status):? 52\b"
)
EXECUTOR_LOST = re.compile(r"ExecutorLostFailure|Lost executor \S+ on|Remote RPC client disassociated")
RAISED = re.compile(
    r"(?:Caused by: |Exception in thread \"main\" |: )?((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception))(: .*)?"
)
OVER = re.compile(
    r"\(state: (FINISHED|FAILED|KILLED)\)|phase: (Succeeded|Failed)\b"
    r"|State of (?:driver )?driver-\S+ is (FINISHED|FAILED|KILLED|ERROR)\b|final status: (FAILED|KILLED)"
)
WELL = ("FINISHED", "Succeeded")
OWN_WORDS = re.compile(r"Error: (.+)|.*: (can't open file .+)|(.*(?:command not found|No such file or directory).*)")
MISTAKES = re.compile(
    r"Error: (?:Failed to load class|Unrecognized option|Missing application|Must specify|Cannot load main class)"
    r"|can't open file|Could not find valid SPARK_HOME"
)


@dataclass(slots=True)
class Heard:
    """What has been said so far."""

    application: str | None = None
    driver: str | None = None  # where the driver runs on the cluster: what is killed there
    url: str | None = None
    driver_exit: int | None = None
    ended_as: str | None = None  # in the cluster's own word
    problem: str = ""
    is_mistake: bool = False
    has_no_memory: bool = False
    has_lost_executors: bool = False

    def hear(self, line: str) -> bool:
        """Take a line in. True: there is an id, or an address, that was not known before."""
        before = (self.application, self.driver, self.url)
        self.application = self.application or first(APPLICATIONS, line)
        self.driver = self.driver or first(DRIVERS, line)
        if self.url is None and (found := TRACKING.search(line)):
            self.url = found[1]
        self.hear_trouble(line)
        return before != (self.application, self.driver, self.url)

    def hear_trouble(self, line: str) -> None:
        """Why it may fail. What the driver's Python prints to its stderr comes out at the JVM's stdout."""
        if JOB_FINISHED.search(line):  # what troubled it before this was survived
            self.has_no_memory = self.has_lost_executors = False
            self.problem = ""
        self.has_no_memory = self.has_no_memory or bool(NO_MEMORY.search(line))
        self.has_lost_executors = self.has_lost_executors or bool(EXECUTOR_LOST.search(line))
        if found := OVER.search(line):
            self.ended_as = next(part for part in found.groups() if part)
        self.is_mistake = self.is_mistake or bool(MISTAKES.search(line))
        if found := DRIVER_EXIT.search(line):
            self.driver_exit = int(found[1])
        if found := RAISED.fullmatch(line):
            self.problem = f"{found[1]}{found[2] or ''}"
        elif not LOG_LINE.fullmatch(line) and (found := OWN_WORDS.fullmatch(line)):
            self.problem = next(part for part in found.groups() if part)

    @property
    def is_bad_end(self) -> bool:
        """Whether the cluster says that it failed, or was killed. spark-submit itself may end with 0 all the same."""
        return bool(self.driver_exit) or self.ended_as not in (None, *WELL)


def first(patterns: tuple[re.Pattern[str], ...], line: str) -> str | None:
    """What the first pattern that fits has found."""
    return next((found[1] for pattern in patterns if (found := pattern.search(line))), None)


def level_of(line: str) -> tuple[str, str]:
    """The level of a line of Spark's log, and the line without time and level, which our log has by itself."""
    found = LOG_LINE.fullmatch(line)
    return (found["level"].lower(), found["text"]) if found else ("info", line)
