"""What the devices of one NI card want to know of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.sampling.gathered import Take
from hardware.sampling.line_filter import LineFilter

BLOCK_EVERY = 0.1
"""Seconds of samples that are recorded together: what a killed program can lose of them."""


@dataclass
class LineWatch:
    """Who wants to know of the changes of a line.

    Attributes
    ----------
    device, line
        The device's name and the wire.
    changed
        Is told each new level, its time, and the seconds of the run until then as the card counts
        them, by the thread of the card.
    active_low
        Whether low counts as on.
    steady
        Seconds that a level must last to count.
    filter
        The level that counts in the present run.
    """

    device: str
    line: str
    changed: Callable[[bool, float, float], None]
    active_low: bool = False
    steady: float = 0.0
    filter: LineFilter = field(default_factory=lambda: LineFilter(1))


@dataclass(frozen=True)
class LevelWatch:
    """Who wants the samples of lines, as they are.

    Attributes
    ----------
    lines
        The wires.
    rate_hz
        How often they are wanted.
    take
        Is given samples, 0 and 1, ``(rows, lines)``, in blocks of a tenth of a second.
    """

    lines: tuple[str, ...]
    rate_hz: float
    take: Take


@dataclass(frozen=True)
class VoltageWatch:
    """Who wants the samples of voltages.

    Attributes
    ----------
    lines
        The wires.
    range_v
        Volts around zero that can be told apart.
    rate_hz
        How often they are wanted; None if any rate will do.
    take
        Is given samples in volts, ``(rows, lines)``.
    every
        Seconds of samples that are handed on together; 0 for those of each look at the card.
    """

    lines: tuple[str, ...]
    range_v: float
    rate_hz: float | None
    take: Take
    every: float = BLOCK_EVERY


@dataclass(frozen=True)
class Watches:
    """All that the devices of a card want to know."""

    lines: list[LineWatch] = field(default_factory=list)
    levels: list[LevelWatch] = field(default_factory=list)
    voltages: list[VoltageWatch] = field(default_factory=list)

    def wires(self) -> list[str]:
        """Return each digital line once."""
        watched = [watch.line for watch in self.lines]
        recorded = [line for watch in self.levels for line in watch.lines]
        return list(dict.fromkeys([*watched, *recorded]))

    def ranges_v(self) -> dict[str, float]:
        """Return each analogue input once, with the widest range that is wanted of it."""
        ranges: dict[str, float] = {}
        for watch in self.voltages:
            for line in watch.lines:
                ranges[line] = max(watch.range_v, ranges.get(line, 0.0))
        return ranges

    def rate_hz(self) -> float | None:
        """Return the rate that was asked for first, if one was."""
        rates = [watch.rate_hz for watch in self.voltages]
        rates += [watch.rate_hz for watch in self.levels]
        return next((rate for rate in rates if rate is not None), None)
