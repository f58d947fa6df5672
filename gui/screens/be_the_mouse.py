"""Be the mouse yourself: the sounds come out of the speaker, the grating is here, a key licks.

The session is a real one. It is recorded, shown on the Run screen, and reported like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.boxes import Box
from gui.mouse.grating_view import GratingView, gratings_of
from gui.mouse.hand_thread import HandThread
from gui.mouse.told import Moment, how_it_went, means
from gui.mouse.tongue import KEY_NAME, Tongue
from gui.palette import Palette, outcome_colour
from gui.session_view import SessionView
from gui.starting import start
from gui.theme import far_label, quiet_label, title_label
from gui.workplace import Workplace
from rig.colours import outcome_look
from rig.desk import Address
from rig.picture import Grating

DROP_SHOWN_FOR = 1.0
"""Seconds for which a drop is shown."""


@dataclass(frozen=True)
class Task:
    """What a person can be the mouse of: the button's words, and the protocol's file."""

    words: str
    protocol: str


TASKS = (
    Task("&Hear: two tones (needs a loudspeaker)", "protocols/auditory_discrimination.toml"),
    Task("&See: two gratings", "protocols/visual_discrimination.toml"),
)
_HOW = (
    f"You are the mouse. {KEY_NAME} is your tongue: press it to lick. Of two stimuli one means "
    "water, if you lick soon after it. Lick after the other one, and you wait longer. Nobody tells "
    "you which is which: find out."
)


class BeTheMouse(QWidget):
    """The screen of the person who is the mouse.

    Parameters
    ----------
    place
        What all screens share.
    rig, subject
        The box with the speaker that can be heard, and the mouse that is led by hand.
    """

    def __init__(self, place: Workplace, rig: str, subject: str) -> None:
        super().__init__()
        self._place = place
        self._rig = rig
        self._subject = subject
        self._hand: HandThread | None = None
        self._felt_by: Address | None = None
        self._gratings: dict[str, Grating] = {}
        self._moment = Moment()
        self.setFocusPolicy(Qt.StrongFocus)
        self._tongue = Tongue(self._lick, self)
        self.installEventFilter(self._tongue)
        self.view = GratingView()
        self.view.installEventFilter(self._tongue)
        self.state, self.outcome, self.drop = title_label(), far_label(), far_label()
        self.state.setWordWrap(True)
        self.trouble = QLabel()
        self.trouble.setProperty("level", "bad")
        self.tasks = [self._task_button(task) for task in TASKS]
        self.stop = QPushButton("I have had &enough")
        self.stop.clicked.connect(self._stop)
        self.look = QPushButton("See what the &technician sees")
        self.look.clicked.connect(self._look)
        self._lay_out()

    def arrive(self) -> None:
        """Take the focus: the key is the tongue from now on."""
        self._place.rig = self._rig
        self.setFocus()
        self.refresh()

    def refresh(self) -> None:
        """Show what the mouse sees, and what came of it."""
        box = self._place.boxes.by_rig[self._rig]
        view = box.view if box.is_running and box.subject == self._subject else None
        for button in self.tasks:
            button.setVisible(view is None)
            button.setEnabled(not box.starting)
        for button in (self.stop, self.look):
            button.setVisible(view is not None)
        if view is None:
            self._let_go()
            self.view.show_grating(None)
            for label in (self.drop, self.outcome):
                label.setText("")
            self.state.setText(_without(box, self._subject))
            return
        if box.address is not None and box.address != self._felt_by:
            self._reach_out(box.address, view)
        self._show(view)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._colour_outcome()

    def _show(self, view: SessionView) -> None:
        self.view.show_grating(self._gratings.get(view.shown))
        self.view.drift()
        licking = "  (licking)" if self._tongue.is_out else ""
        before, self._moment = self._moment, self._moment.after(view)
        self.state.setText(f"{self._moment.what_now}{licking}")
        fresh = view.last_drop > 0 and view.time - view.last_drop < DROP_SHOWN_FOR
        self.drop.setText("A drop!" if fresh else "")
        if self._moment != before:
            self._colour_outcome()
        if self._hand is not None:
            self.trouble.setText(self._hand.trouble)

    def _colour_outcome(self) -> None:
        outcome = self._moment.outcome
        words = f"{outcome_look(outcome).words}{means(outcome)}" if outcome else ""
        self.outcome.setText(words)
        self.outcome.setStyleSheet(f"color: {outcome_colour(self._place.palette, outcome)};")

    def _reach_out(self, address: Address, view: SessionView) -> None:
        """Lead the mouse of a session that has begun."""
        if view.definition is None:
            return
        self._let_go()
        self._felt_by = address
        self._hand = HandThread(address)
        self._moment = Moment()
        self._colour_outcome()
        self._gratings = gratings_of(view.definition.gratings)
        self.setFocus()

    def _let_go(self) -> None:
        if self._hand is not None:
            self._hand.close()
            self._hand = None

    def _lick(self, touches: bool) -> None:
        if self._hand is not None:
            self._hand.touch(touches)

    def _task_button(self, task: Task) -> QPushButton:
        button = QPushButton(task.words)
        button.setProperty("role", "main")
        button.clicked.connect(lambda: self._start(task))
        return button

    def _start(self, task: Task) -> None:
        arguments = ["--rig", f"rigs/{self._rig}.toml", "--protocol", task.protocol]
        start(self._place, self._rig, [*arguments, "--subject", self._subject, "--simulate"])
        self.setFocus()

    def _stop(self) -> None:
        self._place.order_to(self._rig, "stop_after_trial", text="the mouse has had enough")

    def _look(self) -> None:
        self._place.go_to("run")

    def _lay_out(self) -> None:
        how = QLabel(_HOW)
        how.setWordWrap(True)
        buttons = QHBoxLayout()
        for button in (*self.tasks, self.stop, self.look):
            buttons.addWidget(button)
        words = QHBoxLayout()
        words.addWidget(self.outcome, 1)
        words.addWidget(self.drop)
        layout = QVBoxLayout(self)
        layout.addWidget(how)
        layout.addLayout(buttons)
        layout.addWidget(self.state)
        layout.addWidget(self.view, 1)
        layout.addLayout(words)
        layout.addWidget(self.trouble)
        note = (
            "What you hear is played by the session; what you see is drawn here, up to 0.1 s late."
        )
        layout.addWidget(quiet_label(note))


def _without(box: Box, subject: str) -> str:
    """Return what is said while no session of that mouse runs: how the last one went, if any."""
    if box.starting:
        return "starting ..."
    if box.view is None or not box.view.rows or box.subject != subject:
        return "No session runs."
    return how_it_went(box.view)
