"""Why a body failed, as JSON: type, message, the author's own line, a trimmed traceback without locals, and a class."""

from __future__ import annotations

import json
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from flowlite.core.states import Outcome
from flowlite.execution.masking import Masker
from flowlite.execution.work import AttemptFailed

TRACEBACK_CHARS = 32 << 10
MESSAGE_CHARS = 8 << 10
NOWHERE: dict[str, object] = {"file": None, "line": None, "function": None}
_OURS = str(Path(__file__).parents[1]) + "/"
_STDLIB = sysconfig.get_paths()["stdlib"] + "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What is known of a failure, ready for an Ended."""

    outcome: Outcome
    error: str  # JSON
    traceback: str
    is_final: bool = False
    retry_at: float | None = None


def failure_of(error: BaseException, masker: Masker) -> Failure:
    """What an exception that left a body means."""
    told = error if isinstance(error, AttemptFailed) else None
    cause = error.__cause__ if told is not None and error.__cause__ is not None else error
    is_memory = isinstance(cause, MemoryError)
    outcome = Outcome.OUT_OF_MEMORY if is_memory else Outcome.FAILED
    kind = "out_of_memory" if is_memory else told.error_class if told is not None else "error"
    is_about_data = kind == "data_quality"  # then no line of code is to blame, and none is shown
    text = masker.text(f"{message_of(cause)}\n" if is_about_data else traceback_of(cause))
    record = {
        "type": type(cause).__qualname__,
        "message": masker.text(message_of(error) or message_of(cause)),
        **(NOWHERE if is_about_data else place_of(cause)),
        "traceback": text,
        "class": kind,
    }
    return Failure(
        outcome=outcome,
        error=json.dumps(record),
        traceback=text,
        is_final=told is not None and told.is_final,
        retry_at=told.retry_at if told is not None else None,
    )


def plain_error(kind: str, message: str, *, type_name: str = "", **more: object) -> str:
    """An error that no exception stands behind. `more`: where it was, as `place_of` says it, and whatever else."""
    nowhere = {**NOWHERE, "traceback": None}
    return json.dumps({"type": type_name or kind, "message": message, **nowhere, "class": kind, **more})


def message_of(error: BaseException) -> str:
    """`str` of a foreign exception, which may itself raise."""
    try:
        text = str(error)
    except Exception as broken:
        text = f"<the message of this {type(error).__name__} can't be read: {type(broken).__name__}>"
    if isinstance(error, SystemExit):
        text = f"the task called sys.exit({text})"
    return text if len(text) <= MESSAGE_CHARS else text[:MESSAGE_CHARS] + " ..."


def place_of(error: BaseException) -> dict[str, object]:
    """The innermost frame of the author's own code; else of a library, else the innermost of all."""
    return place_among(traceback.walk_tb(error.__traceback__))


def place_of_thread(thread: int | None) -> dict[str, object]:
    """The same for where a thread is now."""
    frame = None if thread is None else sys._current_frames().get(thread)
    return dict(NOWHERE) if frame is None else place_among(reversed(list(traceback.walk_stack(frame))))


def place_among(found: Iterable[tuple[FrameType, int]]) -> dict[str, object]:
    """From the outermost to the innermost."""
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in found]
    foreign = [frame for frame in frames if not frame[0].startswith((_OURS, "<frozen")) and not is_stdlib(frame[0])]
    authors = [frame for frame in foreign if "/site-packages/" not in frame[0] and "/dist-packages/" not in frame[0]]
    for some in (authors, foreign, frames):
        if some:
            file, line, function = some[-1]
            return {"file": file, "line": line, "function": function}
    return dict(NOWHERE)


def is_stdlib(file: str) -> bool:
    """Is it a file of Python itself? Installed packages live below the same folder and are not."""
    return file.startswith(_STDLIB) and "/site-packages/" not in file and "/dist-packages/" not in file


def traceback_of(error: BaseException) -> str:
    """The traceback as text, from the author's first frame on; its middle is cut if it is very long."""
    try:
        summary = traceback.TracebackException.from_exception(error, compact=True)
        trim(summary)
        text = "".join(summary.format())
    except Exception as broken:
        text = f"{type(error).__name__} (its traceback can't be shown: {type(broken).__name__})\n"
    if len(text) <= TRACEBACK_CHARS:
        return text
    half = TRACEBACK_CHARS // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def trim(summary: traceback.TracebackException) -> None:
    """Leave out our own frames in front of the author's: every task has the same ones."""
    ours = 0
    for frame in summary.stack:
        if not frame.filename.startswith(_OURS):
            break
        ours += 1
    if ours < len(summary.stack):
        del summary.stack[:ours]
