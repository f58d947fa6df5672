"""One opening of a valve on an NI card: what was asked for, and what was seen of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(eq=False)
class Opening:
    """An opening, from its order to its report.

    Attributes
    ----------
    ordered
        When it was ordered.
    requested, delay
        Seconds that it lasts, and those before it.
    volume_ul
        The drop; None for a flush.
    began
        When it begins, by what is known without a read-back; None while a trigger is waited for.
    rise, width
        When the read-back showed its begin, and for how many seconds it did, as the card counts.
    cut, told, seen
        Whether it was ended, reported, and shown whole by the read-back.
    """

    ordered: float
    requested: float
    delay: float
    volume_ul: float | None
    began: float | None = None
    rise: float | None = None
    width: float | None = None
    cut: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    seen: threading.Event = field(default_factory=threading.Event)
    _rose: float = 0.0

    def see(self, level: bool, time: float, counted: float) -> None:
        """Take in what the read-back shows: a level, its time, and the card's own seconds."""
        if level and self.rise is None:
            self.rise, self._rose = time, counted
        elif not level and self.rise is not None:
            self.width = counted - self._rose
            self.seen.set()

    def truth(self, length: float, cut: float | None) -> tuple[float, float] | None:
        """Return when it began and for how long it lasted; None if it never began.

        Parameters
        ----------
        length
            Seconds that the counter gave it.
        cut
            When it was cut short; None if it was not.
        """
        if self.rise is not None and self.width is not None:
            return self.rise, self.width
        began = self.began if self.rise is None else self.rise
        if cut is None:
            return None if began is None else (began, length)
        if began is None or began > cut:
            return None
        return began, min(cut - began, self.requested)
