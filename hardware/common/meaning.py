"""What a virtual mouse that knows its task takes stimuli to ask for."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from hardware.common.mouse_body import Percept


class Answers(NamedTuple):
    """What the stimuli of a trial ask for: a lick or not; None where there is no stimulus."""

    visual: bool | None = None
    auditory: bool | None = None


def meaning(name: str, go: Sequence[str], nogo: Sequence[str]) -> bool | None:
    """Return whether a stimulus asks for a lick; None if it means nothing.

    Parameters
    ----------
    name
        Of the stimulus.
    go, nogo
        Names of stimuli that ask for a lick, and for none; ``*`` stands for any text, and `go`
        comes first.

    Examples
    --------
    >>> meaning("45 deg", ["45 deg"], ["*"]), meaning("A", ["45 deg"], ["135 deg"])
    (True, None)
    """
    if any(fnmatchcase(name, pattern) for pattern in go):
        return True
    return False if any(fnmatchcase(name, pattern) for pattern in nogo) else None


def answers(percept: Percept, go: Sequence[str], nogo: Sequence[str]) -> Answers:
    """Return what the grating and the sound of a trial ask for."""
    asked = {one.sense: meaning(one.name, go, nogo) for one in percept}
    return Answers(asked.get("grating"), asked.get("sound"))


def refuse_both(go: Sequence[str], nogo: Sequence[str]) -> None:
    """Raise `ValueError` if a name stands in `go` and in `nogo`: it could not ask for both."""
    both = [name for name in go if name in nogo]
    if both:
        raise ValueError(f"'{both[0]}' stands in go and in nogo")
