"""Reads the HDF5 file of a session."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from rig.errors import RecordingError
from rig.hdf5_layout import NO_NAME, TRIALS
from rig.trials import TrialRow


def read_trials(path: Path) -> list[TrialRow]:
    """Return the table of trials of a sealed file.

    Raises
    ------
    RecordingError
        If the file is missing, damaged or not sealed.
    """
    try:
        with h5py.File(path, "r") as file:
            if not file.attrs["sealed"]:
                raise RecordingError(
                    "the file is not sealed", str(path), "Read the session's journal instead."
                )
            names = [name.decode() for name in file["names"][()]]
            return [_row(values, names) for values in file["trials"][()]]
    except (OSError, KeyError) as error:
        raise RecordingError(
            f"the file cannot be read: {error}", str(path), "Read the session's journal instead."
        ) from error


def _row(values: np.void, names: list[str]) -> TrialRow:
    """Return a row of the file as a `TrialRow`."""
    fields: dict[str, Any] = {}
    for name in TRIALS.names or ():
        value = values[name].item()
        if TRIALS[name] == np.uint16:
            value = None if value == NO_NAME else names[value]
        elif isinstance(value, float) and math.isnan(value):
            value = None
        fields[name] = value
    fields["stimulus"] = fields["stimulus"] or ""
    fields["labels"] = json.loads(fields["labels"] or "{}")
    return TrialRow(**fields)
