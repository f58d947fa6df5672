"""What a test or a virtual mouse can ask of an emulated LightCrafter, beside its TCP port.

Times are seconds of `time.perf_counter`, which all processes of a computer share, times the pace
of the emulator.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Trouble = Literal["busy", "error", "silent", "damaged"]


class Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an emulated projector is reached: by its driver, and over the side channel."""

    address: str
    side: str


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of the messages."""


class Rise(Message, frozen=True):
    """Let the trigger line rise; `at` is 0 for "now", and may just have passed."""

    at: float = 0.0


class Flashed(Message, frozen=True):
    """Ask for the light since a time."""

    since: float = 0.0


class AskPicture(Message, frozen=True):
    """Ask for a picture by its number."""

    number: int


class Plague(Message, frozen=True):
    """Answer the next `count` commands with trouble, and none behind them.

    `code` is that of error packets.
    """

    trouble: Trouble
    count: int = 1
    code: int = 1


class PullPlug(Message, frozen=True):
    """Break all connections and take no new ones; or take them again. The light stays."""

    gone: bool = True


class End(Message, frozen=True):
    """End the emulator."""


class Ok(Message, frozen=True):
    """It was done at `at`."""

    at: float


class LightChange(msgspec.Struct, frozen=True):
    """From `time` on that picture came out, with these currents of red, green and blue.

    `lit` is how many mirrors throw light.
    """

    time: float
    picture: int
    lit: int
    currents: tuple[int, int, int]

    @property
    def is_bright(self) -> bool:
        """Whether any light came out."""
        return self.lit > 0 and max(self.currents) > 0


class LightChanges(Message, frozen=True):
    """The light that was asked for."""

    changes: tuple[LightChange, ...]


class Mirrors(Message, frozen=True):
    """The picture that was asked for, eight mirrors a byte, row by row."""

    packed: bytes


class No(Message, frozen=True):
    """It could not be done."""

    why: str


Request = Rise | Flashed | AskPicture | Plague | PullPlug | End
Reply = Ok | LightChanges | Mirrors | No
