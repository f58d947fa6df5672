"""The orders by name, and why one cannot be given at this moment, in words. No Qt here.

These rules spare the operator a refusal; whether an order is obeyed, the session alone decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from gui.boxes import Box
from gui.session_view import SessionView
from rig.inbox import Verb

REWARD_EVERY = 1.0
"""Seconds of real time from one drop by hand to the next, at least."""
NAMES: Mapping[Verb, str] = {
    "pause_after_trial": "pause",
    "stop_after_trial": "stop after trial",
    "stop_now": "stop now",
    "drop": "one drop",
    "stop_flush": "stop flush",
    "skip_block": "skip block",
}
"""What an order is called, where that is not its verb."""


def name_of(verb: Verb) -> str:
    """Return what an order is called.

    Examples
    --------
    >>> name_of("drop"), name_of("reward")
    ('one drop', 'reward')
    """
    return NAMES.get(verb, verb)


def pause_verb(box: Box) -> Verb:
    """Return the order that the button for pauses gives in a box."""
    paused = box.view is not None and box.view.paused
    return "resume" if paused else "pause_after_trial"


def flush_verb(box: Box) -> Verb:
    """Return the order that the button for flushes gives in a box."""
    flushing = box.view is not None and box.view.flush_until is not None
    return "stop_flush" if flushing else "flush"


def why_not(verb: Verb, box: Box) -> str:
    """Return why something cannot be done in a box; empty if it can."""
    view = box.view
    if view is None or not box.is_running:
        return f"no session runs in {box.rig}"
    if verb in ("stop_now", "note"):
        return ""
    if view.stopping:
        return "the session stops after this trial"
    if verb == "resume" and view.flush_until is not None:
        return "the valve is being flushed: stop the flush first"
    if verb in ("drop", "flush"):
        return _while_paused(verb, view)
    if verb == "reward" and view.flush_until is not None:
        return "the valve is being flushed"
    if verb == "skip_block" and view.question is not None:
        return "the protocol asks a question: answer it first"
    if verb == "speed" and not is_paced(view):
        return "only a simulated session started with a speed can be made faster"
    return ""


def is_paced(view: SessionView) -> bool:
    """Whether the session's clock runs at a speed that can be chosen."""
    return view.definition is not None and view.definition.clock == "paced"


def has_blocks(view: SessionView) -> bool:
    """Whether the session has blocks that can be skipped."""
    if view.trial is not None:
        return view.trial.block > 0
    return bool(view.rows) and view.rows[-1].block > 0


def _while_paused(verb: Verb, view: SessionView) -> str:
    """Return why a valve cannot be opened to be looked at; empty if it can."""
    if not view.paused:
        return "only while the session is paused: pause it first (F6)"
    if view.trial is not None:
        return f"trial {view.trial.trial} still runs: the session pauses after it"
    if verb == "drop" and view.flush_until is not None:
        return "the valve is being flushed"
    return ""
