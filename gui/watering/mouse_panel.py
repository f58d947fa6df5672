"""One mouse of the water board: why it is due what it is due, and fields for volume and weight."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from gui.form_model import Range
from gui.ledger_jobs import LedgerJobs
from gui.live_balance import WeightFiller
from gui.theme import quiet_label, sentence_label, set_level, title_label
from gui.watering.words import doubt_of_volume, doubt_of_weight, preview, slip_words, state, who
from gui.widgets.number_field import NumberField
from rig.ledger.records import Row
from rig.water_policy import LEAST_G, MOST_G, MOST_ML, WaterConfig

NAME_EM = 9


class MousePanel(QFrame):
    """Shows a mouse; takes what it was given, and what it weighs.

    Parameters
    ----------
    config
        The lab's rules.
    ledger
        What is known, and where it is entered.
    entered
        Called with a mouse when water was given to it.
    """

    def __init__(
        self, config: WaterConfig, ledger: LedgerJobs, entered: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._config, self._ledger, self._entered = config, ledger, entered
        self._row: Row | None = None
        self._said: dict[str, tuple[str, str]] = {}
        self._make_parts()
        self._filler = WeightFiller(self.weight, ledger.balance)
        self._lay_out()

    def show_mouse(self, row: Row | None) -> None:
        """Show a mouse; what was typed of another one is forgotten."""
        if row is None or self._row is None or row.subject != self._row.subject:
            for field in (self.volume, self.weight):
                field.empty()
        self._row = row
        self.setEnabled(row is not None)
        self._show()

    def give(self) -> None:
        """Enter what is typed, or what the mouse is due if nothing is."""
        row = self._row
        if row is None or not self.give_button.isEnabled():
            return
        if self.volume.line.text().strip():
            self.volume.enter()
        elif row.due_ml is not None and row.is_due:
            self._give(row.due_ml, False)

    def _give(self, volume_ml: float, confirmed: bool) -> None:
        row = self._row
        if row is None:
            return
        slip = slip_words(f"rig give {row.subject} --withdraw last")
        words = f"{row.subject} got {volume_ml:.2f} mL. {slip}"
        self._enter(
            row.subject,
            words,
            lambda came: self._ledger.give(row.subject, volume_ml, came, confirmed=confirmed),
            self._entered,
        )

    def _weigh(self, grams: float, confirmed: bool) -> None:
        row = self._row
        if row is None:
            return
        slip = slip_words(f"rig weigh {row.subject} GRAMS --correct last")
        words, source = f"{row.subject} weighs {grams:g} g. {slip}", self.weight.source
        self._enter(
            row.subject,
            words,
            lambda came: self._ledger.weigh(
                row.subject, grams, came, confirmed=confirmed, source=source
            ),
            lambda subject: None,
        )

    def _enter(
        self,
        subject: str,
        words: str,
        enter: Callable[[Callable[[str], None]], None],
        then: Callable[[str], None],
    ) -> None:
        """Enter something of a mouse; say that it is asked, and what came of it."""

        def came(trouble: str) -> None:
            self._said[subject] = ("bad", f"Not entered: {trouble}") if trouble else ("good", words)
            shown = self._row is not None and self._row.subject == subject
            if shown and not trouble:
                self.volume.empty()
                self.weight.empty()
            self._show()
            if not trouble:
                then(subject)

        self._said[subject] = "note", "asked ..."
        enter(came)
        self._show()

    def _show(self) -> None:
        """Show what is known of the mouse."""
        row = self._row
        if row is None:
            for label in (self.who, self.state, self.words, self.alerts, self.said, self.preview):
                label.setText("")
            return
        self.who.setText(who(row))
        level, word = state(row, self._config, self._ledger.now)
        self.state.setText(word)
        set_level(self.state, level)
        self.words.setText(f"{row.words}.")
        self.alerts.setText("\n".join(f"LOOK  {alert}" for alert in row.alerts))
        self.alerts.setVisible(bool(row.alerts))
        self.before.setText(_before(row))
        self._show_preview()
        level, text = self._said.get(row.subject, ("", ""))
        self.said.setText(text)
        set_level(self.said, level)

    def _show_preview(self) -> None:
        """Show what is left when what is typed is given, before it is entered."""
        row = self._row
        if row is None:
            return
        empty = not self.volume.line.text().strip()
        typed = self.volume.value
        given = (row.due_ml if row.is_due else None) if empty else typed
        level, words = preview(row, None if empty else typed)
        if not empty and typed is None:
            level, words = "", ""
        self.preview.setText(words)
        set_level(self.preview, level)
        amount = "" if given is None else f" {given:.2f} mL"
        self.give_button.setText(f"&Give{amount} now")
        busy = self._ledger.is_busy(row.subject)
        self.give_button.setEnabled(given is not None and not busy)
        self.weigh_button.setEnabled(self.weight.value is not None and not busy)

    def _make_parts(self) -> None:
        self.who, self.state = title_label(), QLabel()
        self.words, self.alerts = sentence_label(), sentence_label("warn")
        self.before, self.preview, self.said = quiet_label(), sentence_label(), sentence_label()
        self.volume = NumberField(
            "Volume", "mL", Range(above=0, most=MOST_ML), self._doubt_volume, self._give
        )
        self.weight = NumberField(
            "Weight", "g", Range(least=LEAST_G, most=MOST_G), self._doubt_weight, self._weigh
        )
        self.give_button = QPushButton("&Give")
        self.give_button.setProperty("role", "main")
        self.give_button.clicked.connect(self.give)
        self.weigh_button = QPushButton("&Weigh")
        self.weigh_button.clicked.connect(self.weight.enter)
        self.volume.line.entered.disconnect(self.volume.enter)
        self.volume.line.entered.connect(self.give)
        for field in (self.volume, self.weight):
            field.edited.connect(self._show_preview)

    def _doubt_volume(self, volume_ml: float) -> str:
        return "" if self._row is None else doubt_of_volume(self._row, self._config, volume_ml)

    def _doubt_weight(self, grams: float) -> str:
        return doubt_of_weight(self._row, self._config, grams)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.who)
        head.addWidget(self.state, 1, Qt.AlignRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(head)
        layout.addWidget(self.words)
        layout.addWidget(self.alerts)
        for name, field, button, beside in (
            ("Give", self.volume, self.give_button, self.preview),
            ("Weight", self.weight, self.weigh_button, self.before),
        ):
            layout.addWidget(self._line(name, field, button, beside))
        layout.addWidget(self._filler.label)
        layout.addWidget(self.said)

    def _line(
        self, name: str, field: NumberField, button: QPushButton, beside: QLabel
    ) -> NumberField:
        """Return a line with a field, the button that enters it, and what is to be known of it."""
        label = quiet_label(name)
        label.setMinimumWidth(NAME_EM * self.fontMetrics().averageCharWidth())
        field.beside.insertWidget(0, label)
        field.beside.addWidget(button)
        field.beside.addWidget(beside, 1)
        return field


def _before(row: Row) -> str:
    """Return what is known of the weight of a mouse."""
    if row.weight_g is None:
        return "It was never weighed."
    day = "today" if row.weighed else f"{row.weighed_at:%Y-%m-%d}" if row.weighed_at else ""
    ratio = "" if row.ratio is None else f", {100 * row.ratio:.0f} % of baseline"
    return f"{row.weight_g:.1f} g {day}{ratio}"
