"""The lines of the Arm sheet: mouse, protocol and stage, weight, rig, saving, parameters."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QWidget

from gui.theme import quiet_label
from rig.config import sex_words
from rig.preflight import LastSession, Preflight

MOUSE, PROTOCOL, WEIGHT, RIG, SAVING, PARAMETERS = (
    "Mouse",
    "Protocol & stage",
    "Weight",
    "Rig",
    "Saving",
    "Parameters",
)
STILL_RUNS = "still runs"
"""What stands for the end of a session that has none yet."""
NAMES = (MOUSE, PROTOCOL, WEIGHT, RIG, SAVING, PARAMETERS)


class Lines(QFrame):
    """Shows what the session will be; `beside` and `below` put what can be done into a line."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.values: dict[str, QLabel] = {}
        self._beside: dict[str, QHBoxLayout] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 8, 12, 8)
        self._grid.setVerticalSpacing(6)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(1, 1)
        for name in NAMES:
            self._add(name)
        self.show_found(None, 0)

    def beside(self, name: str, widget: QWidget) -> None:
        """Put a widget at the end of a line."""
        self._beside[name].addWidget(widget, 0, Qt.AlignVCenter)

    def below(self, name: str, widget: QWidget) -> None:
        """Put a widget below a line."""
        self._grid.addWidget(widget, 2 * NAMES.index(name) + 1, 1)

    def _add(self, name: str) -> None:
        label = QLabel()
        label.setTextFormat(Qt.PlainText)
        label.setWordWrap(True)
        label.setAccessibleName(name)
        self.values[name] = label
        line = self._beside[name] = QHBoxLayout()
        line.addWidget(label, 1, Qt.AlignVCenter)
        row = 2 * NAMES.index(name)
        self._grid.addWidget(quiet_label(name), row, 0, Qt.AlignVCenter)
        self._grid.addLayout(line, row, 1)

    def show_found(self, found: Preflight | None, changed: int) -> None:
        """Show what was found; `changed` is the number of parameters that were changed here.

        What stands in the line of the weight is not of it.
        """
        others = [name for name in NAMES if name != WEIGHT]
        texts = _texts(found, changed) if found is not None else dict.fromkeys(others, "-")
        for name, text in texts.items():
            if self.values[name].text() != text:
                self.values[name].setText(text)


def _texts(found: Preflight, changed: int) -> dict[str, str]:
    mouse = found.subject
    sex = f"sex {sex_words(mouse.sex)}" if mouse.sex else ""
    who = ", ".join(filter(None, (sex, mouse.strain, mouse.description)))
    last = _last(found.last) if found.last is not None else "No session yet."
    return {
        MOUSE: f"{who}\n{last}".strip() if mouse.known else "Not named yet.",
        PROTOCOL: _protocol(found),
        RIG: _rig(found),
        SAVING: _saving(found),
        PARAMETERS: _parameters(found, changed),
    }


def _last(last: LastSession) -> str:
    d_prime = "" if last.d_prime is None else f", d' {last.d_prime:.1f}"
    stage = f", stage {last.stage}" if last.stage else ""
    trials = "1 trial" if last.trials == 1 else f"{last.trials} trials"
    told = (
        f"Last session {last.day} on {last.rig}: {last.protocol}{stage}, {trials}, "
        f"{last.water_ml:.2f} mL{d_prime}."
    )
    return (
        f"{told} It {STILL_RUNS}."
        if last.ended == STILL_RUNS
        else f"{told} It ended: {last.ended}."
    )


def _protocol(found: Preflight) -> str:
    stage, protocol = found.stage, found.protocol
    lines = []
    if protocol is not None:
        about = protocol.description.strip().splitlines()
        lines.append(f"{protocol.name}: {about[0]}" if about else protocol.name)
    else:
        lines.append("Not chosen yet." if found.subject.known else "-")
    if stage is not None:
        plan = "Off plan. " if stage.off_plan else ""
        where = f"{plan}Stage {stage.stage} ({stage.position} of {stage.stages})"
        lines.append(f"{where} of {stage.curriculum}. {stage.sentence}")
    elif found.subject.known:
        lines.append("In no curriculum.")
    return "\n".join(lines)


def _rig(found: Preflight) -> str:
    rig = found.rig
    count = len(rig.devices)
    twins = sum(device.simulated for device in rig.devices)
    real = "all simulated" if twins == count else f"{twins} simulated" if twins else "all real"
    devices = f"{count} devices, {real}" if count else "its file is wrong"
    return ", ".join(filter(None, (rig.name, rig.setup.replace("_", " "), devices, rig.busy)))


def _saving(found: Preflight) -> str:
    saving = found.saving
    free = "" if saving.free_gb is None else f", {saving.free_gb:.0f} GB free"
    writable = "" if saving.writable else ", cannot be written"
    return f"{saving.folder}{free}, this session at most {saving.expected_gb:.2g} GB{writable}"


def _parameters(found: Preflight, changed: int) -> str:
    if found.protocol is None:
        return "-"
    base, defaults = found.protocol.base, found.protocol.defaults
    own = sum(value != defaults.get(name) for name, value in base.items())
    here = f"{changed} changed for this session" if changed else "as in the files"
    differ = "1 differs" if own == 1 else f"{own} differ"
    default = "all are the protocol's defaults" if not own else f"{differ} from the defaults"
    return f"{here}; in the files {default}"
