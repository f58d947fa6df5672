"""The sound of grave alerts: once when one comes, and again each minute until a person has seen it.

What it says also stands in the list of alerts. A box can be muted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable

from gui.alerts import Alert

AGAIN_AFTER = 60.0
"""Seconds."""


class AlertSound:
    """Sounds when a grave alert has come that nobody has seen.

    Parameters
    ----------
    sound
        Makes the sound; it must not wait for its end.
    now
        Returns seconds.
    """

    def __init__(self, sound: Callable[[], object], now: Callable[[], float] = time.monotonic):
        self._sound = sound
        self._now = now
        self._sounded: dict[tuple[str, str], float] = {}

    def listen(self, alerts: Iterable[Alert], muted: Collection[str]) -> None:
        """Look at all alerts; those of muted boxes make no sound."""
        grave = {
            (alert.where, alert.key)
            for alert in alerts
            if alert.severity == "bad" and not (alert.acknowledged or alert.over)
        }
        self._sounded = {key: at for key, at in self._sounded.items() if key in grave}
        now = self._now()
        due = [
            key
            for key in grave
            if key[0] not in muted and now - self._sounded.get(key, -AGAIN_AFTER) >= AGAIN_AFTER
        ]
        if due:
            self._sounded.update(dict.fromkeys(due, now))
            self._sound()
