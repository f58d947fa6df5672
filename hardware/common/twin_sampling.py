"""The clockwork of twins that sample: blocks of rows, as a card would give them."""

from __future__ import annotations

from collections.abc import Callable

from rig.devices import Context

BLOCK_DURATION = 0.1
"""Seconds: what a killed program can lose of the samples."""


class TwinSampling:
    """Asks for rows at a rate, from `begin` to `end`, by the session's clock.

    Parameters
    ----------
    rate_hz
        Rows a second.
    context
        The session's clock and agenda.
    sample
        Is given the number of rows that are due, and the session's time of the first one.
    """

    def __init__(
        self, rate_hz: float, context: Context, sample: Callable[[int, float], None]
    ) -> None:
        self._rate_hz = rate_hz
        self._clock = context.clock
        self._agenda = context.room.agenda
        self._sample = sample
        self._rows = max(1, round(rate_hz * BLOCK_DURATION))
        self._began: float | None = None
        self._row = 0

    @property
    def is_on(self) -> bool:
        """Whether rows are asked for."""
        return self._began is not None

    def begin(self) -> None:
        """Begin to sample."""
        if self._began is None:
            self._began = self._clock.now()
            self._row = 0
            self._make_appointment(self._began)

    def end(self) -> None:
        """Sample no more; what is due since the last block is asked for."""
        if self._began is not None:
            elapsed = self._clock.now() - self._began
            rows = int(elapsed * self._rate_hz) - self._row
            self._take(min(max(rows, 0), self._rows), self._began)
            self._began = None

    def _make_appointment(self, began: float) -> None:
        """Take the next block when its last row is due."""
        due = began + (self._row + self._rows) / self._rate_hz
        self._agenda.at(due, lambda _: self._take_block(began))

    def _take_block(self, began: float) -> None:
        """Sample a whole block, unless the sampling that it belongs to has ended."""
        if began == self._began:
            self._take(self._rows, began)
            self._make_appointment(began)

    def _take(self, rows: int, began: float) -> None:
        if rows:
            first, self._row = self._row, self._row + rows
            self._sample(rows, began + first / self._rate_hz)
