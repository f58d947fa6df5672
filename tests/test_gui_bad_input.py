"""Whatever a lab, a session or a computer is like, the window shows it, or says why not."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from conftest import Done
from gui_helpers import HEADER, texts
from helpers import plan_for, run_virtual
from PyQt5.QtCore import QSettings
from PyQt5.QtWidgets import QApplication, QTableView, QWidget
from pytestqt.qtbot import QtBot

from gui.app import make_window
from gui.window import Window
from rig.bus import Bus
from rig.desk import Address
from rig.errors import ExitCode
from rig.frames import pack
from rig.journal import frame, new_journal
from rig.lab import Lab, find_lab
from rig.locks import hold
from rig.session import Session
from rig.session_folder import find_sessions

Edit = Callable[[str, str, str], None]
Open = Callable[[], Window]
NOWHERE = "tcp://127.0.0.1:1"


@pytest.fixture
def open_window(lab: Lab, qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> Iterator[Open]:
    """Return a function that opens the window of the lab, with all its threads."""
    QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, str(tmp_path))
    opened: list[Window] = []

    def another() -> Window:
        window = make_window(find_lab(lab.folder))
        opened.append(window)
        window.show()
        window.start()
        qtbot.waitExposed(window)
        return window

    yield another
    for window in opened:
        window.leave()


def visit(window: Window, rig: str = "box1") -> None:
    """Look at each screen, in the box with what is wrong."""
    window.look_at(rig)
    for name in window.rail.screens:
        window.go_to(name)
        window.tick()
        QApplication.processEvents()


def reads(window: QWidget, words: str) -> Callable[[], bool]:
    """Return whether words can be read somewhere in a window."""
    return lambda: words in texts(window)


def leave_address(lab: Lab, journal: Path, endpoint: str = NOWHERE) -> None:
    """Leave an address among the locks, as a session on box1 does."""
    lab.locks.mkdir(exist_ok=True)
    address = Address(NOWHERE, "", HEADER.session, endpoint, str(journal))
    (lab.locks / "rig-box1.address").write_bytes(msgspec.json.encode(address))


@pytest.fixture
def bus(lab: Lab) -> Iterator[Bus]:
    """Return the bus of a session in another program, which has told its header."""
    made = Bus()
    journal = lab.folder / "other.journal"
    new_journal(journal, frame(HEADER)).close()
    with hold(lab.locks, "rig", "box1", "test"):
        leave_address(lab, journal, made.endpoint)
        yield made
    made.close()


@pytest.mark.parametrize("message", [b"hello", b"", b"B\xff\xff", b"E" + bytes([9] * 40)])
def test_what_is_no_message_is_told_of_and_the_window_goes_on(
    bus: Bus, open_window: Open, qtbot: QtBot, message: bytes
) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: window.boxes_watched()[0].caught_up, timeout=20_000)

    def told() -> bool:
        bus._events.send(message)  # a listener hears what is sent after it has come
        return "The session cannot be followed" in texts(window)

    qtbot.waitUntil(told, timeout=20_000)
    button = window.rail.boxes["box1"]
    qtbot.waitUntil(lambda: "cannot be followed" in button.text(), timeout=20_000)
    visit(window)


def test_a_record_of_a_later_version_is_told_of(
    bus: Bus, lab: Lab, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: window.boxes_watched()[0].caught_up, timeout=20_000)
    journal = lab.folder / "other.journal"
    place, unknown = journal.stat().st_size, pack(msgspec.msgpack.encode({"type": "hologram"}))
    with journal.open("ab") as file:
        file.write(unknown)

    def told() -> bool:
        bus.publish(place, unknown)  # a listener hears what is sent after it has come
        return "The session cannot be followed" in texts(window)

    qtbot.waitUntil(told, timeout=20_000)
    assert "hologram" in texts(window)
    visit(window)


def test_a_session_of_a_later_schema_is_told_of(lab: Lab, open_window: Open, qtbot: QtBot) -> None:
    journal = lab.folder / "newer.journal"
    new_journal(journal, frame(msgspec.structs.replace(HEADER, schema_version=99))).close()
    with hold(lab.locks, "rig", "box1", "test"):
        leave_address(lab, journal)
        window = open_window()
        qtbot.waitUntil(lambda: "its record is of schema 99" in texts(window), timeout=20_000)
        assert "It may well go on" in texts(window)
        visit(window)


@pytest.mark.parametrize("held", [True, False], ids=["its program lives", "its program is gone"])
def test_an_address_that_leads_nowhere_is_no_trouble_but_one_in_words(
    lab: Lab, open_window: Open, qtbot: QtBot, held: bool
) -> None:
    lock = hold(lab.locks, "rig", "box1", "test") if held else contextlib.nullcontext()
    with lock:
        leave_address(lab, lab.folder / "no.journal")
        window = open_window()
        box = window.boxes_watched()[0]
        qtbot.waitUntil(lambda: box.rig and window.boxes_watched()[0].address, timeout=20_000)
        words = "cannot be followed" if held else "engine died"
        qtbot.waitUntil(lambda: words in window.rail.boxes["box1"].text(), timeout=20_000)
        visit(window)


def test_a_session_without_trials_is_shown_to_its_end(
    lab: Lab, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    with Session(plan_for(lab), "paced", speed=50.0) as session:
        qtbot.waitUntil(lambda: window.boxes_watched()[0].caught_up, timeout=20_000)
        session.stop("stop_now", "the mouse was not in the rig")
        session.run()
    qtbot.waitUntil(lambda: "ended" in window.rail.boxes["box1"].text(), timeout=20_000)
    visit(window)
    window.look_at("box1")
    window.go_to("run")
    window.tick()
    assert "the mouse was not in the rig" in texts(window)
    window.go_to("wrap up")
    qtbot.waitUntil(lambda: "SIM01" in texts(window), timeout=20_000)


def test_a_damaged_old_session_is_listed_as_such(
    short: Lab, open_window: Open, qtbot: QtBot
) -> None:
    good, cut, ruined = (run_virtual(plan_for(short, seed=seed)).folder for seed in (1, 2, 3))
    whole = bytearray(cut.journal.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    cut.journal.write_bytes(whole)
    ruined.journal.write_bytes(b"\xff" * 100)
    (short.data / "SIM01/2026-11-31/1").mkdir(parents=True)
    window = open_window()
    window.go_to("sessions")
    table = next(each for each in window.findChildren(QTableView) if each.isVisible())
    qtbot.waitUntil(lambda: rows_of(table) >= 3, timeout=30_000)
    said = [cell for row in range(rows_of(table)) for cell in cells(table, row)]
    assert any("unreadable" in cell for cell in said), said
    assert any("damage" in cell for cell in said), said
    for row in range(rows_of(table)):
        table.selectRow(row)
        QApplication.processEvents()
    assert good.name in {"/".join(folder.path.parts[-3:]) for folder in find_sessions(short.data)}


def rows_of(table: QTableView) -> int:
    model = table.model()
    return model.rowCount() if model is not None else 0


def cells(table: QTableView, row: int) -> list[str]:
    model = table.model()
    assert model is not None
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def test_an_empty_lab_says_what_it_lacks(lab: Lab, open_window: Open) -> None:
    for folder in ("rigs", "protocols", "subjects", "calibration", "curricula"):
        shutil.rmtree(lab.folder / folder)
    window = open_window()
    assert "The lab has no box: put the file of a rig into its folder" in texts(window)
    assert str(lab.folder / "rigs") in texts(window)
    for name in window.rail.screens:
        window.go_to(name)
        window.tick()
        QApplication.processEvents()


def test_a_broken_rig_file_is_told_where_the_session_is_prepared(
    lab: Lab, edit: Edit, open_window: Open, qtbot: QtBot
) -> None:
    edit("rigs/box1.toml", "[devices.valve]", "[devices.valve")
    edit("rigs/box2.toml", "max_open_ms", "max_open_weeks")
    window = open_window()
    for rig, words in {"box1": "rigs/box1.toml", "box2": "max_open_weeks"}.items():
        window.look_at(rig)
        qtbot.waitUntil(reads(window, words), timeout=30_000)
    visit(window, "box2")


@pytest.mark.parametrize(
    ("surroundings", "words"),
    [
        ({"QT_QPA_PLATFORM": "xcb", "DISPLAY": ""}, "there is no display"),
        ({"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":9876"}, "there is no display"),
        ({"QT_QPA_PLATFORM": "hologram"}, 'Could not find the Qt platform plugin "hologram"'),
        ({"PYTHONPATH": "no-qt"}, "Qt cannot be loaded (ImportError: libGL.so.1"),
    ],
)
def test_without_a_display_or_qt_the_command_says_so(
    lab: Lab, shell: Callable[..., Done], surroundings: dict[str, str], words: str
) -> None:
    (lab.folder / "no-qt/PyQt5").mkdir(parents=True)
    (lab.folder / "no-qt/PyQt5/__init__.py").write_text("raise ImportError('libGL.so.1')")
    done = shell("gui", **surroundings)
    assert done.code == ExitCode.CHECK_FAILED, done
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("text", ["name = 3", "name = ", "data = 'x'\nweird = 1", "\xff\xfe"])
def test_a_broken_lab_file_ends_the_command_in_words(
    lab: Lab, command: Callable[..., Done], text: str
) -> None:
    (lab.folder / "lab.toml").write_text(text, encoding="latin-1")
    done = command("gui")
    assert done.code == ExitCode.CHECK_FAILED
    assert "lab.toml" in done.err
    assert "Traceback" not in done.err


def test_a_folder_that_is_no_lab_ends_the_command_in_words(
    command: Callable[..., Done], tmp_path: Path
) -> None:
    done = command("gui", "--lab", str(tmp_path))
    assert (done.code, "this is no lab folder" in done.err) == (ExitCode.CHECK_FAILED, True)
