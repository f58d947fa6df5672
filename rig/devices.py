"""The kinds of devices: what every driver and every simulated twin of a kind can do.

``open``, ``close``, ``off`` and ``check`` may be called again and again. ``off`` makes a device
harmless and works on a closed device too. Orders arrive as actions of a trial graph: ``refuse``
says before the session why an action cannot be done, ``act`` does it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pydantic

from rig.clock import Clock
from rig.errors import Problem
from rig.frozen import FrozenModel
from rig.graph import Action, Flash, Flush, Play, Pulse, Show, TurnOff, TurnOn
from rig.inbox import Inbox
from rig.room import Room
from rig.shared import Shared
from rig.stream_store import Drain, StreamSink
from rig.streams import StreamSpec

LONGEST_DELAY = 30.0
"""Seconds that a valve is armed ahead for at most."""
LONGEST_FLUSH = 30.0
"""Seconds that a valve is flushed for at most: so much water would run if nobody closed it."""
Line = Annotated[str, pydantic.Field(min_length=1, description="the wire, as the card names it")]


class DeviceSettings(FrozenModel):
    """Base of the settings of devices.

    A field called ``line`` names a wire; two devices of a rig cannot share one. One called
    ``trigger`` names the terminal that is wired to the onset line, or that line itself if
    `trigger_is_line`. `model` and `manufacturer` name the part in the rig; they are recorded.
    """

    trigger_is_line: ClassVar[bool] = False
    model: str = ""
    manufacturer: str = ""


@dataclass(frozen=True)
class Context:
    """What a device is given beside its settings.

    Attributes
    ----------
    clock
        The session's clock: the times of all messages are its seconds.
    inbox
        Where readings and reports go.
    room
        What twins share; drivers of real devices do not look at it.
    folder
        The lab's folder: paths in settings are relative to it.
    streams
        Takes what is sampled.
    shared
        What drivers of one rig share, such as a card; see `rig.shared.Shared`.
    """

    clock: Clock
    inbox: Inbox
    room: Room
    folder: Path
    streams: StreamSink = field(default_factory=Drain)
    shared: Shared = field(default_factory=Shared)


class Device(ABC):
    """What every device can do.

    A device is made with its name in the rig file, its settings and a `Context`; making it
    touches no hardware. Drivers name their `twin`, the simulated class that takes the same
    settings; a twin is `simulated`.
    """

    kind: ClassVar[str]
    simulated: ClassVar[bool] = False
    twin: ClassVar[type[Device] | None] = None
    Settings: ClassVar[type[DeviceSettings]]

    @abstractmethod
    def __init__(self, name: str, settings: Any, context: Context) -> None: ...

    @abstractmethod
    def open(self) -> None:
        """Take hold of the hardware; raise `DeviceError` if that fails."""

    @abstractmethod
    def off(self) -> None:
        """Make the device harmless: valve closed, sound silent, output low."""

    def force_off(self) -> None:
        """Make the device harmless though another process may hold its hardware.

        The guardian calls this, in a process of its own and on a device that was never opened,
        when the engine is gone or hangs. Drivers whose `off` needs hardware that nobody else
        holds override it, and take the hardware away.
        """
        self.off()

    @abstractmethod
    def close(self) -> None:
        """Make the device harmless and let go of the hardware."""

    @abstractmethod
    def check(self) -> list[Problem]:
        """Return every mistake in settings, calibration and hardware that can be found."""

    @abstractmethod
    def refuse(self, action: Action) -> str | None:
        """Return why the device cannot do `action`, or None if it can."""

    @abstractmethod
    def act(self, action: Action) -> None:
        """Do `action` now; it is one that the device does not refuse."""

    def files(self) -> tuple[Path, ...]:
        """Return the files, calibrations above all, that the session must keep a copy of."""
        return ()


class DigitalInput(Device):
    """A line that is read: puts an `Edge` into the inbox whenever its level changes."""

    kind = "digital input"

    @abstractmethod
    def level(self) -> bool:
        """Return whether the line is on (beam broken, tongue at the spout)."""

    def refuse(self, action: Action) -> str | None:
        """Refuse everything: an input takes no orders."""
        return f"a digital input cannot do '{type(action).__name__}'"

    def act(self, action: Action) -> None:
        """Refuse everything: an input takes no orders."""
        raise TypeError(self.refuse(action))


class AnalogInput(Device):
    """Lines that are sampled again and again: treadmill, photodiode, breathing.

    From `open` to `off` the samples go to the session's streams, block by block, written by the
    thread that gets them from the hardware. They never become events.
    """

    kind = "analog input"

    @abstractmethod
    def stream(self) -> StreamSpec:
        """Return what the samples are; it is asked for before the device is opened."""

    def refuse(self, action: Action) -> str | None:
        """Refuse everything: an input takes no orders."""
        return f"an analog input cannot do '{type(action).__name__}'"

    def act(self, action: Action) -> None:
        """Refuse everything: an input takes no orders."""
        raise TypeError(self.refuse(action))


class Camera(Device):
    """Films from `open` to `off`: a video in the session's folder, and a stream of times.

    The frames never come near the engine: whoever gets them from the camera writes them, and the
    time of each to the session's streams.
    """

    kind = "camera"

    @abstractmethod
    def record_to(self, folder: Path) -> None:
        """Put the video into that folder; without one the camera films nothing."""

    @abstractmethod
    def stream(self) -> StreamSpec:
        """Return what is recorded of each frame, with the name of the video's file."""

    def refuse(self, action: Action) -> str | None:
        """Refuse everything: a camera takes no orders."""
        return f"a camera cannot do '{type(action).__name__}'"

    def act(self, action: Action) -> None:
        """Refuse everything: a camera takes no orders."""
        raise TypeError(self.refuse(action))


