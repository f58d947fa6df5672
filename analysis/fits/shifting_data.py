"""Blocks of trials with stimuli of two modalities, as what the choice models take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.fits.reading import Trial
from analysis.fits.sessions import Recorded
from models.choices import BimodalChoices
from models.consistency import consistent_trials

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Bimodal:
    """The trials with two modalities of one block.

    Attributes
    ----------
    session, block, context
        Where it stands, and which modality is relevant.
    relevant_go, other_go, licked
        Whether either stimulus asks for a lick, and whether there was one, (trials,).
    """

    session: str
    block: int
    context: str
    relevant_go: Flags
    other_go: Flags
    licked: Flags
    consistent: Flags = field(init=False)
    """Whether a trial is consistent: windows are cut at the borders of the block."""

    def __post_init__(self) -> None:
        correct = self.licked == self.relevant_go
        consistent = consistent_trials(self.relevant_go, self.other_go, correct)
        object.__setattr__(self, "consistent", consistent)

    @property
    def incongruent(self) -> Flags:
        """Whether the two stimuli ask for opposite answers, (trials,)."""
        return np.asarray(self.relevant_go != self.other_go)


def blocks_of(sessions: Sequence[Recorded]) -> list[Bimodal]:
    """Return the blocks of all sessions in order; priming trials are left out."""
    found: dict[tuple[str, int, str], list[Trial]] = {}
    for session in sessions:
        for row in session.rows:
            if "congruency" in row.labels:
                key = session.name, row.block, row.labels.get("context", "")
                found.setdefault(key, []).append(row)
    return [_block(*key, rows) for key, rows in found.items()]


def scored_choices(blocks: Sequence[Bimodal]) -> BimodalChoices:
    """Return the choices in consistent and incongruent trials (Hajnal et al. 2024, Fig. 1g, h).

    Raises
    ------
    ModelError
        If there is no such trial.
    """
    kept = [block.consistent & block.incongruent for block in blocks]
    parts = [
        np.concatenate([column[keep] for column, keep in zip(columns, kept, strict=True)])
        for columns in (
            [block.relevant_go for block in blocks],
            [block.other_go for block in blocks],
            [block.licked for block in blocks],
        )
    ]
    return BimodalChoices(*parts)


def _block(session: str, block: int, context: str, rows: Sequence[Trial]) -> Bimodal:
    go = np.array([row.trial_type == "go" for row in rows])
    congruent = np.array([row.labels["congruency"] == "congruent" for row in rows])
    licked = np.array([row.responded for row in rows])
    return Bimodal(session, block, context, go, go == congruent, licked)
