"""Take pictures of every screen of the window, from sessions that run while they are taken.

``python tools/screenshots.py --out screenshots`` takes them in three palettes, at 1366x768 and at
200 %. A lab of virtual mice with a past is made, and sessions run in it at a pace; one gets a
blocked spout and one loses its engine. It takes some minutes and needs no display.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from PIL import Image
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from analysis.commands.demo import make_past
from gui import theme
from gui.app import make_window
from gui.palette import PALETTES
from gui.window import Window
from rig.lab import Lab, find_lab
from rig.program import RIG_PROGRAM

SIZE = 1366, 768
SCALES = 1, 2
PATIENCE = 120.0
SETTLE_MS = 400
DOCS = Path(__file__).resolve().parent.parent / "docs/images/window"
SHOWN = {
    "arm": "arm-dark",
    "run": "run_box1-dark",
    "run_light": "run_box1-light",
    "run_dim_red": "run_box1-dim_red",
    "set_shifting": "run_box2-light",
    "detection": "run_box3-dark",
    "alarm": "run_alarm-dark",
    "died": "run_died-dark",
    "all_boxes": "all_boxes-dark",
    "rig_check": "rig_check-dark",
    "wrap_up": "wrap_up-dark",
    "sessions": "sessions-dark",
    "be_the_mouse": "be_the_mouse-dark",
}
"""Pictures in README and documentation, and what they are taken from."""
SUBJECT = """id = "{id}"
simulated = true
ear_tag = "{tag}"
cage = "C-221"
mark = "brown dot"
mouse_class = "hardware.policy_mouse:PolicyMouse"

[mouse]
policy = "perfect"
lick_probability = 0.5
go = {go}
nogo = {nogo}
"""
MICE = {
    "SIM05": ("14", ["45 deg", "5 kHz"], ["135 deg", "10 kHz"]),
    "SIM06": ("27", ["* at 73 dB", "* at 63 dB", "* at 53 dB"], ["* at 13 dB"]),
}
"""Mice whose behaviour is known: ear tag, and what they lick to and what not."""


def main(
    script: str, about: str, shown: Mapping[str, str], take_all: Callable[[Path, Path, int], None]
) -> None:
    """Take the pictures of a script at each scale, each in a program of its own.

    Parameters
    ----------
    script, about
        The script, and what it does in a sentence.
    shown
        Pictures in README and documentation, and what they are taken from.
    take_all
        Makes a lab in a folder, and takes the pictures into another one at a scale.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--scale", type=int, choices=SCALES, help="only this one")
    wanted = parser.parse_args()
    if wanted.scale is None:
        for scale in SCALES:
            environment = {
                **os.environ,
                "QT_QPA_PLATFORM": "offscreen",
                "QT_SCALE_FACTOR": str(scale),
            }
            command = [sys.executable, script, "--out", str(wanted.out), "--scale", str(scale)]
            subprocess.run(command, check=True, env=environment)
        _show_in_docs(wanted.out, shown)
        return
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        take_all(Path(folder) / "lab", wanted.out, wanted.scale)


def _show_in_docs(out: Path, pictures: Mapping[str, str]) -> None:
    """Put the pictures that README and documentation show into their places, with fewer colours."""
    DOCS.mkdir(parents=True, exist_ok=True)
    for shown, taken in pictures.items():
        picture = Image.open(out / f"{taken}.png").convert("RGB")
        picture.quantize(64).save(DOCS / f"{shown}.png", optimize=True)


def _take_all(folder: Path, out: Path, scale: int) -> None:
    """Make the lab, run the sessions, and take the pictures."""
    lab = _make_lab(folder)
    theme.make_app([])
    window = make_window(lab)
    window.resize(*SIZE)
    window.show()
    window.start()
    camera = Camera(window, out, scale)
    engines = [
        _engine(lab, "box1", "go_nogo", "SIM04"),
        _engine(lab, "box2", "set_shifting", "SIM05"),
        _engine(lab, "box3", "detection", "SIM06"),
    ]
    try:
        for _ in _story(window, camera, lab, engines):
            QTest.qWait(SETTLE_MS)
    finally:
        for engine in engines:
            engine.terminate()
            engine.wait()
        window.leave()


class Camera:
    """Takes pictures of a window in every palette."""

    def __init__(self, window: Window, out: Path, scale: int) -> None:
        self._window = window
        self._out = out
        self._suffix = "" if scale == 1 else f"-{scale}00"

    def take(self, name: str) -> None:
        """Take the picture of that name, in every palette."""
        for palette in PALETTES.values():
            self._window.restyle(palette)
            QTest.qWait(SETTLE_MS)
            file = self._out / f"{name}-{palette.name.replace(' ', '_')}{self._suffix}.png"
            self._window.grab().save(str(file))
            print(file)


