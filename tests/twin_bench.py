"""The bench on which twins are tried: a room in virtual time, with a witness."""

from __future__ import annotations

from pathlib import Path

from rig.clock import Clock, VirtualClock
from rig.devices import Context, Device
from rig.inbox import Inbox, Message
from rig.room import Mouse, MouseSettings, Room


class Witness(Mouse):
    """A mouse that only notes what reaches it."""

    Settings = MouseSettings

    def __init__(self) -> None:
        self.sensed: list[tuple[str, float]] = []
        self.drunk: list[tuple[float, float]] = []

    def enter(self, room: Room) -> None: ...

    def attend(self, time: float) -> None:
        self.sensed.append(("announcement", time))

    def hear(self, sound: str, time: float) -> None:
        self.sensed.append((sound, time))

    def see(self, grating: str, time: float) -> None:
        self.sensed.append((grating, time))

    def feel(self, flashes: str, time: float) -> None:
        self.sensed.append((flashes, time))

    def drink(self, volume_ul: float, time: float) -> None:
        self.drunk.append((volume_ul, time))

    def memory(self) -> dict[str, object]:
        return {}


class TwinBench:
    """A twin in virtual time, in a room with a witness."""

    tolerance = 1e-6
    ul_per_second = 139.68  # through the valve of the lab's calibration, by its line
    """Seconds by which a device's times may differ from those of the bench."""
    late = 0.0
    """Seconds by which the end of a stimulus may be late."""

    def __init__(
        self,
        driver: type[Device],
        settings: dict[str, object],
        folder: Path,
        clock: Clock | None = None,
    ) -> None:
        self._witness = Witness()
        self._clock, self._inbox = clock or VirtualClock(), Inbox()
        self._room = Room(self._witness)
        context = Context(self._clock, self._inbox, self._room, folder)
        self.device = driver("box", driver.Settings.model_validate(settings), context)

    def now(self) -> float:
        """Return the session's time."""
        return self._clock.now()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and let the world do what is due in it."""
        agenda, end = self._room.agenda, self._clock.now() + seconds
        while (time := min(agenda.next_time, end)) < end:
            self._clock.receive(Inbox(), time)
            agenda.run_until(time)
        self._clock.receive(Inbox(), end)
        agenda.run_until(end)

    def touch(self, level: bool) -> float:
        """Let the animal begin or end to touch the sensor; return when."""
        self._room.touch("box", level, self.now())
        return self.now()

    def close(self) -> None:
        """Close the device."""
        self.device.close()

    def sensed(self) -> list[tuple[str, float]]:
        """Return the stimuli that an independent observer has noticed, with their onsets."""
        return self._witness.sensed

    def drunk(self) -> list[tuple[float, float]]:
        """Return the volumes that came out of the spout, with the times when they had."""
        return self._witness.drunk

    def messages(self) -> list[Message]:
        """Take all messages of the device."""
        found = []
        while (message := self._inbox.take()) is not None:
            found.append(message)
        return found


class HurriedClock(Clock):
    """A clock that jumps, for a device that plays its sounds to a person all the same."""

    def __init__(self) -> None:
        self._clock = VirtualClock()

    def start(self) -> None:
        self._clock.start()

    def now(self) -> float:
        return self._clock.now()

    def receive(self, inbox: Inbox, until: float) -> Message | None:
        return self._clock.receive(inbox, until)
