"""What a person asks of ``rig decode``; loaded with the command line, so without the decoders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class VariableName(StrEnum):
    """What can be decoded, as it is named on the command line."""

    STIMULUS = "stimulus"
    VISUAL = "visual"
    AUDITORY = "auditory"
    CHOICE = "choice"
    CONTEXT = "context"
    OUTCOME = "outcome"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options.

    Attributes
    ----------
    of
        What is decoded.
    alignment
        File that `rig align` wrote; None if none was given.
    trials, units
        ``NAME=VALUE`` or ``NAME=VALUE,VALUE``: only these are taken.
    series
        Name of a series of traces, to be taken in place of units; None if none was given.
    window
        Begin and end around the stimulus, in seconds.
    bin
        Seconds; None for the usual: 0.01, or a frame of traces that is longer.
    smoothing
        SD of the Gaussian that smooths spikes, in seconds; 0 for none.
    neighbours
        Bins on each side of a bin that are taken in.
    strength, folds
        Of the regression, and its cross-validation.
    shuffles, seed
        How many sets of labels tell the chance level, and their seed.
    angle
        Begin and end of the stretch whose decision vectors are compared, in seconds.
    jobs
        Threads.
    """

    of: tuple[VariableName, ...]
    alignment: Path | None = None
    trials: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    series: str | None = None
    window: tuple[float, float] = (-1.5, 4.5)
    bin: float | None = None
    smoothing: float = 0.1
    neighbours: int = 2
    strength: float = 1.0
    folds: int = 10
    shuffles: int = 40
    seed: int = 0
    angle: tuple[float, float] = (0.0, 0.5)
    jobs: int = 1
