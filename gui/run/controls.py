"""The buttons of the Run screen, and what they ask of the session."""

from __future__ import annotations

import time

from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.boxes import Box
from gui.orders import (
    REWARD_EVERY,
    flush_verb,
    has_blocks,
    is_paced,
    name_of,
    pause_verb,
    why_not,
)
from gui.run.asking import Asking
from gui.run.buttons import OrderButton, TwiceButton
from gui.run.speed import Speed
from gui.run.words import clock
from gui.session_view import SessionView
from gui.theme import set_level
from gui.widgets.elided import Elided
from gui.widgets.spin import DoubleSpin
from gui.workplace import Workplace
from rig.inbox import Verb

FLUSH_S = 5.0
LONGEST_FLUSH_S = 30.0


class Controls(QWidget):
    """Each button asks, and shows what is confirmed; a refusal stands beside them.

    Parameters
    ----------
    place
        What all screens share.
    asking
        The orders of the Run screen.
    """

    def __init__(self, place: Workplace, asking: Asking) -> None:
        super().__init__()
        self._place = place
        self._asking = asking
        self._rewarded: dict[str, float] = {}
        self.pause = OrderButton("&Pause after trial", "F6", "No trial is begun after this one")
        self.stop_after = OrderButton(
            "S&top after trial", "Shift+F6", "The session ends when this trial has ended"
        )
        self.stop_now = TwiceButton(
            "Stop now",
            "Ctrl+Shift+X",
            "All outputs go off at once; the trial is kept as aborted. Press twice, or hold",
            "Press again",
            self._rig,
        )
        self.stop_now.setProperty("role", "danger")
        self.reward = OrderButton("&Reward", "Ctrl+R", "One usual drop now, counted as by hand")
        self.drop = OrderButton("&One drop", "Ctrl+D", "One usual drop to look at, counted")
        self.flush = OrderButton("&Flush", "", "The valve stays open; this water is not counted")
        self.flush_for = DoubleSpin()
        self.skip = OrderButton("S&kip block", "", "The next trial begins another block")
        self.change = OrderButton("C&hange a parameter", "Ctrl+P", "From the next trial on")
        self.note = OrderButton("&Note", "Ctrl+N", "A note that bears the time of now")
        self.log = OrderButton("&Log", "Ctrl+J", "The last lines of the log")
        self.log.setCheckable(True)
        self.speed = Speed(self._choose_speed, self._rig)
        self.refusal = Elided()
        set_level(self.refusal, "warn")
        self._connect()
        self._lay_out()

    def press_pause(self) -> None:
        """Pause after the trial, or go on."""
        self._do(pause_verb(self._place.box))

    def press_stop_after(self) -> None:
        """Stop after the trial."""
        self._do("stop_after_trial")

    def press_stop_now(self) -> None:
        """Press once on what stops at once; the second time it does."""
        why = why_not("stop_now", self._place.box)
        if why:
            self._asking.say(f"stop now: {why}")
        else:
            self.stop_now.press()

    def press_reward(self) -> None:
        """Give a drop, but not two within a second."""
        now, rig = time.monotonic(), self._place.rig
        if now - self._rewarded.get(rig, -1e9) < REWARD_EVERY:
            self._asking.say(f"reward: one drop in {REWARD_EVERY:g} s at most")
            return
        if self._do("reward"):
            self._rewarded[rig] = now

    def press_drop(self) -> None:
        """Give a drop to look at."""
        self._do("drop")

    def press_flush(self) -> None:
        """Flush the valve, or end that."""
        verb = flush_verb(self._place.box)
        if verb == "stop_flush":
            self._do(verb)
        else:
            self._do(verb, value=self.flush_for.value())

    def press_skip(self) -> None:
        """Leave the block."""
        self._do("skip_block")

    def show_box(self, box: Box) -> None:
        """Show what can be done with the session in a box."""
        view = box.view
        pause, flush = pause_verb(box), flush_verb(box)
        self._show(self.pause, pause, box, "Resume" if pause == "resume" else "&Pause after trial")
        self._show(self.stop_after, "stop_after_trial", box, "S&top after trial")
        self._show(self.stop_now, "stop_now", box, "Stop now")
        self._show(self.reward, "reward", box, "&Reward")
        self._show(self.drop, "drop", box, "&One drop")
        self._show(self.flush, flush, box, _flush_words(view, box.now))
        self.flush_for.setEnabled(self.flush.isEnabled() and flush == "flush")
        self._show(self.skip, "skip_block", box, "S&kip block")
        self._show(self.change, "set", box, "C&hange a parameter")
        self._show(self.note, "note", box, "&Note")
        self.skip.setVisible(view is not None and has_blocks(view))
        self.speed.setVisible(view is not None and is_paced(view))
        if view is not None:
            self.speed.show_speed(view.speed, asked=self._asking.waits("speed"))
        self.refusal.say(self._asking.refusal())

    def _rig(self) -> str:
        return self._place.rig

    def _show(self, button: OrderButton, verb: Verb, box: Box, words: str) -> None:
        button.show_order(words, why_not(verb, box), asked=self._asking.waits(verb))

    def _do(self, verb: Verb, **rest: object) -> bool:
        """Ask for something, or say why not; return whether it was asked for."""
        why = why_not(verb, self._place.box)
        if why:
            self._asking.say(f"{name_of(verb)}: {why}")
            return False
        if self._asking.waits(verb):
            return False
        self._asking.ask(self._place.rig, verb, **rest)
        return True

    def _choose_speed(self, rig: str, speed: float) -> None:
        """Ask for a speed where it was chosen, whatever box is looked at since."""
        if not why_not("speed", self._place.boxes.by_rig.get(rig) or Box(rig)):
            self._asking.ask(rig, "speed", value=speed)

    def _stop_at_once(self) -> None:
        self._do("stop_now")

    def _connect(self) -> None:
        self.pause.clicked.connect(lambda: self.press_pause())
        self.stop_after.clicked.connect(lambda: self.press_stop_after())
        self.stop_now.sure.connect(self._stop_at_once)
        self.reward.clicked.connect(lambda: self.press_reward())
        self.drop.clicked.connect(lambda: self.press_drop())
        self.flush.clicked.connect(lambda: self.press_flush())
        self.skip.clicked.connect(lambda: self.press_skip())
        self.flush_for.setRange(0.5, LONGEST_FLUSH_S)
        self.flush_for.setDecimals(1)
        self.flush_for.setSuffix(" s")
        self.flush_for.setValue(FLUSH_S)
        self.flush_for.setAccessibleName("Seconds of the flush")

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for button in (self.pause, self.stop_after, self.stop_now):
            first.addWidget(button)
        first.addStretch(1)
        for widget in (self.reward, self.drop, self.flush_for, self.flush):
            first.addWidget(widget)
        for button in (self.skip, self.change, self.note, self.log):
            second.addWidget(button)
        second.addWidget(self.speed)
        second.addWidget(self.refusal, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(second)


def _flush_words(view: SessionView | None, now: float) -> str:
    """Return what the button for flushing says."""
    if view is None or view.flush_until is None:
        return "&Flush"
    return f"Stop flush {clock(max(view.flush_until - now, 0.0) / view.speed + 0.99)}"
