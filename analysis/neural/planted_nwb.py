"""A recording that is made up beside a session, as an NWB file, to try analyses without one."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np

from analysis.neural.facts import trial_facts
from analysis.neural.planted import Plan, Planted, fired, plant_beside
from analysis.neural.recording import Spikes
from rig.dataset import SessionData
from rig.export.whole_file import whole_file


def write_planted(session: SessionData, path: Path, plan: Plan, seed: int) -> Planted:
    """Write spikes that are made up beside a session as an NWB file; one that is there is replaced.

    Their times are seconds of the session, which the file says: it has the session's start. `rig
    decode` takes it.

    Parameters
    ----------
    session
        What `rig.load` returns, such as a session of a virtual mouse.
    path
        The file, ``NAME.nwb``.
    plan
        What neurons do in the trials, as for `plant_beside`.
    seed
        Of all chance: the same one makes the same spikes.

    Returns
    -------
    Planted
        The truth: what was planted, and along which axes.

    Raises
    ------
    EmptyDataError
        If no trial of the session has a stimulus and an answer.
    OutOfBoundsError
        If trials follow each other faster than the window of the plan is long.
    RecordingError
        If the file cannot be written.
    """
    from pynwb import NWBHDF5IO, NWBFile  # takes a second to load

    planted = plant_beside(trial_facts(session.trials), plan, seed)
    spikes = fired(planted)
    name = session.meta["session"]
    file = NWBFile(
        session_description=f"MADE UP: spikes planted beside the session {name}, by {plan}",
        identifier=str(uuid.uuid5(uuid.NAMESPACE_OID, f"planted {name} {plan} {seed}")),
        session_start_time=session.meta["started_at"],
        session_id=name.replace("/", "-"),
        keywords=["simulation"],
    )
    file.units = _units(spikes)
    with whole_file(path) as partial, NWBHDF5IO(str(partial), "w") as io:
        io.write(file)
    return planted


def _units(spikes: Spikes) -> Any:
    """Return a units table, made of whole arrays: unit by unit a million spikes take seconds."""
    from hdmf.common import VectorData, VectorIndex
    from pynwb.misc import Units

    times = VectorData(
        name="spike_times", description="made up (s)", data=np.concatenate(spikes.times)
    )
    ends = np.cumsum([train.size for train in spikes.times])
    index = VectorIndex(name="spike_times_index", data=ends, target=times)
    return Units(
        name="units",
        description="units that are made up",
        columns=[times, index],
        colnames=["spike_times"],
        id=spikes.units,
    )
