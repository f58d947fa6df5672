"""What the session does right now, in words, and what its trials have come to."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.boxes import Box
from gui.palette import Palette, letters_on, outcome_colour
from gui.run.header import wrapped
from gui.run.tally import Tally
from gui.run.words import clock, spaced
from gui.session_view import SessionView, Stay
from gui.theme import quiet_label, title_label
from gui.widgets.elided import Elided
from gui.widgets.share_bar import ShareBar
from rig.colours import outcome_look
from rig.events import TrialStarted

COLUMNS = 2
MEANING_LINES = 2
"""Lines that are kept for what a state means, so that what is below stands still."""
KNOWN_LABELS = frozenset({"context", "phase", "congruency"})
ORDER = ("hit", "correct_rejection", "miss", "false_alarm", "catch_no_lick", "catch_lick")
"""Outcomes by their cells, row by row: those of one kind of trial stand below each other."""


class StatePanel(QWidget):
    """The state with its meaning, the running trial, and the counts of outcomes."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._view: SessionView | None = None
        self._tally = Tally()
        self.state, self.meaning = title_label(), wrapped(QLabel())
        self.meaning.setMinimumHeight(MEANING_LINES * self.fontMetrics().lineSpacing())
        self.meaning.setAlignment(Qt.AlignTop)
        self.passed = quiet_label()
        self.passed.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
        self.progress = ShareBar(palette)
        self.trial, self.part, self.catch = Elided(), Elided("quiet"), quiet_label()
        self.counts = Counts(palette)
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        head.addWidget(self.passed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(head)
        for widget in (
            self.meaning,
            self.progress,
            self.trial,
            self.part,
            self.counts,
            self.catch,
        ):
            layout.addWidget(widget)

    def show_box(self, box: Box) -> None:
        """Show the session in a box; it has one."""
        view = box.view
        if view is None:
            return
        if view is not self._view:
            self._view, self._tally = view, Tally()
            self.counts.show_counts(self._tally)
        self._show_stay(view, box.now)
        self._show_trial(view.trial if box.is_running else None)
        if self._tally.take(view.rows):
            self.counts.show_counts(self._tally)
        self.catch.setText(self._tally.in_words())
        self.catch.setVisible(self._tally.catch > 0)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.progress.restyle(palette)
        self.counts.restyle(palette)

    def _show_stay(self, view: SessionView, now: float) -> None:
        """Show the state, and how long it has lasted."""
        stay = view.stay
        if stay is None or view.trial is None:
            name, meaning = _no_trial(view)
            self.state.setText(name)
            self.meaning.setText(meaning)
            self.passed.setText("")
            self.progress.show_share(0.0)
            return
        self.state.setText(spaced(stay.name))
        self.meaning.setText(stay.meaning)
        since = max(now - stay.entered, 0.0)
        self.passed.setText(_passed(stay, since))
        share = min(since / stay.requested, 1.0) if stay.requested else 0.0
        self.progress.show_share(share)

    def _show_trial(self, trial: TrialStarted | None) -> None:
        """Show what the running trial is; between two the lines stay, so that nothing moves."""
        if trial is None:
            self.trial.say(" ")
            self.part.say(" ")
            return
        kind = spaced(trial.trial_type)
        stimulus = "" if trial.stimulus == trial.trial_type else f": {trial.stimulus}"
        self.trial.say(f"trial {trial.trial}, {kind}{stimulus}")
        block = f"block {trial.block}" if trial.block else ""
        labels = (_label(name, words) for name, words in trial.labels.items())
        part = ", ".join(filter(None, (block, *labels)))
        self.part.say(part)
        self.part.setVisible(bool(part))


class Counts(QWidget):
    """A line for each outcome: its letter on its colour, its words, how often it came."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._colours = palette
        self._badges: dict[str | None, QLabel] = {}
        self._words: dict[str | None, QLabel] = {}
        self._unknown = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(2 * COLUMNS, 1)

    @property
    def words(self) -> list[str]:
        """What is shown, line by line."""
        return [line.text() for line in self._words.values() if not line.isHidden()]

    def show_counts(self, tally: Tally) -> None:
        """Show how often each outcome came."""
        for outcome in tally.outcomes:
            if outcome not in self._words:
                self._add(outcome)
        for outcome, line in self._words.items():
            count = tally.outcomes[outcome]
            line.setText(f"{outcome_look(outcome).words} {count}")
            line.setVisible(count > 0)
            self._badges[outcome].setVisible(count > 0)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._colours = palette
        for outcome, badge in self._badges.items():
            colour = outcome_colour(palette, outcome)
            badge.setStyleSheet(
                f"background: {colour}; color: {letters_on(colour)}; border-radius: 4px;"
                "font-weight: 600;"
            )

    def _add(self, outcome: str | None) -> None:
        """Add the line of an outcome, each known one in its own cell, so that none ever moves."""
        badge = QLabel(outcome_look(outcome).letter)
        badge.setAlignment(Qt.AlignCenter)
        badge.setMinimumWidth(badge.fontMetrics().height() + 4)
        self._badges[outcome], self._words[outcome] = badge, QLabel()
        self.restyle(self._colours)
        known = outcome in ORDER
        cell = ORDER.index(outcome) if known else len(ORDER) + self._unknown
        self._unknown += not known
        row, column = divmod(cell, COLUMNS)
        self._grid.addWidget(badge, row, 2 * column)
        self._grid.addWidget(self._words[outcome], row, 2 * column + 1)


def _no_trial(view: SessionView) -> tuple[str, str]:
    """Return what is said where no trial runs: in short, and at length."""
    if view.ended is not None:
        return "ended", "all outputs are off"
    if view.flush_until is not None:
        return "flush", "the valve is open, and its water is not counted"
    if view.question is not None:
        return "question", "the session waits for an answer"
    if view.paused:
        return "paused", "no trial is begun until the session is resumed"
    return "between trials", "the next trial is about to begin"


def _label(name: str, words: str) -> str:
    """Return a label of a trial; those that every protocol uses are not called by their name."""
    return words if name in KNOWN_LABELS else f"{spaced(name)} {words}"


def _passed(stay: Stay, since: float) -> str:
    """Return how long a state has lasted, and of how long."""
    if stay.requested is None:
        return f"since {clock(since)}"
    if stay.requested < 10:
        return f"{min(since, stay.requested):.1f} of {stay.requested:.1f} s"
    return f"{since:.0f} of {stay.requested:.0f} s"
