"""What can be done about protocol and stage: use what is suggested, keep, or choose another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui.arm.draft import Draft
from gui.widgets.spin import Choice
from rig.preflight import Guard, ProtocolChoice

OF_THE_STAGE = "As the stage says"
NO_STAGE = "Choose a protocol"
STAGE_GUARD = "stage"
"""Name of the guard that tells of a suggested move."""


def suggestion(draft: Draft) -> Guard | None:
    """Return the guard that tells of a suggested move which waits for a person; None without."""
    waiting = (guard for guard in draft.guards if guard.name == STAGE_GUARD and guard.needs)
    return next(waiting, None)


class StagePanel(QWidget):
    """Buttons for a suggestion; `protocols` is the list of protocols, for another place.

    Parameters
    ----------
    use, keep
        Called when the suggestion is used, or the stage is kept.
    enter
        Called with the curriculum file that the mouse is to enter.
    choose
        Called with a protocol file; with an empty text for that of the stage.
    """

    def __init__(
        self,
        use: Callable[[], None],
        keep: Callable[[], None],
        enter: Callable[[str], None],
        choose: Callable[[str], None],
    ) -> None:
        super().__init__()
        self.use = QPushButton("&Use what is suggested")
        self.use.clicked.connect(use)
        self.keep = QPushButton("&Keep the stage")
        self.keep.setCheckable(True)
        self.keep.clicked.connect(keep)
        self._curriculum = ""
        self.enter = QPushButton("&Enter the curriculum")
        self.enter.clicked.connect(lambda: enter(self._curriculum))
        self.protocols = Choice()
        self.protocols.setAccessibleName("Protocol")
        self.protocols.setMinimumContentsLength(18)
        self.protocols.addItem(OF_THE_STAGE, "")
        self.protocols.activated.connect(lambda _: choose(self.protocols.currentData()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.use, self.keep, self.enter):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_protocols(self, protocols: Sequence[ProtocolChoice]) -> None:
        """Take in which protocols there are; a file with a mistake is named as such."""
        chosen = self.protocols.currentData()
        self.protocols.clear()
        self.protocols.addItem(OF_THE_STAGE, "")
        for each in protocols:
            wrong = " (has a mistake)" if each.problem else ""
            self.protocols.addItem(f"{each.name}{wrong}", each.file)
        self.protocols.setCurrentIndex(max(self.protocols.findData(chosen), 0))

    def show_draft(self, draft: Draft) -> None:
        """Show what is chosen, and what is suggested."""
        checked = draft.checked
        stage = checked.stage if checked is not None else None
        none = bool(draft.subject) and checked is not None and stage is None
        self.protocols.setItemText(0, NO_STAGE if none else OF_THE_STAGE)
        self.protocols.setCurrentIndex(max(self.protocols.findData(draft.protocol), 0))
        self.protocols.setEnabled(bool(draft.subject))
        self._curriculum = checked.subject.curriculum if none and checked is not None else ""
        self.enter.setVisible(bool(self._curriculum) and not draft.protocol)
        if self._curriculum:
            self.enter.setText(f"&Enter {PurePath(self._curriculum).stem}")
        guard = suggestion(draft)
        self.setVisible(bool(self._curriculum) or guard is not None)
        for button in (self.use, self.keep):
            button.setVisible(guard is not None and stage is not None)
        if guard is not None and stage is not None:
            self.use.setText(f"&Use {stage.target} (suggested)")
            kept = guard in draft.given
            self.keep.setChecked(kept)
            self.keep.setText(f"{'✓ ' if kept else ''}&Keep {stage.stage}")
