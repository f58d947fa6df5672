"""Trials tables of sessions that were never run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

OUTCOMES = {
    (True, True): "hit",
    (True, False): "miss",
    (False, True): "false_alarm",
    (False, False): "correct_rejection",
}


def trials_table(outcomes: Sequence[str | None], **columns: object) -> pd.DataFrame:
    """Return trials with these outcomes; None is one that was cut short."""
    return pd.DataFrame(
        {
            "trial_type": ["go" if each in {"hit", "miss", None} else "nogo" for each in outcomes],
            "outcome": pd.array(list(outcomes), dtype="str"),
            "aborted": [each is None for each in outcomes],
            **columns,
        },
        index=pd.RangeIndex(1, len(outcomes) + 1, name="trial"),
    )


def block_of(
    go: Sequence[bool], congruent: Sequence[bool], licked: Sequence[bool], context: str, number: int
) -> pd.DataFrame:
    """Return the trials with two modalities of one context block."""
    pairs = zip(go, licked, strict=True)
    return trials_table(
        [OUTCOMES[bool(a), bool(b)] for a, b in pairs],
        block=number,
        label_context=context,
        label_congruency=np.where(congruent, "congruent", "incongruent"),
    )


def joined(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return blocks as one session."""
    table = pd.concat(parts, ignore_index=True)
    return table.set_index(pd.RangeIndex(1, len(table) + 1, name="trial"))


def shifting(seed: int, p_correct: float = 0.75) -> pd.DataFrame:
    """Return a session of two blocks."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, (context, trials) in enumerate((("visual", 63), ("audio", 40)), 1):
        go, congruent = rng.random((2, trials)) < 0.5
        licked = np.where(rng.random(trials) < p_correct, go, ~go)
        parts.append(block_of(go, congruent, licked, context, number))
    return joined(*parts)
