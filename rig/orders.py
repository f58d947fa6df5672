"""What persons ask of a running session, and what it answers; stops are the loop's own."""

from __future__ import annotations

import math

from rig.clock import FASTEST, Clock
from rig.inbox import Command, Reply, Touch
from rig.protocol import Question
from rig.room import BLOCKED_SPOUT, Room
from rig.trial_source import TrialSource
from rig.water_orders import WaterOrders, raised

NOT_PAUSED = Reply(False, "only while the session is paused: pause it first")


class Orders:
    """Carries out commands: pause, drop, flush, change of a parameter, skipped block, answer, ...

    Parameters
    ----------
    source
        The protocol's trials.
    clock
        The session's; its speed may be changed if it is paced.
    room
        Where faults are scripted, and where a mouse is led by hand.
    water
        Carries out what is asked of the valves.

    Attributes
    ----------
    paused
        Whether no trial is to be begun.
    question
        What the protocol asks; None if it asks nothing.
    answer_by
        Seconds: when the default answer is taken; infinite without a question.
    """

    def __init__(self, source: TrialSource, clock: Clock, room: Room, water: WaterOrders) -> None:
        self.paused = False
        self.question: Question | None = None
        self.answer_by = math.inf
        self._source = source
        self._clock = clock
        self._room = room
        self._water = water

    @property
    def waiting(self) -> bool:
        """Whether no trial may be begun: the session is paused or an answer is waited for."""
        return self.paused or self.question is not None

    def ask(self, question: Question, now: float) -> None:
        """Wait for the operator's answer."""
        self.question = question
        self.answer_by = now + question.patience

    def touch(self, touch: Touch, now: float) -> Reply:
        """Let a mouse that is led by hand touch a sensor, or let go of it."""
        mouse = self._room.mouse
        if mouse is None or not mouse.led_by_hand:
            return Reply(False, "the mouse of this session is not led by hand")
        if not self._room.has(touch.sensor):
            known = ", ".join(self._room.sensors())
            return Reply(False, f"the rig has no sensor '{touch.sensor}'; it has: {known}")
        self._room.touch(touch.sensor, touch.level, now)
        return Reply(True, "touched" if touch.level else "let go")

    def obey(self, command: Command, trial: int, now: float, *, running: bool) -> Reply:
        """Carry out a command, if that can be done; return what to answer.

        Parameters
        ----------
        command
            The command; its verb is none that stops the session.
        trial
            Number of the running trial, or of the last one.
        now
            Seconds of session time.
        running
            Whether a trial runs that does more than wait for the mouse to begin it.
        """
        match command.verb:
            case "pause_after_trial":
                return self._pause(trial)
            case "resume":
                return self._resume(trial)
            case "set":
                return self._source.change(command, trial + 1)
            case "reward":
                return self._water.give(command, now)
            case "drop" | "flush" if not self.paused:
                return NOT_PAUSED
            case "drop" | "flush" if running:
                return Reply(False, f"trial {trial} still runs: ask again when it has ended")
            case "drop":
                return self._look_at_a_drop(command, now)
            case "flush":
                return self._water.flush(command, now)
            case "stop_flush":
                return self._water.stop_flush()
            case "speed":
                return self._pace(command.value)
            case "fault":
                return self._break(command.text)
            case "skip_block":
                return self._skip_block()
            case "answer":
                return self._answer(command)
            case "note":
                words = command.text.strip()
                return Reply(bool(words), "noted" if words else "a note needs words")
            case _:
                return Reply(False, f"'{command.verb}' is no order for a running session")

    def _pause(self, trial: int) -> Reply:
        if self.paused:
            return Reply(False, "the session is paused already")
        self.paused = True
        return Reply(True, f"pauses after trial {trial}" if trial else "pauses before trial 1")

    def _resume(self, trial: int) -> Reply:
        if not self.paused:
            return Reply(False, "the session is not paused")
        if self._water.flushing:
            return Reply(False, "the valve is being flushed: stop the flush first")
        self.paused = False
        return Reply(True, f"goes on with trial {trial + 1}")

    def _look_at_a_drop(self, command: Command, now: float) -> Reply:
        """Give one drop of the usual volume, for a person to see that the valve works."""
        if command.value is not None:
            return Reply(False, "a drop to look at has the usual volume: name none")
        return self._water.give(command, now)

    def _pace(self, speed: object) -> Reply:
        """Let session's seconds pass faster, or slower."""
        if isinstance(speed, bool) or not isinstance(speed, int | float):
            return Reply(False, f"a speed is a number from 1 to {FASTEST:g}, not {speed!r}")
        if not 1 <= speed <= FASTEST:
            return Reply(False, f"a speed is a number from 1 to {FASTEST:g}, not {speed:g}")
        if not self._clock.pace(float(speed)):
            return Reply(False, "the speed can be changed in sessions of `rig run --speed` only")
        return Reply(True, f"runs {speed:g} times as fast as real time")

    def _break(self, fault: str) -> Reply:
        """Let a scripted fault come about."""
        if not self._room.simulated:
            return Reply(False, "faults are scripted on simulated rigs only")
        if fault != BLOCKED_SPOUT:
            return Reply(False, f"the faults are: {BLOCKED_SPOUT}")
        if self._room.spout_is_blocked:
            return Reply(False, "the spout is blocked already")
        self._room.block_spout()
        return Reply(True, "the spout is blocked, until it is flushed for 1 s")

    def _skip_block(self) -> Reply:
        if self.question is not None:
            return Reply(False, "the protocol waits for an answer: give it first")
        try:
            coming = self._source.protocol.skip_block()
        except Exception as error:  # a protocol of the lab's own may raise anything
            return raised(error)
        if coming is None:
            return Reply(False, "the protocol has no blocks to skip")
        return Reply(True, coming)

    def _answer(self, command: Command) -> Reply:
        """Hand an answer to the protocol, which goes on with it."""
        question = self.question
        if question is None:
            return Reply(False, "nothing is asked")
        if command.text not in question.choices:
            return Reply(False, f"the answers are: {', '.join(question.choices)}")
        try:
            self._source.protocol.answer(command.text)
        except Exception as error:  # a protocol of the lab's own may raise anything
            return raised(error)
        self.question = None
        self.answer_by = math.inf
        return Reply(True, f"'{command.text}' it is")
