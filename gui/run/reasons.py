"""Why an order cannot be given at this moment, in words. No Qt here.

These rules spare the operator a refusal; whether an order is obeyed, the session alone decides.
"""

from __future__ import annotations

from typing import Literal

from gui.boxes import Box
from gui.session_view import SessionView

REWARD_EVERY = 1.0
"""Seconds of real time from one drop by hand to the next, at least."""
Act = Literal[
    "pause", "resume", "stop after", "stop now", "reward", "drop", "flush", "stop flush",
    "skip block", "set", "note", "speed",
]  # fmt: skip


def why_not(act: Act, box: Box) -> str:
    """Return why something cannot be done in a box; empty if it can."""
    view = box.view
    if view is None or not box.is_running:
        return f"no session runs in {box.rig}"
    if act in ("stop now", "note"):
        return ""
    if view.stopping:
        return "the session stops after this trial"
    if act == "resume" and view.flush_until is not None:
        return "the valve is being flushed: stop the flush first"
    if act in ("drop", "flush"):
        return _while_paused(act, view)
    if act == "reward" and view.flush_until is not None:
        return "the valve is being flushed"
    if act == "skip block" and view.question is not None:
        return "the protocol asks a question: answer it first"
    if act == "speed" and not is_paced(view):
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


def _while_paused(act: Act, view: SessionView) -> str:
    """Return why a valve cannot be opened to be looked at; empty if it can."""
    if not view.paused:
        return "only while the session is paused: pause it first (F6)"
    if view.trial is not None:
        return f"trial {view.trial.trial} still runs: the session pauses after it"
    if act == "drop" and view.flush_until is not None:
        return "the valve is being flushed"
    return ""
