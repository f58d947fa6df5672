"""What emulated devices share, and what each of them comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.profiles import PROFILES
from hardware.emulators.rig.senses import Observer
from hardware.emulators.x_display import x_display
from hardware.ni.card import card_name
from rig.devices import DeviceSettings
from rig.errors import ConfigError
from rig.lab import Lab
from rig.stimuli import Stimuli

SCREEN_PX = (320, 240)
"""Width and height of a virtual screen: so few pixels that they can be drawn by software."""


@dataclass(frozen=True)
class StandIn:
    """What stands in for one device.

    Attributes
    ----------
    words
        What it is, for people.
    settings
        The settings that lead the driver to it.
    sensor
        Puts the sensor on or off, if it is one.
    observers
        Notice what comes out of it.
    """

    words: str
    settings: Mapping[str, Any]
    sensor: Callable[[bool], object] | None = None
    observers: Sequence[Observer] = ()


@dataclass(frozen=True)
class Surroundings:
    """What emulators are made with.

    Attributes
    ----------
    lab, stimuli
        The lab, and what the rig may present.
    card
        The model of NI card.
    onset
        The line that gives a pulse when stimuli begin: triggers are wired to it. Empty for none.
    screens
        The devices that show something on a screen of the computer.
    stack
        Ends all that was started.
    tell
        Is told in words what is being started.
    cards
        The cards that run, by name.
    environment
        Environment variables that lead client libraries to what runs.
    """

    lab: Lab
    stimuli: Stimuli
    card: str
    onset: str
    screens: Sequence[str]
    stack: ExitStack
    tell: Callable[[str], object]
    cards: dict[str, CardWires] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def wires_of(self, card: str) -> CardWires:
        """Return the wires of a card, which is started when it is first asked for."""
        if card not in self.cards:
            if self.card not in PROFILES:
                raise ConfigError(
                    f"no card '{self.card}' can be emulated",
                    "simulation.card",
                    f"Name one of: {', '.join(PROFILES)}.",
                )
            self.tell(f"card {card} ({PROFILES[self.card].product_type})")
            self.cards[card] = self.stack.enter_context(EmulatedCard(self.card, card))
        return self.cards[card]

    def trigger(self, terminal: str, read_back: str = "") -> None:
        """Wire the onset line to the terminal of a trigger, and to what reads it back."""
        if self.onset and terminal:
            wires = self.wires_of(card_name(self.onset))
            wires.wire(self.onset, terminal)
            if read_back:
                wires.wire(self.onset, read_back)

    def screen_of(self, device: str) -> int:
        """Return the number of a device's screen; all are started with the first."""
        if "DISPLAY" not in self.environment:
            self.tell(f"{len(self.screens)} virtual screen(s)")
            display = self.stack.enter_context(x_display(*[SCREEN_PX] * len(self.screens)))
            self.environment.update(display.environment)
        return list(self.screens).index(device)


Maker = Callable[[str, DeviceSettings, Surroundings], StandIn]
"""Starts what stands in for the device of that name, with those settings."""
