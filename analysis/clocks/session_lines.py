"""The lines of a session: what it recorded itself of what other recorders may have seen, too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.clocks.pulses import Pulses, pulses_of_edges
from analysis.clocks.streams import lines_of, pulses_by_session
from models.errors import ModelError
from rig.dataset import SessionData
from rig.errors import OptionError, RecordingError
from rig.events import Event, InputChanged, SyncSwitched
from rig.sync_lines import sync_names, sync_of


def default_line(session: SessionData) -> str:
    """Return the line that a session is aligned by: its barcode, else its only sync line.

    Raises
    ------
    OptionError
        If it has none, or several.
    """
    sync = sync_of(session.record.definition.rig_toml)
    names = [sync.barcode] if sync.barcode else sync_names(sync)
    if len(names) == 1:
        return names[0]
    what = "several sync lines and no barcode" if names else "no sync line"
    raise OptionError(f"the session has {what}", "--line", _one_of(session))


def session_pulses(session: SessionData, line: str) -> Pulses:
    """Return the pulses of a line, in seconds of the session.

    Parameters
    ----------
    session
        The session.
    line
        A sync line, a digital input, or ``SIGNAL/CHANNEL`` of a signal; of a camera the name
        alone, whose frames are the pulses.

    Raises
    ------
    OptionError
        If there is no such line.
    RecordingError
        If it has no pulses, or they cannot be used.
    """
    edges = _edges_of(session.record.events)
    signals = _signals_of(session)
    try:
        if line in edges:
            times, levels, within = np.array(edges[line], dtype=np.float64).T
            return pulses_of_edges(times, levels, within)
        if line in signals:
            return pulses_by_session(session.signals[signals[line]], line)
    except ModelError as error:
        raise RecordingError(error.what, f"{session.meta['session']}, {line}", error.do) from error
    raise OptionError(f"the session has no line '{line}'", "--line", _one_of(session))


def _signals_of(session: SessionData) -> dict[str, str]:
    """Return the name of each line of a signal -> the name of the signal."""
    specs = session.record.definition.streams
    return {line: spec.name for spec in specs for line in lines_of(spec)}


def _edges_of(events: Sequence[Event]) -> dict[str, list[tuple[float, float, float]]]:
    """Return time, level and uncertainty of each change, by sync line and input."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for event in events:
        if isinstance(event, SyncSwitched):
            told = event.hardware_time, float(event.level), event.uncertainty
            found.setdefault(event.device, []).append(told)
        elif isinstance(event, InputChanged):
            told = event.hardware_time, float(event.level), 0.0
            found.setdefault(event.device, []).append(told)
    return found


def _one_of(session: SessionData) -> str:
    names = [*_edges_of(session.record.events), *_signals_of(session)]
    if not names:
        return "It recorded no lines: name some in [sync] of the rig file, before the next one."
    return f"Name one of: {', '.join(sorted(names))}."
