"""Options of ``rig fit`` as settings: what a model has no use for is refused, not overlooked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.fits.asked import CoreName, ModelName
from analysis.fits.settings import Settings
from models.errors import ModelError
from models.learning import LearningRule
from models.model import Parameter
from models.psychometric import PsychometricFunction
from models.reinforcement import PUBLISHED
from models.search import check_names
from models.task import discrimination
from rig.errors import OptionError

LEARNING = frozenset({ModelName.CIRCUIT, ModelName.MEAN_FIELD})
USERS: Mapping[str, frozenset[ModelName]] = {
    "--core": LEARNING,
    "--variant": LEARNING,
    "--recruitment": LEARNING,
    "--binned": LEARNING,
    "--pretraining": frozenset({ModelName.CIRCUIT}),
    "--catch": frozenset({ModelName.CIRCUIT}),
    "--lags": frozenset({ModelName.LOGISTIC}),
    "--shape": frozenset({ModelName.PSYCHOMETRIC}),
    "--lick-rate": frozenset({ModelName.CHOICES}),
    "--simulations": frozenset({ModelName.CHOICES}),
    "--hold": frozenset(ModelName) - {ModelName.CHOICES},
}
"""Which models each option is for."""
BY_LEVELS = frozenset({"threshold", "slope"})
"""Parameters of the psychometric function whose bounds depend on the levels."""


def check_used(model: ModelName, given: Mapping[str, object]) -> None:
    """Refuse an option that the model has no use for.

    Parameters
    ----------
    model
        The model.
    given
        Values by option; None or empty if it was not given.

    Raises
    ------
    OptionError
        If there is one.
    """
    for option, value in given.items():
        if value not in (None, [], ()) and model not in USERS[option]:
            users = ", ".join(sorted(USERS[option]))
            raise OptionError(
                f"the model {model} has no use for it", option, f"Leave it out; it is for: {users}."
            )


def numbers_of(option: str, words: Sequence[str]) -> dict[str, float]:
    """Return what is written as ``NAME=NUMBER``, by name.

    Raises
    ------
    OptionError
        If something is not, or a name comes twice.

    Examples
    --------
    >>> numbers_of("--hold", ["sigma=0.62", "alpha=0.01"])
    {'sigma': 0.62, 'alpha': 0.01}
    """
    found: dict[str, float] = {}
    for each in words:
        name, _, text = each.rpartition("=")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not name or not math.isfinite(number):
            raise OptionError(f"'{each}' is no NAME=NUMBER", option, f"Write {option} NAME=0.5.")
        if name in found:
            raise OptionError(f"'{name}' is given twice", option, "Name it once.")
        found[name] = number
    return found


def recruitment_of_options(words: Sequence[str]) -> dict[str, float]:
    """Return activity by the name of the stimulus.

    Raises
    ------
    OptionError
        If something is no ``NAME=NUMBER``, or an activity is negative.
    """
    found = numbers_of("--recruitment", words)
    if any(value < 0 for value in found.values()):
        raise OptionError("an activity is negative", "--recruitment", "Write 0 or more.")
    return found


def check_held(settings: Settings) -> None:
    """Refuse to hold a parameter that the model lacks, or outside its bounds.

    As far as that does not depend on the data: the columns of a regression do.

    Raises
    ------
    OptionError
        If that is asked.
    """
    held: Mapping[str, float] = settings.held
    parameters: tuple[Parameter, ...] = ()
    if settings.learns:
        core = PUBLISHED if settings.core == CoreName.PUBLISHED else None
        parameters = LearningRule(discrimination(), core, settings.variant).parameters
    elif settings.model == ModelName.PSYCHOMETRIC:
        parameters = PsychometricFunction().parameters
        held = {name: value for name, value in held.items() if name not in BY_LEVELS}
    if not parameters:
        return
    try:
        check_names(held, parameters)
    except ModelError as error:
        raise OptionError(error.what, "--hold", error.do) from None
