"""The life of a virtual mouse in an emulated rig: in real time, by what observers see."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hardware.emulators.rig.senses import Audible, Drop, Observed, Observer, Onset, Rinse
from rig.clock import SystemClock
from rig.errors import DeviceError
from rig.room import Mouse, Room

LOOK_EVERY = 0.01
"""Seconds between two looks at what the rig does."""
BINDING = 0.3
"""Seconds within which stimuli that begin are one thing to the mouse. Observers need some of it."""


class MouseLife:
    """Lets a mouse live in a room of its own, in a thread, until its end.

    Parameters
    ----------
    mouse
        The mouse.
    sensors
        By name, what puts a sensor of the rig on or off.
    observers
        What it senses by.
    """

    def __init__(
        self,
        mouse: Mouse,
        sensors: Mapping[str, Callable[[bool], object]],
        observers: Sequence[Observer],
    ) -> None:
        self._room = Room(mouse)
        for name, put in sensors.items():
            self._room.connect(name, _at_once(put))
        self._observers = observers
        self._clock = SystemClock()
        self._began = 0.0
        self._percept: list[Onset] = []
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._failed = ""
        self._thread = threading.Thread(target=self._live, name="mouse", daemon=True)

    def begin(self) -> None:
        """Let the mouse in: its time begins to run."""
        self._clock.start()
        self._began = time.perf_counter()
        self._room.let_mouse_in()
        self._thread.start()

    def memory(self) -> dict[str, Any]:
        """Return what it has learned; raise `DeviceError` if its life has failed."""
        if self._failed:
            raise DeviceError(self._failed, "virtual mouse", "Read the traceback above.")
        with self._lock:
            return self._room.memory()

    def end(self) -> None:
        """Take the mouse out; doing so again does nothing."""
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join()

    def _live(self) -> None:
        try:
            while not self._ends.is_set():
                with self._lock:
                    self._live_on()
                next_time = min(self._room.agenda.next_time, self._clock.now() + LOOK_EVERY)
                self._ends.wait(max(0.0, next_time - self._clock.now()))
        except Exception as error:  # whatever it is, who asks for the mouse's memory must know
            self._failed = f"the virtual mouse's life ended: {error}"
            with contextlib.suppress(OSError):
                traceback.print_exc()

    def _live_on(self) -> None:
        """Meet what has happened, and do what is due."""
        for observer in self._observers:
            for each in observer.look():
                if each.time >= self._began:
                    self._meet(each)
        now = self._clock.now()
        if self._percept and now >= self._session_time(self._percept[0]) + BINDING:
            self._sense()
        self._room.agenda.run_until(now)

    def _meet(self, observed: Observed) -> None:
        match observed:
            case Onset():
                self._percept.append(observed)
                self._percept.sort(key=lambda onset: onset.time)
            case Audible():
                self._room.announcement(self._session_time(observed))
            case Drop(volume_ul=volume_ul):
                self._room.drop(volume_ul, self._session_time(observed))
            case Rinse(duration=duration):
                self._room.flush(duration)

    def _sense(self) -> None:
        """Let the mouse sense what began, together: at the time of the first onset."""
        began = self._session_time(self._percept[0])
        bound, self._percept = self._percept, []
        for onset in bound:
            match onset.sense:
                case "sound":
                    self._room.sound(onset.name, began)
                case "grating":
                    self._room.grating(onset.name, began)
                case "flashes":
                    self._room.flashes(onset.name, began)

    def _session_time(self, observed: Observed) -> float:
        return observed.time - self._began


def _at_once(put: Callable[[bool], object]) -> Callable[[bool, float], None]:
    """Return what puts a sensor on or off when the mouse touches it: now, if a little late."""

    def touched(level: bool, time: float) -> None:
        put(level)

    return touched
