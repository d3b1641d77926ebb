"""Kill what a dead supervisor has left behind, and nothing else."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from flowlite.execution import memory, proc
from flowlite.execution.attempt_folder import Claim

MARKER = "FLOWLITE_ATTEMPT"


def remnants(claim: Claim) -> set[int]:
    """Processes of that attempt: started with its marker, members of its session, and their descendants."""
    found = set(proc.marked(f"{MARKER}={claim.token}")) if claim.token else set()
    if claim.child:
        found |= set(proc.session_members(claim.child, claim.child_start_time))
    for pid in tuple(found):
        found |= set(proc.descendants(pid))
    return found - {os.getpid()}


def kill_remnants(claim: Claim) -> bool:
    """One round. False: there was nobody left to kill."""
    found = remnants(claim)
    for pid in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    if not found:
        memory.sweep_leftover(claim.token)
    return bool(found)
