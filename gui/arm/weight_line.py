"""The weight of the mouse on the Arm sheet: what is known, the field for today's, and a consent."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.arm.draft import Draft
from gui.form_model import Range
from gui.ledger_jobs import LedgerJobs
from gui.live_balance import WeightFiller
from gui.theme import sentence_label, set_level
from gui.watering.words import doubt_of_weight, weight_words
from gui.widgets.number_field import NumberField
from rig.ledger.records import Row
from rig.water_policy import LEAST_G, MOST_G, WaterConfig

THRESHOLD_GUARD = "weight threshold"
"""Name of the guard that stops a mouse that is too light."""
NO_LEDGER = "The lab has no ledger of weights. It is begun with  rig subject add {}"
NOT_IN_IT = "It is not in the ledger of weights and water. Enter it:  rig subject add {}"


class WeightLine:
    """The parts of the line: `field` stands at its end, `below` under it.

    Parameters
    ----------
    config
        The lab's rules.
    ledger
        What is known, and where it is entered.
    changed
        Called when something was entered, upon which the session is to be checked anew.
    """

    def __init__(
        self, config: WaterConfig, ledger: LedgerJobs, changed: Callable[[str], None]
    ) -> None:
        self._config, self._ledger, self._changed = config, ledger, changed
        self._subject = ""
        self._ratio = ""
        self.field = NumberField(
            "Weight", "g", Range(least=LEAST_G, most=MOST_G), self._doubt, self._weigh
        )
        self.field.hide()
        self.filler = WeightFiller(self.field, ledger.balance)
        self.said = sentence_label()
        self.person = QLineEdit()
        self.person.setPlaceholderText("Name of the person who consents")
        self.person.setAccessibleName("Who consents to a session at this weight")
        self.person.setMinimumWidth(260)
        self.person.returnPressed.connect(self._consent)
        self.agree = QPushButton("&Consent to a session today")
        self.agree.clicked.connect(self._consent)
        self.below = QWidget()
        self._lay_out()

    def show_draft(self, draft: Draft, label: QLabel) -> None:
        """Show the weight of the mouse of a draft in the label of the line."""
        if draft.subject != self._subject:
            self._subject = draft.subject
            self.field.empty()
            self.person.clear()
            self._say("", "")
        row = self._row
        self.field.setVisible(row is not None)
        self.field.setEnabled(not self._ledger.is_busy(self._subject))
        level, text = self._text(row)
        label.setText(text)
        set_level(label, level)
        stops = any(g.name == THRESHOLD_GUARD and g.level == "stop" for g in draft.guards)
        self._ratio = "" if row is None or row.ratio is None else f"{100 * row.ratio:.0f} %"
        for widget in (self.person, self.agree):
            widget.setVisible(stops and row is not None)

    @property
    def _row(self) -> Row | None:
        return self._ledger.rows.get(self._subject)

    def _text(self, row: Row | None) -> tuple[str, str]:
        """Return the level and the words of the line."""
        if not self._subject:
            return "", "-"
        if not self._ledger.begun:
            return "", NO_LEDGER.format(self._subject)
        if row is not None:
            return weight_words(row, self._config, self._ledger.now)
        if self._ledger.asking:
            return "", "asked ..."
        return "", self._ledger.trouble or NOT_IN_IT.format(self._subject)

    def _doubt(self, grams: float) -> str:
        return doubt_of_weight(self._row, self._config, grams)

    def _weigh(self, grams: float, confirmed: bool) -> None:
        subject, source = self._subject, self.field.source
        self._enter(
            lambda came: self._ledger.weigh(
                subject, grams, came, confirmed=confirmed, source=source
            )
        )

    def _consent(self) -> None:
        """Enter that a person consents to a session although the mouse is too light."""
        person = self.person.text().strip()
        if not person:
            self._say("bad", "Write the name of the person who consents.")
            return
        words = f"consents to a session at {self._ratio} of the baseline weight"
        self._enter(lambda came: self._ledger.consent(self._subject, person, words, came))

    def _enter(self, enter: Callable[[Callable[[str], None]], None]) -> None:
        subject = self._subject

        def came(trouble: str) -> None:
            if subject == self._subject:
                self._say("bad" if trouble else "", f"Not entered: {trouble}" if trouble else "")
                if not trouble:
                    self.field.empty()
            if not trouble:
                self._changed(subject)

        self._say("note", "asked ...")
        enter(came)

    def _say(self, level: str, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))
        set_level(self.said, level)

    def _lay_out(self) -> None:
        consent = QHBoxLayout()
        consent.addWidget(self.person)
        consent.addWidget(self.agree)
        consent.addStretch(1)
        layout = QVBoxLayout(self.below)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.filler.label)
        layout.addWidget(self.field.trouble)
        layout.addWidget(self.said)
        layout.addLayout(consent)
