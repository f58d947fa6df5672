"""The Run screen in the hands of a test, and what the session in a box tells it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from gui_helpers import Bench, Script
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QShortcut
from pytestqt.qtbot import QtBot

from gui.actions import bind
from gui.boxes import Box
from gui.screens.run import RunScreen
from rig.events import CommandGiven, Definition, Record
from rig.inbox import Command


def shown_screen(bench: Bench, qtbot: QtBot) -> Iterator[RunScreen]:
    """Show the Run screen, with its keys, as long as a test lasts."""
    bench.place.go_to = bench.went.append
    made = RunScreen(bench.place)
    made.resize(1160, 700)
    bind(made, made.can_be_done())
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def press(screen: RunScreen, keys: str) -> None:
    """Press keys as an operator does."""
    wanted = QKeySequence(keys)
    found = [each for each in screen.findChildren(QShortcut) if each.key() == wanted]
    assert len(found) == 1, f"{keys}: {len(found)} shortcuts"
    found[0].activated.emit()
    screen.refresh()


def running(bench: Bench, screen: RunScreen, script: Script | None = None) -> Box:
    """Let a session run whose second trial has begun."""
    box = bench.begin("box1", (script or Script().trial().begin()).records)
    screen.refresh()
    screen.refresh()  # at the first look, the second tick draws most of it
    return box


def paused(bench: Bench, screen: RunScreen) -> Box:
    """Let a session be paused between two trials."""
    return running(bench, screen, Script().trial().obeyed("pause_after_trial"))


def paced(script: Script) -> Script:
    """Let a session run on a clock whose speed can be chosen."""
    told = script.records[1]
    assert isinstance(told, Definition)
    script.records[1] = msgspec.structs.replace(told, clock="paced", speed=20.0)
    return script


def tell(bench: Bench, screen: RunScreen, *records: Record) -> None:
    """Let the session tell more, and look."""
    bench.tell("box1", records)
    screen.refresh()


def given(command: Command, reply: str = "done", *, accepted: bool = True) -> CommandGiven:
    """Return how a session records a command."""
    return CommandGiven(
        90, 20.0, 20.0, 1, command.verb, command.text, command.author, command.key,
        command.value, accepted, reply, command.id,
    )  # fmt: skip


def look_at(screen: RunScreen, bench: Bench, rig: str) -> None:
    """Look at another box, on the same screen."""
    bench.place.rig = rig
    screen.arrive()
    screen.refresh()
