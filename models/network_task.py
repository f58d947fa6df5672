"""The set-shifting task as a recurrent network meets it (Hajnal et al. 2024, Methods and Fig. 4).

A trial is 15 steps long. A visual and an auditory stimulus, each go or nogo, are on in steps 4 to
12, and the decision is read after step 10. What it led to, reward or punishment, is an input in
steps 11 to 15, and in steps 1 to 3 of the next trial. Five trials of one context make a sequence.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import Floats, ImpossibleOutcomeError, UnknownNameError

Context = Literal["visual", "auditory"]
Flags = NDArray[np.bool_]

CONTEXTS: tuple[Context, ...] = ("visual", "auditory")
INPUTS = ("visual_go", "visual_nogo", "auditory_go", "auditory_nogo", "reward", "punishment")
"""Names of the inputs, in their order; each is 0 or 1."""
STEPS = 15
"""Of a trial."""
DECISION = 10
"""The step after which the decision is read. Steps count from 1."""
TRIALS = 5
"""Of a sequence."""
STIMULUS = range(4, 13)
"""Steps with stimuli on."""
OUTCOME = range(DECISION + 1, STEPS + 1)
"""Steps with the outcome of this trial on."""
OUTCOME_BEFORE = range(1, 4)
"""Steps with the outcome of the trial before on."""


def inputs_at(
    step: int,
    visual_go: ArrayLike,
    auditory_go: ArrayLike,
    before: ArrayLike | None = None,
    outcome: ArrayLike | None = None,
) -> Floats:
    """Return the inputs at one step of a trial, (..., 6), of one mouse or of many.

    Parameters
    ----------
    step
        1 to 15.
    visual_go, auditory_go
        Whether each stimulus is go, (...).
    before, outcome
        Whether the decision of the trial before, and that of this one, was right, (...); None as
        long as there was none.

    Raises
    ------
    ImpossibleOutcomeError
        If a trial has no such step.

    Examples
    --------
    >>> inputs_at(11, visual_go=True, auditory_go=False, outcome=True)
    array([1., 0., 0., 1., 1., 0.])
    """
    if step not in range(1, STEPS + 1):
        raise ImpossibleOutcomeError(f"a trial has no step {step}", f"Give 1 to {STEPS}.")
    visual = np.asarray(visual_go, dtype=np.bool_)
    auditory = np.asarray(auditory_go, dtype=np.bool_)
    inputs = np.zeros((*visual.shape, len(INPUTS)))
    if step in STIMULUS:
        inputs[..., 0], inputs[..., 1] = visual, ~visual
        inputs[..., 2], inputs[..., 3] = auditory, ~auditory
    shown = before if step in OUTCOME_BEFORE else outcome if step in OUTCOME else None
    if shown is not None:
        right = np.asarray(shown, dtype=np.bool_)
        inputs[..., 4], inputs[..., 5] = right, ~right
    return inputs


def sequences(trials: int = TRIALS) -> Flags:
    """Return all sequences of stimuli, (4 ** trials, trials, 2): go of the visual, the auditory.

    Later trials change faster: sequences that begin alike stand together.
    """
    codes = np.arange(4**trials)[:, None] // 4 ** np.arange(trials - 1, -1, -1) % 4
    return np.stack([codes // 2 == 0, codes % 2 == 0], axis=-1)


def targets(stimuli: Flags, context: Context) -> Flags:
    """Return whether go is right, (...), in trials of stimuli (..., 2).

    Raises
    ------
    UnknownNameError
        If there is no such context.
    """
    if context not in CONTEXTS:
        raise UnknownNameError(f"no context {context!r}", f"There are {', '.join(CONTEXTS)}.")
    return np.asarray(stimuli[..., CONTEXTS.index(context)])


def congruent(stimuli: Flags) -> Flags:
    """Return whether both stimuli ask for the same, (...), in trials of stimuli (..., 2)."""
    return np.asarray(stimuli[..., 0] == stimuli[..., 1])


def ceilings(trials: int = TRIALS) -> Floats:
    """Return the greatest fraction correct of any strategy in each trial, (trials,).

    The context shows itself in the outcome of an incongruent trial. Where none came before, half
    of the incongruent trials are right by chance.

    Examples
    --------
    >>> ceilings()
    array([0.75    , 0.875   , 0.9375  , 0.96875 , 0.984375])
    """
    return 1 - 0.25 * 0.5 ** np.arange(trials)


def incongruent_ceilings(trials: int = TRIALS) -> Floats:
    """Return the greatest fraction correct of incongruent trials, (trials,).

    Examples
    --------
    >>> incongruent_ceilings()
    array([0.5    , 0.75   , 0.875  , 0.9375 , 0.96875])
    """
    return 1 - 0.5 ** np.arange(1, trials + 1)
