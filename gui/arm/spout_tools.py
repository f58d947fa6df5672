"""One drop and a test tone, for placing the spout; only while no session uses the rig."""

from __future__ import annotations

from functools import partial

import msgspec
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from gui.jobs import Done
from gui.theme import quiet_label, set_level
from gui.workplace import Workplace
from rig.preflight import RigCard
from rig.trying import Tried


class SpoutTools(QWidget):
    """Buttons that try a device, and what came of it."""

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._rig: RigCard | None = None
        self._busy = False
        self.drop = QPushButton("One &drop (Ctrl+D)")
        self.tone = QPushButton("Test &tone")
        self.said: QLabel = quiet_label()
        self.said.setWordWrap(True)
        self.drop.clicked.connect(self.one_drop)
        self.tone.clicked.connect(partial(self._try, "speaker", ["--tone"]))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.drop, 0, Qt.AlignTop)
        layout.addWidget(self.tone, 0, Qt.AlignTop)
        layout.addWidget(self.said, 1)

    def show_rig(self, rig: RigCard | None) -> None:
        """Take in which devices there are."""
        if rig is None or self._rig is None or rig.name != self._rig.name:
            self.said.setText("")
        self._rig = rig
        self.refresh()

    def refresh(self) -> None:
        """Offer what can be done now."""
        self.drop.setEnabled(self.can("valve"))
        self.tone.setEnabled(self.can("speaker"))

    def can(self, kind: str) -> bool:
        """Whether a device of this kind can be tried: nothing uses the rig."""
        box = self._place.box
        free = not (box.is_running or box.starting or self._busy)
        return free and self._device(kind) is not None

    def one_drop(self) -> None:
        """Give one drop."""
        self._try("valve", ["--drops", "1"])

    def _device(self, kind: str) -> str | None:
        devices = self._rig.devices if self._rig is not None else ()
        return next((device.name for device in devices if device.kind == kind), None)

    def _try(self, kind: str, options: list[str]) -> None:
        device = self._device(kind)
        if device is None or self._rig is None or not self.can(kind):
            return
        simulate = ["--simulate"] if self._rig.simulated else []
        self._busy = True
        self._say("", f"Trying {device}...")
        self.refresh()
        rig = self._rig.name
        arguments = ["try", rig, "--device", device, *options, *simulate]
        self._place.jobs.run(arguments, partial(self._tried, rig))

    def _tried(self, rig: str, done: Done) -> None:
        """Say what came of it, unless the operator looks at another box meanwhile."""
        self._busy = False
        self.refresh()
        if self._place.rig != rig:
            return
        try:
            tried = msgspec.convert(done.value, list[Tried])
        except msgspec.ValidationError:
            self._say("bad", done.error)
            return
        for each in tried:
            level = "" if each.state == "good" else each.state
            simulated = " (simulated)" if each.simulated else ""
            parts = (f"{each.device}{simulated}: {each.words}", each.value, each.do)
            self._say(level, " ".join(filter(None, parts)))

    def _say(self, level: str, text: str) -> None:
        self.said.setText(text)
        set_level(self.said, level)
