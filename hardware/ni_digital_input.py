"""Digital inputs on NI cards: the beam at the port, the beam or the lickometer at the spout.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import pydantic

from hardware.digital_input import DigitalInputSettings, DigitalInputTwin
from hardware.ni.card import card_of, missing, twice
from hardware.ni.watches import LineWatch
from hardware.sampling.edges import Edges
from rig.devices import Context, DigitalInput
from rig.errors import Problem


class NiDigitalInputSettings(DigitalInputSettings):
    """Settings of a digital input on an NI card.

    `line` is the line as NI MAX has it, such as ``Dev1/port0/line0``; it must be one that the
    card can sample by a clock. `address` is ``host:port`` of the NI gRPC device server that has
    the card; empty if this computer has it. With `active_low` the line is on when it is low. A
    change counts when the line has kept its new level for `debounce_ms`; its time is that of the
    change.
    """

    address: str = ""
    active_low: bool = False
    debounce_ms: float = pydantic.Field(default=1.0, ge=0, le=100)


class NiDigitalInput(DigitalInput):
    """A line that the card samples at the rate of its inputs: 10 kHz, if nobody asks for another.

    The times of its edges are exact to about one sample. They arrive some 2 ms later.
    """

    twin = DigitalInputTwin
    Settings = NiDigitalInputSettings

    def __init__(self, name: str, settings: NiDigitalInputSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._inbox = context.inbox
        self._card = card_of(settings.line, settings.address, context)
        self._edges = Edges(name, context.inbox)
        self._watch = LineWatch(
            name,
            settings.line,
            self._changed,
            settings.active_low,
            settings.debounce_ms / 1000,
        )
        self._card.sampler.watch_line(self._watch)

    def open(self) -> None:
        """Sample the line from now on."""
        if not self._edges.is_open:
            self._card.sampler.open(self._name, self._inbox.put)
            self._edges.open(lambda: self._watch.filter.level, self._clock.now())

    def off(self) -> None:
        """Do nothing: an input is harmless."""

    def close(self) -> None:
        """Take no more notice of the line."""
        self._edges.close()
        self._card.sampler.close(self._name)

    def check(self) -> list[Problem]:
        """Return what keeps the line from being sampled."""
        where = f"device '{self._name}'"
        line = self._settings.line
        return twice(self._card, self._name, line) or missing(self._card, "sampled", line, where)

    def level(self) -> bool:
        """Return whether the line is on."""
        return self._edges.level

    def _changed(self, level: bool, time: float, counted: float) -> None:
        """Take in a change; the thread of the card calls."""
        self._edges.change(level, time)
