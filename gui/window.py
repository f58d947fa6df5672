"""The window: a rail of screens, the alerts at its foot, and the one timer that drives it all."""

from __future__ import annotations

import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from PyQt5.QtCore import QTimer
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import (
    QApplication,
    QMainWindow,
    QWidget,
)

from gui import remembered, theme
from gui.actions import Action, bind
from gui.alert_list import AlertList
from gui.alert_sound import AlertSound
from gui.alerts import Alert, Alerts
from gui.answers import take_answers
from gui.boxes import Box
from gui.closing import ClosingBar
from gui.command_list import CommandList
from gui.frame import EMULATED, SIMULATED, Frame
from gui.guide.bar import GuideBar
from gui.key_sheet import KeySheet
from gui.palette import PALETTES, Palette
from gui.rail import Rail, box_keys
from gui.reader import Reader
from gui.sender import Sender
from gui.ticks import Ticks
from gui.workplace import Screen, ScreenName, Workplace
from rig.desk import address_files

TICK_MS = 33
DRAIN_FOR = 0.012
"""Seconds of a tick in which messages are taken in; the rest is for drawing."""
ALARMS_EVERY = 0.5
NO_BOX = "The lab has no box: put the file of a rig into its folder, and open the window again"
DEAF = (
    "This window hears no session any more ({}). Sessions go on and are recorded: close the window "
    "and open it again."
)


@dataclass(frozen=True)
class Entry:
    """A screen with its name, its words on the rail and its shortcut."""

    name: ScreenName
    words: str
    keys: str
    screen: QWidget


