"""What the twins of all presenting devices share: one stimulus at a time that ends by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from hardware.common.refused import require_all
from rig.devices import Context
from rig.errors import DeviceError
from rig.inbox import Report
from rig.picture import Flashes, Grating
from rig.sound import Sound

Presented = TypeVar("Presented", Sound, Grating, Flashes)


class Playback:
    """Presents loaded stimuli, one at a time; each is reported when it has ended or was cut.

    Parameters
    ----------
    name
        The device's name in the rig file.
    what
        What its reports call a stimulus.
    context
        The clock, the inbox for reports and the room's agenda.

    """

    def __init__(
        self, name: str, what: Literal["sound", "grating", "flashes"], context: Context
    ) -> None:
        self._durations: Mapping[str, float] = {}
        self._ready = False
        self._name = name
        self._what = what
        self._clock = context.clock
        self._inbox = context.inbox
        self._agenda = context.room.agenda
        self._running: tuple[str, float] | None = None
        self._number = 0

    def open(self) -> None:
        """Be ready to present."""
        self._ready = True

    def close(self) -> None:
        """Present nothing, and be ready no more."""
        self.cut()
        self._ready = False

    def load(
        self, stimuli: Mapping[str, Presented], refuse: Callable[[Presented], str | None]
    ) -> None:
        """Make these the stimuli that can be presented; raise `DeviceError` if one is refused."""
        require_all(stimuli, refuse, f"device '{self._name}'", self._what)
        self._durations = {name: stimulus.duration for name, stimulus in stimuli.items()}

    def loaded(self) -> frozenset[str]:
        """Return the names of the stimuli that can be presented."""
        return frozenset(self._durations)

    def begin(self, stimulus: str) -> float:
        """Begin a stimulus in place of any that still lasts; return the time of its onset."""
        if not self._ready or stimulus not in self._durations:
            raise DeviceError(
                f"it cannot present '{stimulus}'",
                f"device '{self._name}'",
                "Open the device and load the stimulus first.",
            )
        now = self._clock.now()
        self.cut()
        self._number += 1
        number = self._number
        self._running = (stimulus, now)
        self._agenda.at(now + self._durations[stimulus], lambda _: self._end(number))
        return now

    def then(self, seconds: float, action: Callable[[float], object]) -> None:
        """Call ``action(time)`` so many seconds from now, if what has begun is not cut by then."""
        number = self._number

        def act(time: float) -> None:
            if number == self._number and self._running is not None:
                action(time)

        self._agenda.at(self._clock.now() + seconds, act)

    def cut(self) -> None:
        """End the stimulus that lasts, if one does; it is reported with its true length."""
        if self._running is not None:
            self._stop(self._clock.now() - self._running[1])

    def _end(self, number: int) -> None:
        """End that stimulus after its whole length, unless it was cut short before."""
        if number == self._number and self._running is not None:
            self._stop(self._durations[self._running[0]])

    def _stop(self, achieved: float) -> None:
        if self._running is None:
            return
        (stimulus, began), self._running = self._running, None
        requested = self._durations[stimulus]
        self._inbox.put(Report(self._name, self._what, stimulus, began, requested, achieved))
