"""Why and when a session ends: by its protocol, by a limit, by a person or by an error."""

from __future__ import annotations

from typing import Literal

from rig.config import Limits
from rig.inbox import Command

How = Literal["finished", "limit", "stopped", "aborted", "failed"]


class Ending:
    """Keeps the first reason that a session had to end, and watches its limits.

    Parameters
    ----------
    limits
        When the session ends by itself.
    before_ul
        Water of the sessions that this one goes on with.

    Attributes
    ----------
    reason
        Why the session ends, in words; None while it goes on.
    how
        The same sorted, as `rig.events.SessionEnded` has it.
    finished, timed_out
        Whether it was the protocol, or the longest duration, that ended it.
    at
        Seconds of session time at which it ends in any case.
    """

    def __init__(self, limits: Limits, before_ul: float) -> None:
        self.reason: str | None = None
        self.how: How = "failed"
        self.finished = False
        self.timed_out = False
        self.at = limits.max_duration
        self._limits = limits
        self._before_ul = before_ul

    def because(self, reason: str, how: How) -> None:
        """Begin no trial any more; the first reason is the one that counts."""
        if self.reason is None:
            self.reason, self.how = reason, how

    def finish(self, reason: str) -> None:
        """End the session, since its protocol says so."""
        self.finished = True
        self.because(reason, "finished")

    def fail(self, error: BaseException) -> None:
        """End the session because of an error, whatever else was a reason."""
        self.reason, self.how = f"error: {str(error) or type(error).__name__}", "failed"

    def trial_ended(self, trial: int, water_ul: float) -> None:
        """See whether trials or water have reached their limit."""
        if trial >= self._limits.max_trials:
            self.because(f"{self._limits.max_trials} trials", "limit")
        if self._before_ul + water_ul >= self._limits.max_water_ul:
            self.because(f"{self._limits.max_water_ul:g} uL of water", "limit")

    def reach_limit(self, *, waits: bool) -> Command:
        """End the session at its longest duration; return the order that this stands for.

        It ends after the running trial; one that waits, or is too long, ends at once.
        """
        stops = self.timed_out or waits
        self.at += self._limits.last_trial
        self.timed_out = True
        reason = f"{self._limits.max_duration:g} s"
        self.because(reason, "limit")
        return Command("stop_now" if stops else "stop_after_trial", reason)


def reason_of(command: Command) -> str:
    """Return why a person stops the session, in words."""
    return command.text or f"stopped by {command.author or 'the operator'}"
