"""How the seconds of a recording become those of a session."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from analysis.clocks.store import read_alignment_file
from analysis.neural.recording import Clock
from models.errors import Floats
from rig.errors import OptionError, RecordingError


def clock_of(
    recording: Path, counts_from: datetime, started_at: datetime, alignment: Clock | None
) -> Clock:
    """Return what makes seconds of a recording those of a session.

    Parameters
    ----------
    recording
        The file, for errors.
    counts_from
        When its times are 0.
    started_at
        When those of the session are.
    alignment
        What is known of the two clocks; None if nothing is. Then times that count from the start
        of the session are its seconds: so says the file, as our own exports do.

    Raises
    ------
    RecordingError
        If nothing is known, and the times count from another moment.
    OptionError
        If there is an alignment, and the times are seconds of the session already.
    """
    if counts_from == started_at:
        if alignment is not None:
            raise OptionError(
                f"the times of '{recording}' are those of the session already: they count from "
                "its start",
                "--alignment",
                "Leave --alignment out. If the times are on another clock, write the moment from "
                "which they count into the file as timestamps_reference_time.",
            )
        return _the_same
    if alignment is not None:
        return alignment
    raise RecordingError(
        f"the recording is on another clock: its times count from {counts_from.isoformat()}, "
        f"those of the session from {started_at.isoformat()}",
        str(recording),
        "Align the two clocks with `rig align`, and name what it wrote with --alignment. If the "
        "times are seconds of the session already, write its start into the file as "
        "timestamps_reference_time.",
    )


def alignment_of(path: Path, session: str) -> Clock:
    """Return what an alignment knows of the clocks of a recording and of a session.

    Raises
    ------
    RigError
        If it cannot be read, or is that of another session.
    """
    made = read_alignment_file(path)
    if made.session != session:
        raise OptionError(
            f"'{path}' aligns the session {made.session}, not {session}",
            "--alignment",
            "Name the alignment of this session.",
        )
    return made.alignment.to_session


def _the_same(times: Floats) -> Floats:
    return times