def _story(
    window: Window, camera: Camera, lab: Lab, engines: list[subprocess.Popen[bytes]]
) -> Iterator[None]:
    """Lead the window from screen to screen, and take a picture at each station."""
    window.go_to("arm")
    window.look_at("box4")
    type_into(window, "Mouse: ear tag or id", "SIM02")
    wait(lambda: shows(window, "Last session"), "the Arm sheet")
    yield
    camera.take("arm")
    window.go_to("check")
    wait(lambda: not window.busy, "what the rigs are made of")
    press(window, "Try all rigs")
    wait(lambda: not window.busy, "the rig check")
    yield
    camera.take("rig_check")
    window.go_to("run")
    for rig, trials in (("box1", 90), ("box2", 70), ("box3", 80)):
        window.look_at(rig)
        wait(partial(_has_trials, window, rig, trials), f"{trials} trials in {rig}")
        yield
        camera.take(f"run_{rig}")
    window.look_at("box1")
    _tell(lab, "box1", "fault", "blocked spout")
    wait(lambda: _alarm(window, "box1", "fell silent"), "the alarm")
    yield
    camera.take("run_alarm")
    engines[2].send_signal(signal.SIGKILL)
    wait(lambda: _box_is(window, "box3", "engine died"), "the death of the engine")
    window.go_to("boxes")
    yield
    camera.take("all_boxes")
    window.go_to("run")
    window.look_at("box3")
    yield
    camera.take("run_died")
    window.look_at("box1")
    _tell(lab, "box1", "stop", "enough seen")
    wait(lambda: _box_is(window, "box1", "ended: wrap up"), "the end")
    window.go_to("wrap up")
    yield
    camera.take("wrap_up")
    window.go_to("sessions")
    wait(lambda: not window.busy, "the list of sessions")
    yield
    camera.take("sessions")
    if "be the mouse" in window.rail.screens:
        window.go_to("be the mouse")
        yield
        camera.take("be_the_mouse")


def _make_lab(folder: Path) -> Lab:
    """Make the lab of the demonstration, with two mice and a box more."""
    lab = make_past(folder, days=10, seed=1)
    for name, (tag, go, nogo) in MICE.items():
        text = SUBJECT.format(id=name, tag=tag, go=go, nogo=nogo).replace("'", '"')
        lab.subject_file(name).write_text(text, encoding="utf-8")
    text = (folder / "rigs/box1.toml").read_text(encoding="utf-8")
    for number in (3, 4):
        path = folder / f"rigs/box{number}.toml"
        path.write_text(text.replace("Dev1", f"Dev{number + 3}"), encoding="utf-8")
    return find_lab(folder)


def _engine(lab: Lab, rig: str, protocol: str, subject: str) -> subprocess.Popen[bytes]:
    """Start a session at the highest pace."""
    arguments = ["run", "--rig", f"rigs/{rig}.toml", "--protocol", f"protocols/{protocol}.toml"]
    arguments += ["--subject", subject, "--simulate", "--speed", "30", "--by", "Jane"]
    return subprocess.Popen(
        [*RIG_PROGRAM, *arguments],
        cwd=lab.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _tell(lab: Lab, rig: str, *order: str) -> None:
    subprocess.run(
        [*RIG_PROGRAM, "tell", rig, *order, "--by", "Jane"],
        cwd=lab.folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def wait(look: Callable[[], bool], what: str) -> None:
    """Let the window work until something is seen; give up when it takes too long."""
    until = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not come in {PATIENCE:g} s")
        QTest.qWait(50)


def _has_trials(window: Window, rig: str, trials: int) -> bool:
    box = next(box for box in window.boxes_watched() if box.rig == rig)
    return box.view is not None and len(box.view.rows) >= trials


def _alarm(window: Window, rig: str, key: str) -> bool:
    box = next(box for box in window.boxes_watched() if box.rig == rig)
    return any(alarm.key == key for alarm in box.alarms.list)


def _box_is(window: Window, rig: str, state: str) -> bool:
    return any(box.rig == rig and box.state()[1] == state for box in window.boxes_watched())


def _visible(window: Window, kind: type[QWidget]) -> Iterator[QWidget]:
    yield from (each for each in window.findChildren(kind) if each.isVisible())


def type_into(window: Window, field: str, text: str) -> None:
    """Type a text into the visible field of that name."""
    line = next(each for each in _visible(window, QLineEdit) if each.accessibleName() == field)
    QTest.keyClicks(line, text)


def press(window: Window, words: str) -> None:
    """Click the button with these words."""
    button = find_button(window, words)
    if button is None:
        raise LookupError(f"there is no button '{words}'")
    button.click()


def find_button(window: Window, words: str) -> QAbstractButton | None:
    """Return the visible button with these words."""
    for button in _visible(window, QAbstractButton):
        if isinstance(button, QAbstractButton) and button.text().replace("&", "") == words:
            return button
    return None


def shows(window: Window, words: str) -> bool:
    """Whether some text on the screen holds these words."""
    return any(
        isinstance(label, QLabel) and words in label.text() for label in _visible(window, QLabel)
    )


if __name__ == "__main__":
    main(__file__, (__doc__ or "").splitlines()[0], SHOWN, _take_all)
