"""What stands above the plots when something has happened to the session: trouble, or its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from gui.boxes import Box
from gui.run.header import wrapped
from gui.run.words import clock, water
from gui.theme import set_level, title_label


class TroubleCard(QFrame):
    """Says what happened to the engine, what is safe, and what to do; hidden if all is well.

    Parameters
    ----------
    go_on, wrap_up
        Called when the operator chooses so.
    """

    def __init__(self, go_on: Callable[[], None], wrap_up: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "alarm")
        self.setAccessibleName("What happened")
        self.head, self.text = title_label(), wrapped(QLabel())
        set_level(self.head, "bad")
        self.go_on = QPushButton("&Go on as part 2")
        self.wrap_up = QPushButton("&Wrap up")
        self.go_on.clicked.connect(lambda: go_on())
        self.wrap_up.clicked.connect(lambda: wrap_up())
        _lay_out(self, (self.head, self.text), (self.go_on, self.wrap_up))
        self.hide()

    def show_box(self, box: Box) -> None:
        """Show the trouble of the session in a box, if it has any."""
        trouble = box.trouble() if not box.starting else ""
        self.setVisible(bool(trouble))
        if not trouble:
            return
        self.head.setText("The session was cut off" if box.died else "The session is silent")
        self.text.setText(f"{trouble} {box.unreadable}".strip())
        self.go_on.setVisible(box.died)
        self.wrap_up.setVisible(box.died)


class EndCard(QFrame):
    """Says what a session came to that has ended, and leads to its wrap-up; hidden before.

    Parameters
    ----------
    wrap_up
        Called when the operator chooses so.
    """

    def __init__(self, wrap_up: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.setAccessibleName("End of the session")
        self.head, self.text = title_label(), wrapped(QLabel())
        self.wrap_up = QPushButton("&Wrap up")
        self.wrap_up.setProperty("role", "main")
        self.wrap_up.clicked.connect(lambda: wrap_up())
        _lay_out(self, (self.head, self.text), (self.wrap_up,))
        self.hide()

    def show_box(self, box: Box) -> None:
        """Show the end of the session in a box, if it has ended."""
        view = box.view
        ended = view.ended if view is not None else None
        self.setVisible(ended is not None)
        if view is None or ended is None:
            return
        failed = ended.how == "failed"
        self.head.setText(f"{box.subject}: the session {'failed' if failed else 'has ended'}")
        set_level(self.head, "bad" if failed else "")
        trials = "1 trial" if len(view.rows) == 1 else f"{len(view.rows)} trials"
        by_hand = f", {view.by_hand_ul:g} uL of it by hand" if view.by_hand_ul else ""
        given = water(view.table.water_ul, None)
        self.text.setText(
            f"Why: {ended.reason}. It came to {trials}, {given}{by_hand}, in {clock(view.time)}. "
            "Its record is closed, and the outputs are off."
        )
        self.wrap_up.setVisible(not box.wrapped_up)


def _lay_out(card: QFrame, words: Sequence[QLabel], buttons: Sequence[QPushButton]) -> None:
    """Put words below each other, and buttons beside them."""
    column = QVBoxLayout()
    for label in words:
        column.addWidget(label)
    layout = QHBoxLayout(card)
    layout.addLayout(column, 1)
    for button in buttons:
        layout.addWidget(button)
