"""All boxes at a glance: a card each, and what can be done from afar."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.cards.card import BoxCard
from gui.palette import Palette
from gui.theme import scrolled
from gui.workplace import Workplace

NARROWEST_EM = 16
"""Width of the narrowest card, in letters."""

FEW = 2
"""Cards beside each other that leave room for large figures."""


class AllBoxes(QWidget):
    """A card for each box.

    Parameters
    ----------
    place
        What all screens share.
    """

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._columns = 0
        self.cards: dict[str, BoxCard] = {}
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(8)
        scroll = scrolled(self._inside)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._scroll = scroll
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.refresh()

    def arrive(self) -> None:
        """Show the boxes; the keys go to the one that is looked at."""
        self.refresh()
        card = self.cards.get(self._place.rig)
        if card is not None:
            card.setFocus()

    def refresh(self) -> None:
        """Show what has changed."""
        known = list(self._place.boxes.by_rig)
        if list(self.cards) != known:
            self._make_cards(known)
        for card in self.cards.values():
            card.refresh()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        for card in self.cards.values():
            card.restyle(palette)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Put so many cards beside each other as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _make_cards(self, rigs: list[str]) -> None:
        """Make the cards of rigs that came later, too."""
        for rig in rigs:
            if rig not in self.cards:
                card = self.cards[rig] = BoxCard(self._place, rig, self._open)
                card.moved.connect(partial(self._move, rig))
        self._columns = 0
        self._arrange()

    def _arrange(self) -> None:
        count = len(self.cards)
        narrowest = NARROWEST_EM * self.fontMetrics().averageCharWidth() * 2
        fit = max(self.width() // max(narrowest, 1), 1)
        columns = columns_for(count, fit)
        if columns == self._columns:
            return
        self._columns = columns
        for number, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, number // columns, number % columns)
            card.write_figures("far" if columns <= FEW else "title")
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < columns))

    def _move(self, rig: str, across: int, down: int) -> None:
        """Give the keys to the card beside, above or below."""
        cards = list(self.cards.values())
        at = list(self.cards).index(rig) + across + down * self._columns
        if 0 <= at < len(cards):
            cards[at].setFocus()
            self._scroll.ensureWidgetVisible(cards[at])

    def _open(self, rig: str) -> None:
        """Look at a box: at its session, at its wrap-up, or at the sheet for the next one."""
        self._place.rig = rig
        box = self._place.boxes.by_rig[rig]
        if box.is_running:
            self._place.go_to("run")
        elif box.view is None or box.wrapped_up:
            self._place.go_to("arm")
        else:
            self._place.go_to("wrap up")


def columns_for(cards: int, fit: int) -> int:
    """Return how many cards stand beside each other, where so many at most fit.

    Examples
    --------
    >>> [columns_for(cards, 4) for cards in range(1, 9)]
    [1, 2, 3, 2, 3, 3, 4, 4]
    >>> columns_for(8, 2)
    2
    """
    rows = -(-cards // max(fit, 1)) if cards > fit else 1 + (cards > 3)
    return max(-(-cards // max(rows, 1)), 1)
