"""The heart of mouserig: clock, events, trial graph, engine, loop, session, recording."""

from __future__ import annotations

# Nothing is imported before it is needed: every command begins here, and until `rig.main` is
# there, Ctrl-C shows a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from rig.dataset import SessionData


def load(path: str | Path) -> SessionData:
    """Return a recorded session as tables, signals and facts.

    Sessions that were cut off or are damaged are returned as far as they can be read;
    ``meta["ended"]`` is None or ``meta["damage"]`` says what is wrong then. The signals are read
    when they are asked for.

    Parameters
    ----------
    path
        The session's folder, its ``session.journal``, or its ``session.h5``, which may be alone.
        In a folder the journal is read, if it is there.

    Returns
    -------
    SessionData
        Its `trials`, `events`, `states`, `licks`, `water`, `stimuli`, `notes` and `commands` are
        pandas tables, `signals` are NumPy arrays with units and times, and `meta` is a dict.

    Raises
    ------
    RecordingError
        If there is no session, not even its beginning can be read, or the HDF5 file is not
        sealed or newer than this program.

    Examples
    --------
    ::

        session = rig.load("data/SIM01/2026-11-22/1")
        session.trials.outcome.value_counts()
    """
    from pathlib import Path

    from rig.dataset import read_session

    return read_session(Path(path))