class Window(QMainWindow):
    """The operator's window.

    Parameters
    ----------
    place
        What all screens share.
    reader, sender
        The threads that listen and send.
    entries
        The screens, in the order of the rail; each is a `Screen`.
    own_actions
        What can be done by a key, beside what the window itself can do.
    guide
        The guide of the demonstration, if there is to be one.
    """

    def __init__(
        self,
        place: Workplace,
        reader: Reader,
        sender: Sender,
        entries: tuple[Entry, ...],
        own_actions: tuple[Action, ...] = (),
        guide: GuideBar | None = None,
    ) -> None:
        super().__init__()
        self._place = place
        self._reader = reader
        self._sender = sender
        self._entries = {entry.name: entry for entry in entries}
        screens = {entry.name: entry.screen for entry in entries}
        self._screens: Mapping[ScreenName, Screen] = screens  # type: ignore[assignment]
        self._guide = guide
        self._alerts = Alerts(place)
        self._alarms_at = 0.0
        self._leaving = False
        self._letters = remembered.letters()
        self._sound = AlertSound(QApplication.beep)
        self.ticks = Ticks()
        place.go_to, place.tell, place.follow_all_but = self.go_to, self.tell, reader.detach
        self._build(entries)
        self.actions_known = (*self._own_actions(entries), *own_actions)
        # what a screen does with a key comes before what the window does with it
        self._shortcuts = bind(self, (*own_actions, *self.actions_known))
        self.restyle(place.palette)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Begin to listen and to draw."""
        for widget in self.findChildren(QWidget):
            widget.ensurePolished()  # or the first look at a screen would take much longer
        self._reader.start()
        self._timer.start()
        for begin in self._place.at_start:
            begin()
        if not self._place.boxes.by_rig:
            self.tell("warn", f"{NO_BOX} ({self._place.lab.folder / 'rigs'}).")
        # The guide leads from all boxes to the first mouse; without it, and without a session that
        # runs already, that is where work begins.
        begun = self._guide is not None or bool(address_files(self._place.lab.locks))
        self.go_to("boxes" if begun else next(iter(self._entries)))

    @property
    def screen_name(self) -> ScreenName:
        """The name of the visible screen."""
        shown = self._stack.currentWidget()
        return next(entry.name for entry in self._entries.values() if entry.screen is shown)

    def go_to(self, name: ScreenName) -> None:
        """Show a screen, if this window has it."""
        entry = self._entries.get(name)
        if entry is None:
            return
        self._stack.setCurrentWidget(entry.screen)
        self.rail.show_current(name)
        self._screens[name].arrive()

    def look_at(self, rig: str) -> None:
        """Look at another box, on the same screen; at its session, if there is nothing to arm."""
        if rig not in self._place.boxes.by_rig:
            return
        self._place.rig = rig
        if self.screen_name == "arm" and self._place.box.is_running:
            self.go_to("run")
        else:
            self._screens[self.screen_name].arrive()

    def tell(self, level: str, text: str) -> None:
        """Put something into the list of alerts that no rule has found; once is enough."""
        self._alerts.tell(level, text)
        self._show_alerts()

    @property
    def busy(self) -> int:
        """How many commands run beside the window."""
        return self._place.jobs.busy

    def boxes_watched(self) -> list[Box]:
        """Return the boxes, in the order of their rigs' names."""
        return list(self._place.boxes.by_rig.values())

    def leave(self) -> None:
        """Close the window; sessions go on."""
        self._leaving = True
        self.close()

    def tick(self) -> None:
        """Take in what has come, and show what has changed."""
        began = time.perf_counter()
        self._drain(began + DRAIN_FOR)
        take_answers(self._place, self._sender.answers)
        if began >= self._alarms_at:
            self._alarms_at = began + ALARMS_EVERY
            self._look_for_alarms()
        self._screens[self.screen_name].refresh()
        if self._guide is not None:
            self._guide.refresh(self.screen_name)
        self.ticks.add(time.perf_counter() - began)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours, everywhere at once."""
        self._place.palette = palette
        theme.apply(theme.the_app(), palette, self._letters)
        for screen in self._screens.values():
            screen.restyle(palette)
        if self._guide is not None:
            self._guide.restyle(palette)
        self.rail.refresh()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Close, unless sessions run: then ask first, in the window itself."""
        running = [box for box in self._place.boxes.by_rig.values() if box.is_running]
        if event is None:
            return
        if running and not self._leaving:
            event.ignore()
            self._closing.ask([(box.rig, box.subject) for box in running])
            return
        self._timer.stop()
        self._place.closed = True
        remembered.remember_geometry(self.saveGeometry())
        self._reader.close()
        self._sender.close()
        self._place.jobs.close()
        event.accept()

    def _stop_and_stay(self, rigs: list[str]) -> None:
        """Ask the sessions to stop after their trial; the window stays to wrap up."""
        for rig in rigs:
            self._place.order_to(rig, "stop_after_trial", text="the window was closed")

    def _build(self, entries: tuple[Entry, ...]) -> None:
        names = [(entry.name, entry.words, entry.keys) for entry in entries]
        self.rail = Rail(self._place, names, self.go_to, self.look_at, self._choose_palette)
        self._list = AlertList(self._acknowledge)
        self._closing = ClosingBar(self.leave, self._stop_and_stay)
        guide = [] if self._guide is None else [self._guide]
        screens = [entry.screen for entry in entries]
        whole = Frame(self.rail, screens, [self._closing, *guide], [self._list])
        self._stack, self._banner, self._unreal = whole.stack, whole.banner, whole.words
        self.setCentralWidget(whole)
        self._commands = CommandList(whole, lambda: self.actions_known)
        self._keys = KeySheet(whole, lambda: self.actions_known)
        self.setWindowTitle(f"mouserig: {self._place.lab.config.name}")
        self.setMinimumSize(1100, 680)
        self.resize(1366, 768)
        self.restoreGeometry(remembered.geometry())

    def _own_actions(self, entries: tuple[Entry, ...]) -> tuple[Action, ...]:
        screens = [
            Action(f"Go to: {e.words}", e.keys, partial(self.go_to, e.name)) for e in entries
        ]
        rigs = list(self._place.boxes.by_rig)
        boxes = [
            Action(f"Look at {rig}", box_keys(number), partial(self.look_at, rig))
            for number, rig in enumerate(rigs, start=1)
        ]
        others = [
            Action("List of commands", "Ctrl+K", self._commands.open),
            Action("Sheet of keys", "F1", self._keys.turn),
            Action("Acknowledge the gravest alert", "Ctrl+G", self._list.acknowledge_first),
            Action("Other colours: light, dark, dim red", "Ctrl+L", self._next_palette),
            Action("Larger letters", "Ctrl++", partial(self._change_letters, 1)),
            Action("Smaller letters", "Ctrl+-", partial(self._change_letters, -1)),
            Action("Mute this box, or let it sound again", "Ctrl+M", self._mute),
            Action("Copy all alerts", "Ctrl+Shift+C", self._copy_alerts),
        ]
        return (*screens, *boxes, *others)

    def _choose_palette(self, name: str) -> None:
        self.restyle(PALETTES[name])
        remembered.remember_palette(PALETTES[name])

    def _next_palette(self) -> None:
        names = list(PALETTES)
        self._choose_palette(names[(names.index(self._place.palette.name) + 1) % len(names)])

    def _change_letters(self, by: int) -> None:
        """Make all letters larger or smaller."""
        place = theme.LETTERS.index(self._letters) + by
        if 0 <= place < len(theme.LETTERS):
            self._letters = theme.LETTERS[place]
            remembered.remember_letters(self._letters)
            self.restyle(self._place.palette)

    def _mute(self) -> None:
        """Let alerts of the box that is looked at make no sound, or make one again."""
        self._place.muted ^= {self._place.rig}
        self.rail.refresh()

    def _copy_alerts(self) -> None:
        """Put all alerts on the clipboard, for whoever is asked for help."""
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            told = (f"{a.severity}: {a.where}: {a.text}" for a in self._alerts.all())
            clipboard.setText("\n".join(told))

    def _drain(self, until: float) -> None:
        """Take in what the reader has heard, as long as there is time."""
        while time.perf_counter() < until:
            try:
                message = self._reader.queue.get_nowait()
            except queue.Empty:
                return
            self._place.boxes.take(message)

    def _look_for_alarms(self) -> None:
        """Let the rules look at every box; the banner and the rail follow."""
        if self._reader.trouble:
            self._alerts.tell("bad", DEAF.format(self._reader.trouble))
        self._alerts.look()
        boxes = self._place.boxes.by_rig.values()
        views = [box.view for box in boxes if box.view is not None and not box.wrapped_up]
        self._unreal.setText(EMULATED if any(view.emulated for view in views) else SIMULATED)
        self._banner.setVisible(any(view.simulated for view in views))
        self.rail.refresh()
        alerts = self._alerts.all()
        self._sound.listen(alerts, self._place.muted)
        self._list.show_alerts(alerts)

    def _show_alerts(self) -> None:
        self._list.show_alerts(self._alerts.all())

    def _acknowledge(self, alert: Alert) -> None:
        self._alerts.acknowledge(alert)
        self._show_alerts()
