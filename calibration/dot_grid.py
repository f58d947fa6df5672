"""A grid of dots for a projector: where they stand, and the picture that shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MARKS = ((0, 0), (2, 0), (0, 3))
"""The three large dots, in steps across and down from the first one.

Where they are mistaken for each other, or mirrored, the other dots do not fit (two and three have
no common divisor): so a camera may be turned in any way."""


@dataclass(frozen=True)
class DotGrid:
    """Round dots, evenly spaced, three of them larger.

    Parameters
    ----------
    columns, rows
        Mirrors of the projector.
    odd_rows_shift
        By how many columns odd rows are shifted; where they are, a row is half a column high.
    across, down
        Dots in a row and in a column of the grid.
    radius
        Of a dot, in columns. The large ones have 1.6 times as much.
    margin
        Share of the mirrors on each side that has no dots.

    Examples
    --------
    >>> grid = DotGrid()
    >>> grid.mirrors().shape, grid.picture().shape, len(grid.marks())
    ((99, 2), (684, 608), 3)
    """

    columns: int = 608
    rows: int = 684
    odd_rows_shift: float = 0.5
    across: int = 11
    down: int = 9
    radius: float = 8.0
    margin: float = 0.08

    @classmethod
    def over(cls, columns: int, rows: int, odd_rows_shift: float) -> DotGrid:
        """Return the usual grid for a projector with so many mirrors."""
        radius = cls.radius * columns / cls.columns
        return cls(columns=columns, rows=rows, odd_rows_shift=odd_rows_shift, radius=radius)

    def corners(self) -> DotGrid:
        """Return the four dots in the corners, for a daily check."""
        return replace(self, across=2, down=2)

    def steps(self) -> NDArray[np.int64]:
        """Return the place of each dot in the grid, across and down, ``(dots, 2)``."""
        down, across = np.mgrid[: self.down, : self.across]
        return np.column_stack([across.ravel(), down.ravel()])

    def mirrors(self) -> NDArray[np.int64]:
        """Return column and row of the mirror in the middle of each dot, ``(dots, 2)``."""
        size = np.array([self.columns - 1, self.rows - 1])
        share = self.steps() / (np.array([self.across, self.down]) - 1)
        places = size * (self.margin + share * (1 - 2 * self.margin))
        return np.asarray(np.rint(places), dtype=np.int64)

    def places(self) -> NDArray[np.float64]:
        """Return the dots in the plane of the mirrors, in columns and rows, ``(dots, 2)``."""
        return mirror_places(self.mirrors(), self.odd_rows_shift)

    def marks(self) -> list[int]:
        """Return the numbers of the three large dots; none where the grid has no room for them."""
        first = np.array([(self.across - 3) // 2, (self.down - 4) // 2])
        found = [np.flatnonzero((self.steps() == first + step).all(axis=1)) for step in MARKS]
        return [int(each[0]) for each in found if each.size]

    def picture(self) -> NDArray[np.bool_]:
        """Return which mirrors are lit, ``(rows, columns)``."""
        lit = np.zeros((self.rows, self.columns), dtype=bool)
        rows, columns = np.ogrid[: self.rows, : self.columns]
        height = 0.5 if self.odd_rows_shift else 1.0
        marks = self.marks()
        for number, (u, v) in enumerate(self.places()):
            radius = self.radius * (1.6 if number in marks else 1.0)
            near = slice(max(0, int(v - radius / height)), int(v + radius / height) + 2)
            across = columns + self.odd_rows_shift * (rows[near] % 2)
            lit[near] |= (across - u) ** 2 + ((rows[near] - v) * height) ** 2 <= radius**2
        return lit


def mirror_places(mirrors: NDArray[np.int64], odd_rows_shift: float) -> NDArray[np.float64]:
    """Return where mirrors stand in their plane, ``(..., 2)``, given their columns and rows."""
    places = mirrors.astype(float)
    places[..., 0] += odd_rows_shift * (mirrors[..., 1] % 2)
    return places
