"""The water of a mouse whose session is over: what it is still due, and its weight afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from gui.form_model import Range
from gui.ledger_jobs import LedgerJobs
from gui.live_balance import WeightFiller
from gui.theme import quiet_label, sentence_label, set_level, title_label
from gui.watering.words import doubt_of_weight, earned, state
from gui.widgets.number_field import NumberField
from gui.wrapping.pending import Pending
from rig.ledger.records import Row
from rig.water_policy import LEAST_G, MOST_G, WaterConfig, gain_doubt

NOT_IN_IT = "{} is not in the ledger: nobody is told of its water. Enter it:  rig subject add {}"
NO_WEIGHT = "Weigh {} first: this lab weighs every mouse after its session."
READING = "The ledger is being read: Given waits until it is known what is due now."
UNTOLD = "Nobody can tell what it is due: weigh it, on the water board (F11)."


@dataclass(frozen=True)
class Told:
    """What came of a session's water and weight here.

    Attributes
    ----------
    level, words
        The last that was said of it.
    gain_level, gain
        Whether the mouse gained what it was given; empty as long as that is not known.
    later
        Whether what is due is to be given later.
    weighed
        Whether it was weighed after the session.
    """

    level: str = ""
    words: str = ""
    gain_level: str = ""
    gain: str = ""
    later: bool = False
    weighed: bool = False


class WaterPart(QFrame):
    """Shows what is due with its arithmetic; hidden in a lab without a ledger.

    Parameters
    ----------
    config
        The lab's rules.
    ledger
        What is known, and where it is entered.
    """

    def __init__(self, config: WaterConfig, ledger: LedgerJobs) -> None:
        super().__init__()
        self._config, self._ledger = config, ledger
        self._pending: Pending | None = None
        self._told: dict[str, Told] = {}
        self._make_parts()
        self._filler = WeightFiller(self.weight, ledger.balance)
        self._lay_out()
        ledger.changed.connect(self._show)

    def show_session(self, pending: Pending | None) -> None:
        """Show the water of the mouse of a session."""
        before, self._pending = self._pending, pending
        if before is None or pending is None or before.session != pending.session:
            self.weight.empty()
        self._show()

    def lacks(self) -> str:
        """Return what must be done before the session can be wrapped up; empty if nothing must."""
        pending, row = self._pending, self._row
        asks = self._config.weight_after == "required" and pending is not None and row is not None
        if not asks or pending is None or self._is_weighed(pending):
            return ""
        return NO_WEIGHT.format(pending.subject)

    def left(self) -> str:
        """Return what is due and was neither given nor put off; empty if nothing is."""
        row, pending = self._row, self._pending
        if row is None or pending is None or not row.is_due or self._of(pending).later:
            return ""
        due = "water" if row.due_ml is None else f"{row.due_ml:.2f} mL"
        return f"{row.subject} was still due {due} at its wrap-up: see the water board."

    @property
    def _row(self) -> Row | None:
        return self._ledger.rows.get(self._pending.subject) if self._pending is not None else None

    def _of(self, pending: Pending) -> Told:
        return self._told.get(pending.session, Told())

    def _is_weighed(self, pending: Pending) -> bool:
        """Whether the mouse was weighed since the session began."""
        row = self._row
        if self._of(pending).weighed or row is None or row.weighed_at is None:
            return self._of(pending).weighed
        try:
            return row.weighed_at > datetime.fromisoformat(pending.began_at)
        except (ValueError, TypeError):
            return False

    def _give(self) -> None:
        """Enter that the mouse got what it is due."""
        pending, row = self._pending, self._row
        if pending is None or row is None or not row.is_due or row.due_ml is None:
            return
        words = f"{row.subject} got {row.due_ml:.2f} mL."

        def came(trouble: str) -> None:
            self._say(
                pending, *(("bad", f"Not entered: {trouble}") if trouble else ("good", words))
            )

        self._say(pending, "note", "asked ...")
        self._ledger.give(row.subject, row.due_ml, came, confirmed=False)

    def _put_off(self, later: bool) -> None:
        pending = self._pending
        if pending is None:
            return
        until = f"It stays on the water board (F11), and is late from {self._config.late_after} on."
        self._told[pending.session] = replace(self._of(pending), later=later)
        self._say(pending, "note" if later else "", until if later else "")

    def _weigh(self, grams: float, confirmed: bool) -> None:
        """Enter the weight after the session; say whether the mouse gained what it was given."""
        pending, row = self._pending, self._row
        if pending is None or row is None:
            return
        gain = self._gain(row, grams)

        def came(trouble: str) -> None:
            if trouble:
                self._say(pending, "bad", f"Not entered: {trouble}")
                return
            told = replace(self._of(pending), weighed=True)
            level = "warn" if gain else ""
            self._told[pending.session] = replace(told, gain_level=level, gain=gain)
            self.weight.empty()
            self._say(pending, "good", f"{row.subject} weighs {grams:g} g after the session.")

        self._say(pending, "note", "asked ...")
        source = self.weight.source
        self._ledger.weigh(row.subject, grams, came, confirmed=confirmed, source=source)

    def _gain(self, row: Row, grams: float) -> str:
        """Return why the weights before and after do not fit what was delivered between them."""
        if not row.weighed or row.weight_g is None:
            return ""
        return gain_doubt(self._config, grams - row.weight_g, row.since_weighing_ml)

    def _say(self, pending: Pending, level: str, words: str) -> None:
        self._told[pending.session] = replace(self._of(pending), level=level, words=words)
        self._show()

    def _show(self) -> None:
        """Show what is known."""
        pending, row = self._pending, self._row
        self.setVisible(pending is not None and self._ledger.begun)
        if pending is None:
            return
        told = self._of(pending)
        self.said.setText(told.words)
        set_level(self.said, told.level)
        self.gain.setText(told.gain)
        self.gain.setVisible(bool(told.gain))
        set_level(self.gain, told.gain_level)
        self.weight.setVisible(row is not None and self._config.weight_after != "off")
        for widget in (self.alerts, self.due, self.given, self.later, self.why):
            widget.setVisible(row is not None)
        if row is None:
            self._show_unknown(pending)
            return
        self.words.setText(earned(row))
        set_level(self.words, "")
        self.alerts.setText("\n".join(f"LOOK  {alert}" for alert in row.alerts))
        self.alerts.setVisible(bool(row.alerts))
        level, word = state(row, self._config, self._ledger.now)
        set_level(self.due, level)
        can = row.is_due and not self._ledger.is_busy(row.subject) and not self._ledger.asking
        told_due = row.is_due and row.due_ml is not None
        self.due.setText(f"Give {row.due_ml:.2f} mL now" if told_due else word)
        self.given.setEnabled(can and told_due)
        self.later.setEnabled(can)
        self._show_why_not(row)
        self.later.setChecked(told.later)

    def _show_why_not(self, row: Row) -> None:
        """Say beside the buttons why they are off, or why the figures may be old."""
        level, words = "bad", self._ledger.trouble
        if self._ledger.is_busy(row.subject) or not row.is_due:
            words = ""  # what is being entered, and that nothing is due, is said already
        elif self._ledger.asking:
            level, words = "note", READING
        elif row.due_ml is None:
            level, words = "warn", UNTOLD
        self.why.setText(words)
        self.why.setVisible(bool(words))
        set_level(self.why, level)

    def _show_unknown(self, pending: Pending) -> None:
        """Say why nothing is known of the mouse."""
        asking = self._ledger.asking
        name = pending.subject
        words = "asked ..." if asking else self._ledger.trouble or NOT_IN_IT.format(name, name)
        self.words.setText(words)
        set_level(self.words, "note" if asking else "warn")

    def _make_parts(self) -> None:
        self.words, self.said, self.gain = sentence_label(), sentence_label(), sentence_label()
        self.alerts = sentence_label("warn")
        self.due, self.why = title_label(), sentence_label()
        self.weight = NumberField(
            "Weight",
            "g",
            Range(least=LEAST_G, most=MOST_G),
            lambda grams: doubt_of_weight(self._row, self._config, grams),
            self._weigh,
        )
        self.given = QPushButton("&Given")
        self.given.clicked.connect(self._give)
        self.later = QPushButton("&Later today (water board)")
        self.later.setCheckable(True)
        self.later.clicked.connect(self._put_off)

    def _lay_out(self) -> None:
        enter = QPushButton("Weig&h")
        enter.clicked.connect(self.weight.enter)
        label = quiet_label("Weight after")
        self.weight.beside.insertWidget(0, label)
        self.weight.beside.addWidget(enter)
        self.weight.beside.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.due)
        buttons.addWidget(self.given)
        buttons.addWidget(self.later)
        buttons.addWidget(self.why, 1)
        buttons.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.words, self.alerts, self.weight, self._filler.label, self.gain):
            layout.addWidget(widget)
        layout.addLayout(buttons)
