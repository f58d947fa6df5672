"""A sink of streams that keeps the rows in memory, for tests."""

from __future__ import annotations

import numpy as np

from rig.streams import Samples


class Kept:
    """What was written: `rows` by the name of the stream, ``(rows, channels)``."""

    def __init__(self) -> None:
        self.rows: dict[str, Samples] = {}

    def write(self, stream: str, samples: Samples, time: float) -> None:
        known = self.rows.get(stream)
        self.rows[stream] = samples if known is None else np.concatenate([known, samples])
