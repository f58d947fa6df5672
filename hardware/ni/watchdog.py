"""The watchdog of an NI card that has one: it closes outputs when nobody reaches the card.

There is no setting for it. It belongs to a card and not to a device, it costs nothing, and what
keeps water from running should not be left out by mistake: so it is armed with the first output
that is opened, on every card that has one. A card is asked; nothing is guessed from its name.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hardware.ni.errors import in_words, told
from rig.inbox import Failure

if TYPE_CHECKING:
    from hardware.ni.card import NiCard

TIMEOUT = 0.5
"""Seconds without a kick after which the card closes the outputs."""
KICK_EVERY = 0.1
"""Seconds between two kicks."""
NO_WATCHDOG = -200452
"""What a card without a watchdog answers."""
EXPIRED = (
    f"the card's watchdog closed the outputs: it had not been reached for {TIMEOUT:g} s",
    "End other programs on this computer, look at the network if the card is elsewhere, and "
    "begin again.",
)


class CardWatchdog:
    """Keeps the watchdog of one card from closing the outputs while this process lives.

    When it has expired, the card takes no orders for these outputs until the first of them is
    released.

    Parameters
    ----------
    card
        The card.
    """

    def __init__(self, card: NiCard) -> None:
        self._card = card
        self._lock = threading.Lock()
        self._guarded: dict[str, tuple[str, Callable[[Failure], None]]] = {}
        self._task: Any = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._exists = True

    def guard(self, device: str, line: str, fail: Callable[[Failure], None]) -> None:
        """Have an output put on low when this process does not reach the card any more.

        Parameters
        ----------
        device, line
            The device and its output, such as ``Dev1/port0/line6`` or ``/Dev1/PFI12``.
        fail
            Is told if the watchdog expires, or cannot be kicked.
        """
        with self._lock:
            if not self._exists or device in self._guarded:
                return
            self._guarded[device] = line.lstrip("/"), fail
            self._end()
            try:
                with told(f"device '{device}', the watchdog of card '{self._card.name}'"):
                    self._arm()
            except BaseException:
                del self._guarded[device]
                self._end()
                raise

    def release(self, device: str) -> None:
        """Let go of an output; after the last one, or an expiration, the watchdog is disarmed."""
        with self._lock:
            is_known = self._guarded.pop(device, None) is not None
            has_expired = self._thread is not None and not self._thread.is_alive()
            if is_known and (has_expired or not self._guarded):
                self._end()

    def _arm(self) -> None:
        """Start the watchdog for all outputs that are guarded, and begin to kick it."""
        from nidaqmx.constants import Level
        from nidaqmx.errors import DaqError
        from nidaqmx.system.watchdog import DOExpirationState

        try:
            self._task = self._card.watchdog_task(TIMEOUT)
        except DaqError as error:
            if error.error_code != NO_WATCHDOG:
                raise
            self._exists = False
            self._guarded.clear()
            return
        lines = [line for line, _ in self._guarded.values()]
        self._task.cfg_watchdog_do_expir_states(
            [DOExpirationState(line, Level.LOW) for line in lines]
        )
        self._task.start()
        if self._task.expired:  # since a program that has died
            self._task.clear_expiration()
            self._task.reset_timer()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._kick, args=(self._task, self._stop), daemon=True
        )
        self._thread.start()

    def _end(self) -> None:
        """Disarm the watchdog, and let the card take orders again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(TIMEOUT)
        task, self._task, self._thread = self._task, None, None
        if task is not None:
            with contextlib.suppress(Exception):
                if task.expired:
                    task.clear_expiration()
            with contextlib.suppress(Exception):
                task.close()

    def _kick(self, task: Any, stop: threading.Event) -> None:
        """Kick the watchdog again and again; in a thread of its own, which has the task."""
        failure = EXPIRED
        try:
            while not task.expired:
                task.reset_timer()
                if stop.wait(KICK_EVERY):
                    return
        except Exception as error:  # whatever it is, the session must know
            if stop.is_set():
                return  # the task was taken away from under a call that hung
            failure = in_words(error)
        for device, (_, fail) in list(self._guarded.items())[:1]:
            fail(Failure(device, *failure))
