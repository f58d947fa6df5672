"""What the person who is the mouse is told, in words. No Qt here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gui.session_view import SessionView

GO, NO_GO = ("hit", "miss"), ("false_alarm", "correct_rejection")
WAIT, FIRST, DECIDE = (
    "Wait for the next one.",
    "Wait: the first one comes soon.",
    "Does it mean water? Then lick until it ends.",
)
_MEANS = {
    "hit": "a drop",
    "miss": "it meant water",
    "false_alarm": "you wait longer",
    "correct_rejection": "well done",
}
"""What an outcome is to the mouse."""


@dataclass(frozen=True)
class Moment:
    """Where the mouse is in its session.

    Attributes
    ----------
    trial
        The trial that began last; 0 before the first.
    stimulus
        Whether its stimulus has begun.
    outcome
        What came of it, as soon as that is known; empty before.
    """

    trial: int = 0
    stimulus: bool = False
    outcome: str = ""

    def after(self, view: SessionView) -> Moment:
        """Return the moment in which the session is now."""
        running = view.trial
        if running is None:
            rows = view.rows
            return Moment(rows[-1].trial, True, rows[-1].outcome or "") if rows else self
        same = running.trial == self.trial
        state = view.stay.name if view.stay else ""
        stimulus = (same and self.stimulus) or state == running.stimulus_state
        outcome = _outcome_of(view, state) or (self.outcome if same else "")
        return Moment(running.trial, stimulus, outcome)

    @property
    def what_now(self) -> str:
        """What the mouse may do."""
        if self.outcome:
            return WAIT
        if self.stimulus:
            return DECIDE
        return FIRST if self.trial <= 1 else WAIT


def means(outcome: str) -> str:
    """Return what an outcome is to the mouse, to be put after its name; empty for others.

    Examples
    --------
    >>> means("hit")
    ': a drop'
    """
    return f": {_MEANS[outcome]}" if outcome in _MEANS else ""


def how_it_went(view: SessionView) -> str:
    """Return in a sentence how well the mouse has told the two stimuli apart."""
    counts = Counter(row.outcome for row in view.rows)
    go, no_go = (sum(counts[name] for name in names) for names in (GO, NO_GO))
    trials = "1 trial" if len(view.rows) == 1 else f"{len(view.rows)} trials"
    return (
        f"{trials}: you licked to {counts['hit']} of the {go} that meant water, and to "
        f"{counts['false_alarm']} of the {no_go} that did not."
    )


def _outcome_of(view: SessionView, state: str) -> str:
    """Return the outcome that entering a state gives; empty if it gives none."""
    states = view.graph.states if view.graph else ()
    return next((each.get("outcome", "") for each in states if each["name"] == state), "")
