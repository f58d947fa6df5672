"""What a screen's driver and the process that owns the screen tell each other.

Times are seconds of `time.perf_counter`, which all processes of a computer share.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hardware.screen.picture import Picture

Pace = Literal["screen", "clock"]
Corner = Literal["top left", "top right", "bottom left", "bottom right"]
Levels = tuple[int, int, int]


class Open(msgspec.Struct, frozen=True, tag="open"):
    """Fill a screen with the background; the reply is `Opened`."""

    screen: int
    refresh_hz: float
    pace: Pace
    background: Levels
    patch_px: int
    patch_corner: Corner


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Keep a picture; the reply is `Done`. Fields are as in `Picture`."""

    name: str
    phases: bytes
    table: bytes
    frames: int
    cycles_per_frame: float
    period: int
    lit: int


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Show a picture that was loaded, from the next refresh on; `number` comes back with it."""

    name: str
    number: int


class Hide(msgspec.Struct, frozen=True, tag="hide"):
    """Show the background; the reply, `Done`, comes when the screen does."""


class Fill(msgspec.Struct, frozen=True, tag="fill"):
    """Show one colour as the background until it is to hide; `Done` comes when the screen does."""

    levels: Levels


class Flush(msgspec.Struct, frozen=True, tag="flush"):
    """Show the background, and forget the pictures that were loaded; the reply is `Done`."""


Request = Open | Load | Show | Hide | Fill | Flush


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """A screen is open: its size, and the rate at which it was found to refresh."""

    width_px: int
    height_px: int
    refresh_hz: float


class Done(msgspec.Struct, frozen=True, tag="done"):
    """What was asked for is done."""


class Flip(msgspec.Struct, frozen=True, array_like=True):
    """A refresh of the screen that changed what it shows.

    Attributes
    ----------
    time
        When the screen took the picture, as far as the library tells; see `screen_pace`.
    refresh
        Number of the refresh since the screen was opened, those that were missed included.
    frame
        Number of the stimulus' frame that is shown from now on; the first is 0. It is the length
        of the stimulus where the background follows.
    missed
        Refreshes that passed before this one without a new picture.
    """

    time: float
    refresh: int
    frame: int
    missed: int


class Shown(msgspec.Struct, frozen=True, tag="shown"):
    """A picture has been shown: its flips, the one that ended it included."""

    number: int
    flips: list[Flip]


Told = Opened | Done | Shown


def load_of(name: str, picture: Picture) -> Load:
    """Return the request that loads a picture."""
    return Load(
        name,
        picture.phases.tobytes(),
        picture.table.tobytes(),
        picture.frames,
        picture.cycles_per_frame,
        picture.period,
        picture.lit,
    )
