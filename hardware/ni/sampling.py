"""Samples the inputs of one NI card: all of them by one clock, read by one thread.

The card has one analogue and one digital task, whatever number of devices is wired to it: a second
one is refused by the card. So devices say what they want before anything is opened. The tasks run
from the first device that is opened to the last that is closed. Digital lines borrow the sample
clock of the analogue inputs, unless nobody wants analogue samples and the card has a digital
clock. Sample k of a line and sample k of a voltage are of the same moment.

The card is polled. Events of the client library would come in threads of its own, and be lost
in silence if something failed there.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware.ni.errors import in_words, told
from hardware.ni.input_tasks import InputTasks
from hardware.ni.watches import LevelWatch, LineWatch, VoltageWatch, Watches
from rig.clock import Clock
from rig.errors import DeviceError
from rig.inbox import Failure

if TYPE_CHECKING:
    from hardware.ni.card import NiCard

RATE_HZ = 10_000.0
"""How often lines are sampled if no analogue input asks for another rate."""
LOOK_EVERY = 0.002
"""Seconds between two looks at the card."""
FIRST_WITHIN = 1.0
"""Seconds in which the first samples come."""
END_WITHIN = 2.0
"""Seconds that the end of the sampling is waited for."""


class Sampler:
    """Samples what the devices of one card want to know.

    Parameters
    ----------
    card
        The card.
    clock
        The session's clock.
    """

    def __init__(self, card: NiCard, clock: Clock) -> None:
        self._card = card
        self._clock = clock
        self._watches = Watches()
        self._claims: list[tuple[str, str]] = []
        self._users: dict[str, Callable[[Failure], None]] = {}
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._asked: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()
        self._told_until = math.inf

    @property
    def rate_hz(self) -> float:
        """The rate that is asked for."""
        return self._watches.rate_hz() or RATE_HZ

    def watch_line(self, watch: LineWatch) -> None:
        """Sample a line for a device; to be asked for before anything is opened."""
        self._watches.lines.append(watch)
        self.claim(watch.device, watch.line)

    def watch_levels(self, watch: LevelWatch) -> None:
        """Sample lines as they are; to be asked for before anything is opened."""
        self._watches.levels.append(watch)

    def watch_voltages(self, watch: VoltageWatch) -> None:
        """Sample voltages; to be asked for before anything is opened."""
        self._watches.voltages.append(watch)

    def claim(self, device: str, line: str) -> None:
        """Note that a device makes something of a line; recording it is no claim."""
        self._claims.append((device, line))

    def rival(self, device: str, line: str) -> str | None:
        """Return another device that makes something of the line, if one does."""
        others = [name for name, other in self._claims if other == line and name != device]
        return others[0] if others else None

    def open(self, device: str, fail: Callable[[Failure], None]) -> None:
        """Sample from now on, if nobody else had it sampled already.

        Parameters
        ----------
        device
            Who wants it.
        fail
            Is told if the sampling fails later.

        Raises
        ------
        DeviceError
            If the card cannot be opened, or no samples come.
        """
        if device in self._users:
            return
        self._users[device] = fail
        if self._thread is None or not self._thread.is_alive():
            try:
                self._start(f"device '{device}', card '{self._card.name}'")
            except DeviceError:
                self._users.pop(device, None)
                raise

    def close(self, device: str) -> None:
        """Sample no more, if nobody else needs it."""
        if self._users.pop(device, None) is not None and not self._users:
            self._end()

    def hand_on(self) -> None:
        """Have what was sampled so far handed on now, though it makes no whole block."""
        if self._thread is not None and self._thread.is_alive():
            done = threading.Event()
            self._asked.put(done)
            done.wait(FIRST_WITHIN)

    def shows(self, seen: threading.Event, after: float, within: float) -> bool:
        """Return whether a line shows something soon after a time; wait until that is known.

        A busy computer looks late at what the card has sampled: what was sampled counts, not when.

        Parameters
        ----------
        seen
            Is set when the line has shown it.
        after, within
            The session's time from which it is looked for, and for how many seconds of samples.
        """
        while not seen.is_set() and self._told_until <= after + within:
            seen.wait(LOOK_EVERY)
        return seen.is_set()

    def _start(self, where: str) -> None:
        with told(where):
            tasks = InputTasks(self._card, self._clock, self._watches, self.rate_hz)
        self._stop = threading.Event()
        self._told_until = -math.inf
        begun: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._run, args=(tasks, self._stop, begun), daemon=True
        )
        self._thread.start()
        try:
            with told(where):
                _first(begun)
        except DeviceError:
            self._end()
            raise

    def _end(self) -> None:
        """End the thread; one that the card keeps waiting is left to itself."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(END_WITHIN)
        self._thread = None

    def _run(
        self,
        tasks: InputTasks,
        stop: threading.Event,
        begun: queue.SimpleQueue[Exception | None],
    ) -> None:
        """Look at the card again and again; the tasks belong to this thread now."""
        has_begun = False
        try:
            while not tasks.look() and not stop.wait(LOOK_EVERY):
                pass
            has_begun = True
            begun.put(None)
            while not stop.wait(LOOK_EVERY):
                tasks.look()
                self._told_until = tasks.told_until()
                if not self._asked.empty():
                    tasks.hand_on()
                    self._asked.get().set()
        except Exception as error:  # whatever it is, the session must know
            if has_begun:
                self._tell(error)
            else:
                begun.put(error)
        finally:
            self._told_until = math.inf  # nothing more will be seen
            tasks.close()

    def _tell(self, error: Exception) -> None:
        """Tell one of those who want samples that none come any more: it ends the session."""
        what, do = in_words(error)
        for device, fail in list(self._users.items())[:1]:
            fail(Failure(device, what, do))


def _first(begun: queue.SimpleQueue[Exception | None]) -> None:
    """Wait for the first samples; raise what came in their place."""
    try:
        error = begun.get(timeout=FIRST_WITHIN)
    except queue.Empty:
        raise DeviceError(
            "no samples come from the card", "the card", "Look at the card, and restart it."
        ) from None
    if error is not None:
        raise error
