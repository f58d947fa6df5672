"""The layout of a session's HDF5 file: its streams of events, their fields, types and units."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

LAYOUT_VERSION = 3
SIGNED_LAYOUT = 3
"""Layouts from this one on are signed: HDF5 itself returns damaged bytes as data."""
NO_NAME = 65535
"""Stands in a field that holds the number of a name where there is none."""

_TIMES = [("seq", "<u8"), ("hardware_time", "<f8"), ("engine_time", "<f8"), ("trial", "<u4")]
INPUTS = np.dtype([*_TIMES, ("device", "<u2"), ("level", "?")])
STATES = np.dtype([*_TIMES, ("state", "<u2"), ("requested", "<f8"), ("cause", "<u2")])
ACTIONS = np.dtype(
    [
        *_TIMES,
        ("device", "<u2"),
        ("verb", "<u2"),
        ("detail", "<u2"),
        ("value", "<f8"),
        ("author", "<u2"),
    ]
)
REPORTS = np.dtype(
    [
        *_TIMES,
        ("device", "<u2"),
        ("what", "<u2"),
        ("detail", "<u2"),
        ("requested", "<f8"),
        ("achieved", "<f8"),
        ("volume_ul", "<f8"),
        ("author", "<u2"),
    ]
)
STREAMS = {"inputs": INPUTS, "states": STATES, "actions": ACTIONS, "reports": REPORTS}
"""Streams of events: each is one extensible dataset of rows."""
TRIALS = np.dtype(
    [
        ("trial", "<u4"),
        ("trial_type", "<u2"),
        ("stimulus", "<u2"),
        ("outcome", "<u2"),
        ("aborted", "?"),
        ("start_time", "<f8"),
        ("end_time", "<f8"),
        ("stimulus_time", "<f8"),
        ("first_lick_time", "<f8"),
        ("lick_count", "<u4"),
        ("dwell", "<f8"),
        ("licks", "<f8"),
        ("reward_ul", "<f8"),
        ("removed_ul", "<f8"),
        ("block", "<u4"),
        ("labels", "<u2"),
    ]
)
BLOCKS = np.dtype([("row", "<u8"), ("time", "<f8")])
"""Where the blocks of a signal begin: number of the first row, and its session's seconds."""
_FORMATS = {"<u8": "Q", "<f8": "d", "<u4": "I", "<u2": "H", "|b1": "?"}


def struct_format(dtype: np.dtype[np.void]) -> str:
    """Return the format by which `struct` packs one row.

    Examples
    --------
    >>> struct_format(INPUTS)
    '<QddIH?'
    """
    return "<" + "".join(_FORMATS[dtype[name].str] for name in dtype.names or ())


def units(dtype: np.dtype[np.void]) -> str:
    """Return the unit of each field as JSON; what counts or names has none."""
    found: dict[str, Any] = {name: "s" for name in dtype.names or () if dtype[name] == np.float64}
    found |= dict.fromkeys(("volume_ul", "reward_ul", "removed_ul", "value"), "uL")
    found |= {"licks": "licks"}
    return json.dumps({name: unit for name, unit in found.items() if name in (dtype.names or ())})
