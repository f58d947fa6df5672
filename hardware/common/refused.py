"""What is loaded into a device that presents stimuli, and may be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from rig.errors import DeviceError

Stimulus = TypeVar("Stimulus")


def require_all(
    stimuli: Mapping[str, Stimulus],
    refuse: Callable[[Stimulus], str | None],
    where: str,
    what: str,
) -> None:
    """Raise `DeviceError` if a device refuses a stimulus.

    Parameters
    ----------
    stimuli
        By their names.
    refuse
        Returns why a stimulus cannot be presented, or None if it can.
    where, what
        The device, and what its stimuli are called, for the error.
    """
    for name, stimulus in stimuli.items():
        reason = refuse(stimulus)
        if reason:
            raise DeviceError(reason, f"{where}, {what} '{name}'", "Change the stimulus.")
