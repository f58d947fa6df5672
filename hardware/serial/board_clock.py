"""The clock of a board, read against the session's clock: a question out, its answer back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hardware.serial.frame_protocol import wrapped

KEPT = 100
"""How many of the last readings count: ten seconds of them."""
DRIFT = 100e-6
"""Seconds a second by which a board's crystal may be off."""


@dataclass(frozen=True)
class _Reading:
    """The board's clock showed `board` when the session's showed `time`, to within `error`."""

    board: float
    time: float
    error: float


class BoardClock:
    """Turns a board's microseconds into the session's seconds, and says how well.

    A question left at `asked` and its answer was there at `answered`: the board's time stamp lies
    between them, so that the middle is wrong by half of that time at most. The best of the last
    readings counts, made worse by what the board's crystal may have drifted since.

    Examples
    --------
    >>> clock = BoardClock()
    >>> clock.read(1_000_000, asked=5.000, answered=5.002)
    >>> round(clock.seconds(1_500_000), 6)
    5.501
    >>> round(clock.uncertainty(1_500_000), 6)
    0.00105
    """

    def __init__(self) -> None:
        self._readings: deque[_Reading] = deque(maxlen=KEPT)
        self._last_us = 0
        self._board_us = 0

    @property
    def is_known(self) -> bool:
        """Whether it was read at all."""
        return bool(self._readings)

    def read(self, time_us: int, asked: float, answered: float) -> None:
        """Take in the answer to one question."""
        self._board_us += wrapped(time_us, self._last_us, 32)
        self._last_us = time_us
        middle, error = (asked + answered) / 2, (answered - asked) / 2
        self._readings.append(_Reading(self._board_us / 1e6, middle, error))

    def forget(self) -> None:
        """Begin anew: the board has started again."""
        self._readings.clear()

    def seconds(self, time_us: int) -> float:
        """Return the session's seconds of a time stamp."""
        board = self._board(time_us)
        best = self._best(board)
        return best.time + (board - best.board)

    def uncertainty(self, time_us: int) -> float:
        """Return by how many seconds that can be wrong."""
        board = self._board(time_us)
        return _error(self._best(board), board)

    def _board(self, time_us: int) -> float:
        """Return the board's seconds since it was first read, though its microseconds wrap."""
        return (self._board_us + wrapped(time_us, self._last_us, 32)) / 1e6

    def _best(self, board: float) -> _Reading:
        return min(self._readings, key=lambda reading: _error(reading, board))


def _error(reading: _Reading, board: float) -> float:
    return reading.error + DRIFT * abs(board - reading.board)
