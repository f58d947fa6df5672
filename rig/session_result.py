"""What a session came to."""

from __future__ import annotations

from dataclasses import dataclass

from rig.errors import Problem
from rig.session_folder import SessionFolder
from rig.trials import TrialRow


@dataclass(frozen=True)
class Result:
    """What a session came to.

    Attributes
    ----------
    folder
        Where it is recorded.
    reason
        Why it ended, in words.
    finished, stopped
        Whether the protocol said that it was over, or a person stopped it.
    rows
        Its trials.
    water_ul
        All water delivered.
    duration
        Seconds of session time.
    warnings
        What a person should know, though the session went on.
    """

    folder: SessionFolder
    reason: str
    finished: bool
    stopped: bool
    rows: list[TrialRow]
    water_ul: float
    duration: float
    warnings: list[Problem]