class DigitalOutput(Device):
    """A line that is switched: house light, masking light, sync."""

    kind = "digital output"

    @abstractmethod
    def level(self) -> bool:
        """Return whether the line is on."""

    @abstractmethod
    def switch_on(self) -> None:
        """Switch the line on."""

    @abstractmethod
    def switch_off(self) -> None:
        """Switch the line off."""

    def refuse(self, action: Action) -> str | None:
        """Refuse all but `TurnOn` and `TurnOff`."""
        if isinstance(action, TurnOn | TurnOff):
            return None
        return f"a digital output cannot do '{type(action).__name__}'"

    def act(self, action: Action) -> None:
        """Switch the line."""
        if isinstance(action, TurnOn):
            self.switch_on()
        else:
            self.switch_off()


class Valve(Device):
    """A valve that opens once for a finite time; reports each opening when it has closed.

    A flush is an opening of so many seconds. Its water is not for the mouse, and not counted.
    """

    kind = "valve"

    @abstractmethod
    def is_busy(self) -> bool:
        """Return whether the valve is open, or armed to open."""

    @abstractmethod
    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""

    @abstractmethod
    def refuse_delay(self, delay: float) -> str | None:
        """Return why an opening cannot be armed `delay` seconds ahead, or None if it can."""

    @abstractmethod
    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Deliver `volume_ul`; the end of the opening is timed by the hardware.

        With a `delay` above 0 the opening is armed, and its begin is timed by the hardware, too:
        so many seconds after this order, or after the edge that starts the devices of the rig, if
        the valve has a trigger. `off` disarms it.
        """

    @abstractmethod
    def refuse_flush(self, duration: float) -> str | None:
        """Return why the valve cannot be flushed for `duration` seconds, or None if it can."""

    @abstractmethod
    def flush(self, duration: float) -> None:
        """Open for `duration` seconds; the end of the opening is timed by the hardware."""

    @abstractmethod
    def end_flush(self) -> None:
        """Close, if the valve is being flushed; the flush is reported with its true length."""

    def refuse(self, action: Action) -> str | None:
        """Refuse all but a `Pulse` within calibration, limit and what can be armed."""
        if not isinstance(action, Pulse):
            return f"a valve cannot do '{type(action).__name__}'"
        if action.delay < 0:
            return f"a drop cannot come {-action.delay:g} s before its order"
        late = self.refuse_delay(action.delay) if action.delay else None
        return late or self.refuse_volume(action.volume_ul)

    def act(self, action: Action) -> None:
        """Deliver the drop."""
        if isinstance(action, Pulse):
            self.deliver(action.volume_ul, action.delay)


class Presenter(Device):
    """What presents stimuli that were loaded before, one at a time.

    A stimulus ends by itself, timed by the hardware; it is reported, with its onset, when it has
    ended.
    """

    @abstractmethod
    def refuse_stimulus(self, stimulus: Any) -> str | None:
        """Return why that stimulus cannot be presented as it is meant, or None if it can."""

    @abstractmethod
    def load(self, stimuli: Mapping[str, Any]) -> None:
        """Make these the stimuli that can be presented; they are rendered now."""

    @abstractmethod
    def loaded(self) -> frozenset[str]:
        """Return the names of the stimuli that can be presented."""

    @abstractmethod
    def present(self, stimulus: str) -> None:
        """Begin to present the loaded stimulus of that name, in place of any that still lasts."""

    def stream(self) -> StreamSpec | None:
        """Return what is recorded of what was presented, beside reports; None if nothing is."""
        return None

    def _refuse_name(self, stimulus: str, sort: str) -> str | None:
        """Return why a stimulus of that name cannot be presented."""
        if stimulus in self.loaded():
            return None
        return f"the protocol has no {sort} '{stimulus}'"


class Speaker(Presenter):
    """Plays sounds."""

    kind = "speaker"

    def refuse(self, action: Action) -> str | None:
        """Refuse all but a `Play` of a loaded sound."""
        if not isinstance(action, Play):
            return f"a speaker cannot do '{type(action).__name__}'"
        return self._refuse_name(action.sound, "sound")

    def act(self, action: Action) -> None:
        """Play the sound."""
        if isinstance(action, Play):
            self.present(action.sound)


class Display(Presenter):
    """Shows gratings on a screen that is grey, as bright as they are on average, in between."""

    kind = "display"

    def refuse(self, action: Action) -> str | None:
        """Refuse all but a `Show` of a loaded grating."""
        if not isinstance(action, Show):
            return f"a display cannot do '{type(action).__name__}'"
        return self._refuse_name(action.grating, "grating")

    def act(self, action: Action) -> None:
        """Show the grating."""
        if isinstance(action, Show):
            self.present(action.grating)


class Projector(Presenter):
    """Projects flashing disks on the cortex; dark in between."""

    kind = "projector"

    def refuse(self, action: Action) -> str | None:
        """Refuse all but a `Flash` of loaded flashes."""
        if not isinstance(action, Flash):
            return f"a projector cannot do '{type(action).__name__}'"
        return self._refuse_name(action.flashes, "flashes")

    def act(self, action: Action) -> None:
        """Project the flashes."""
        if isinstance(action, Flash):
            self.present(action.flashes)


def describe(action: Action | Flush) -> tuple[str, str, float | None]:
    """Return an action as (verb, detail, amount) for the record.

    Examples
    --------
    >>> describe(Pulse("valve", 5.0)), describe(Pulse("valve", 5.0, delay=2.0))
    (('deliver', '', 5.0), ('deliver', 'after 2 s', 5.0))
    """
    match action:
        case TurnOn():
            return "on", "", None
        case TurnOff():
            return "off", "", None
        case Pulse(volume_ul=volume_ul, delay=delay):
            return "deliver", f"after {delay:g} s" if delay else "", volume_ul
        case Play(sound=sound):
            return "play", sound, None
        case Show(grating=grating):
            return "show", grating, None
        case Flash(flashes=flashes):
            return "flash", flashes, None
        case Flush():
            return "flush", "", None
