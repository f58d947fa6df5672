"""Which frames of a camera are missing, by the line that its exposures were recorded on.

A camera that has a line for its exposure tells by it when it took a frame, also when that frame
never reached the computer. The edges of that line, recorded by the card, and the frames of the
video are laid side by side here, after the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.floating[Any]]
MOST_NAMED = 20


@dataclass(frozen=True)
class Reconciled:
    """Frames and exposures side by side.

    Attributes
    ----------
    exposed
        When each frame was exposed, by the session's clock; nan where no edge fits, ``(frames,)``.
    missing
        Numbers of the exposures, from 0, that no frame belongs to.
    known
        Whether it is known which ones are missing. If the camera does not count its frames, only
        how many is: `exposed` and the numbers in `missing` mean nothing then.
    """

    exposed: Times
    missing: tuple[int, ...]
    known: bool

    @property
    def words(self) -> str:
        """What is missing, in a sentence."""
        without = int(np.isnan(self.exposed).sum())
        told = f"{len(self.missing)} exposures have no frame"
        if self.missing and self.known:
            told += f": {', '.join(str(each) for each in self.missing[:MOST_NAMED])}"
            told += ", ..." if len(self.missing) > MOST_NAMED else ""
        if not self.known:
            told += ", and which ones is not known: the camera does not count its frames"
        return f"{told}; {without} frames have no exposure"


def reconcile(edges: Times, numbers: Times, arrivals: Times) -> Reconciled:
    """Return which frame belongs to which exposure.

    Parameters
    ----------
    edges
        The session's seconds at which the exposure line rose, ``(exposures,)``, in order.
    numbers
        The camera's own number of each frame, ``(frames,)``: a lost one leaves a gap.
    arrivals
        The session's seconds at which each came, ``(frames,)``.

    Notes
    -----
    The numbers tell which exposure a frame belongs to, but for one offset that is the same for
    all. A frame cannot arrive before its exposure began, and the one that came fastest came
    within a period of it. That leaves one offset, however late the others were. Where the fastest
    of the last frames come more than half a period later than the fastest of the first ones,
    frames were lost that the numbers do not tell of.

    Examples
    --------
    >>> edges = np.arange(6) * 0.1
    >>> reconcile(edges, np.array([7, 8, 11]), edges[[1, 2, 5]] + 0.03).words
    '3 exposures have no frame: 0, 3, 4; 0 frames have no exposure'
    """
    edges, arrivals = np.asarray(edges, float), np.asarray(arrivals, float)
    exposed = np.full(len(arrivals), np.nan)
    if not len(edges) or not len(arrivals):
        return Reconciled(exposed, tuple(range(len(edges))), known=True)
    steps = np.asarray(numbers, int) - int(numbers[0])
    places = steps + _offset(edges, steps, arrivals)
    fits = (places >= 0) & (places < len(edges))
    exposed[fits] = edges[places[fits]]
    missing = np.setdiff1d(np.arange(len(edges)), places)
    return Reconciled(exposed, tuple(missing.tolist()), known=not _slips(edges, exposed, arrivals))


def _offset(edges: Times, steps: npt.NDArray[np.int_], arrivals: Times) -> int:
    """Return the number of the exposure that the first frame belongs to."""
    latest = int(np.searchsorted(edges, arrivals[0], side="right")) - 1
    for offset in range(latest, -len(steps), -1):
        places = steps + offset
        fits = (places >= 0) & (places < len(edges))
        if np.all(arrivals[fits] >= edges[places[fits]]):
            return offset
    return latest


def _slips(edges: Times, exposed: Times, arrivals: Times) -> bool:
    """Whether frames come later and later behind what they are taken for the exposures of."""
    late = (arrivals - exposed)[np.isfinite(exposed)]
    some = len(late) // 4
    if not some or len(edges) < 2:
        return False
    return bool(late[-some:].min() - late[:some].min() > np.median(np.diff(edges)) / 2)
