"""What is told of one session, and what can be done with it; `rig` does it, beside the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QUrl
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout

from gui.jobs import Done
from gui.listing.rows import Row, may_recover, summary_words, timing_words, wrap_up_words
from gui.theme import quiet_label, scrolled, set_level, title_label
from gui.workplace import Workplace

FORMS = ("nwb", "csv", "alf")
LONGEST = 1800.0
"""Seconds that an export, a check or a recovery may take."""
RECOVERY = (
    "Recover keeps the sound part of the record, puts a damaged rest into a file beside it, and "
    "builds the HDF5 file. Nothing is deleted."
)

TIMING = "States: off and late by how many ms, at most"
PACED = f"{TIMING}. It ran faster than real time: these are not the times of a rig"


class SessionPanel(QFrame):
    """Shows one session.

    Parameters
    ----------
    place
        What all screens share.
    changed
        Called when a session is not as it was.
    """

    def __init__(self, place: Workplace, changed: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._place = place
        self._changed = changed
        self._row: Row = {}
        self._said: dict[str, tuple[str, str]] = {}
        self._busy: set[str] = set()
        self._make_parts()
        self._lay_out()
        self.show_session(None)

    def show_session(self, row: Row | None) -> None:
        """Show a session, or none."""
        before, self._row = self._row.get("session"), row or {}
        session = self._row.get("session")
        self.title.setText(session or "No session is chosen.")
        self.summary.setText(summary_words(self._row))
        self.timing_title.setText(PACED if self._row.get("clock") == "paced" else TIMING)
        if session != before:
            self.timing.setText("")
        for button in self._buttons:
            button.setVisible(row is not None)
        recover = row is not None and may_recover(row)
        self.recover_button.setVisible(recover)
        self.recovery.setVisible(recover)
        readable = row is not None and row.get("trials") is not None
        for button in self._of_readable:
            button.setEnabled(readable)
        self._show_said()
        if readable and session != before:
            self._ask_timing(str(session))

    def _ask_timing(self, session: str) -> None:
        def told(done: Done) -> None:
            if self._row.get("session") != session:
                return
            if isinstance(done.value, dict):
                said = wrap_up_words(done.value["wrap_up"])
                self.summary.setText(f"{summary_words(done.value['summary'])}\n{said}".strip())
                self.timing.setText(timing_words(done.value["timing"]))
            else:
                self.timing.setText(f"It could not be read: {done.error}")

        self.timing.setText("Reading ...")
        self._place.jobs.run(["show", session, "--trials", "0"], told)

    def _do(
        self, doing: str, arguments: Sequence[str], words: Callable[[Done], tuple[str, str]]
    ) -> None:
        """Let `rig` do something with the session; say that it does, then what came of it."""
        session = str(self._row.get("session"))
        if session in self._busy:
            return
        self._busy.add(session)
        self._said[session] = "note", f"{doing} ..."
        self._show_said()

        def told(done: Done) -> None:
            self._busy.discard(session)
            self._said[session] = words(done)
            self._show_said()
            self._changed()

        self._place.jobs.run(arguments, told, LONGEST)

    def _report(self) -> None:
        self._do("Writing the report", ["report", self._name, "--open"], _reported)

    def _export(self, form: str) -> None:
        self._do(f"Exporting as {form.upper()}", ["export", self._name, "--to", form], _exported)

    def _verify(self) -> None:
        self._do("Comparing the files with the record", ["verify", self._name], _verified)

    def _recover(self) -> None:
        self._do("Recovering", ["recover", self._name], _recovered)

    def _open_folder(self) -> None:
        folder = str(self._row.get("folder") or "")
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            self._said[self._name] = "warn", f"No program opens folders here. It is {folder}"
            self._show_said()

    @property
    def _name(self) -> str:
        return str(self._row.get("session"))

    def _show_said(self) -> None:
        """Show what came of what was done with this session; while it is done, nothing else is."""
        level, text = self._said.get(self._name, ("", ""))
        self.words.setText(text)
        set_level(self.words, level)
        readable = self._row.get("trials") is not None
        for button in self._buttons:
            free = self._name not in self._busy
            button.setEnabled(free and (readable or button not in self._of_readable))
        self.folder_button.setEnabled(True)

    def _make_parts(self) -> None:
        self.title = title_label()
        self.summary, self.timing, self.words = QLabel(), QLabel(), QLabel()
        self.recovery = quiet_label(RECOVERY)
        self.timing_title = quiet_label(TIMING)
        texts = (self.title, self.summary, self.timing_title, self.timing, self.words)
        for label in (*texts, self.recovery):
            label.setWordWrap(True)
            label.setTextFormat(Qt.PlainText)
            label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.report_button = QPushButton("&Report")
        self.report_button.clicked.connect(self._report)
        self.export_buttons = {form: QPushButton(f"Export {form.upper()}") for form in FORMS}
        for form, button in self.export_buttons.items():
            button.clicked.connect(lambda _, form=form: self._export(form))
        self.verify_button = QPushButton("&Verify")
        self.verify_button.clicked.connect(self._verify)
        self.recover_button = QPushButton("Re&cover")
        self.recover_button.clicked.connect(self._recover)
        self.folder_button = QPushButton("Open &folder")
        self.folder_button.clicked.connect(self._open_folder)
        self._of_readable = (self.report_button, *self.export_buttons.values(), self.verify_button)
        self._buttons = (*self._of_readable, self.folder_button, self.recover_button)

    def _lay_out(self) -> None:
        inside = QFrame()
        told = QVBoxLayout(inside)
        told.setContentsMargins(0, 0, 0, 0)
        told.addWidget(self.summary)
        told.addWidget(self.timing_title)
        told.addWidget(self.timing)
        told.addStretch(1)
        scroll = scrolled(inside)
        buttons = QGridLayout()
        for number, button in enumerate(self._buttons):
            buttons.addWidget(button, number // 2, number % 2)
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.words)
        layout.addWidget(self.recovery)
        layout.addLayout(buttons)


def _reported(done: Done) -> tuple[str, str]:
    if done.value is None:
        return "bad", f"There is no report: {done.error}"
    return "good", f"The report is written, for the browser to open: {done.value['file']}"


def _exported(done: Done) -> tuple[str, str]:
    if done.value is None:
        return "bad", f"It was not exported: {done.error}"
    files = [Path(file) for file in done.value["files"]]
    names = ", ".join(file.name for file in files)
    warnings = len(done.value.get("warnings") or ())
    warned = f" {warnings} warnings: see `rig export`." if warnings else ""
    return "warn" if warnings else "good", f"Exported: {names} in {files[0].parent}.{warned}"


def _verified(done: Done) -> tuple[str, str]:
    if not isinstance(done.value, list):
        return "bad", f"It could not be verified: {done.error}"
    bad: list[dict[str, Any]] = [each for each in done.value if each["state"] == "bad"]
    if not bad:
        return "good", f"All {len(done.value)} files agree with the record."
    return "bad", "\n".join(
        f"{each['file']}: {each['detail']} {each['do']}".strip() for each in bad
    )


def _recovered(done: Done) -> tuple[str, str]:
    if not isinstance(done.value, dict):
        return "bad", f"It could not be recovered: {done.error}"
    lines = [f"Recovered: {done.value['events']} events are kept."]
    for file in done.value["files"]:
        if file["rest"]:
            lines.append(f"{file['rest_bytes']} bytes of {file['file']} are in {file['rest']}")
        elif file["restored"]:
            lines.append(f"{file['file']} was made anew from the HDF5 file.")
    return "good", "\n".join(lines)
