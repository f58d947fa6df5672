"""What drivers that show something on a screen share: pictures, orders, reports and flip times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Literal, TypeVar

import numpy as np

from hardware.common.refused import require_all
from hardware.common.session_time import ahead_of_perf_counter
from hardware.screen.door import knock
from hardware.screen.messages import Fill, Flush, Hide, Levels, Open, Show, Shown, load_of
from hardware.screen.picture import Picture
from hardware.screen.process import ScreenProcess
from rig.devices import Context
from rig.errors import DeviceError, RecordingError
from rig.inbox import Failure, Notice, Report
from rig.picture import Flashes, Grating
from rig.streams import Channel, StreamSpec

Presented = TypeVar("Presented", Grating, Flashes)
SAME_RATE = 0.01
"""Share by which the rate of the rig file may differ from the screen's own."""
LOADS_WITHIN = 30.0
SLOW_DO = "Close other programs; see `rig try`, and what the screen's graphics driver can do."
COUNTED = ("refresh", "stimulus", "frame", "missed")
"""What is recorded of a flip, beside its time."""
HELD = " held"
"""The name of a picture that is held; no stimulus has such a one."""
DARK_WITHIN = 1.0
"""Seconds that a screen has for the background, before its process is killed."""


class ScreenPlayback(Generic[Presented]):
    """Shows loaded stimuli on a screen, one at a time; each is reported when it has ended.

    Parameters
    ----------
    name
        The device's name in the rig file.
    what
        What its reports call a stimulus.
    wanted
        How the screen is opened.
    picture
        Returns the picture of a stimulus for a screen of that width and height in pixels.
    context
        What every device is given.
    """

    def __init__(
        self,
        name: str,
        what: Literal["grating", "flashes"],
        wanted: Open,
        picture: Callable[[Presented, int, int], Picture],
        context: Context,
    ) -> None:
        self._name = name
        self._what = what
        self._where = f"device '{name}'"
        self._wanted = wanted
        self._picture: Callable[[Presented, int, int], Picture] = picture
        self._clock = context.clock
        self._inbox = context.inbox
        self._streams = context.streams
        self._screen = context.shared.get(ScreenProcess, wanted)
        self._stimuli: Mapping[str, Presented] = {}
        self._under_way: dict[int, str] = {}
        self._size: tuple[int, int] | None = None
        self._gone = False

    def stream(self) -> StreamSpec:
        """Return what is recorded of each flip while a stimulus is shown."""
        return StreamSpec(
            name=f"{self._name}_flips",
            device=self._name,
            meaning="refreshes of the screen that changed it: the first of a stimulus has frame 0, "
            "the one after its last frame ends it; missed are those that passed without a picture",
            channels=(Channel("time", "s"), *(Channel(each, "1") for each in COUNTED)),
            dtype="<f8",
            rate_hz=None,
        )

    def open(self, width_px: int | None = None) -> None:
        """Fill the screen with the background.

        Raises
        ------
        DeviceError
            If the screen cannot be opened, has not that width, or refreshes at another rate.
        """
        if self._size is not None:
            return
        opened = self._screen.open(self)
        asked = self._wanted.refresh_hz
        problem = ""
        if width_px is not None and opened.width_px != width_px:
            problem = f"the screen is {opened.width_px} pixels wide, not {width_px}"
        elif self._wanted.pace == "screen" and abs(opened.refresh_hz / asked - 1) > SAME_RATE:
            problem = f"the screen refreshes at {opened.refresh_hz:.1f} Hz, not at {asked:g} Hz"
        if problem:
            self._screen.close(self)
            do = "Set the screen or the rig file right; PsychoPy must wait for the screen (vsync)."
            raise DeviceError(problem, self._where, do)
        self._size = opened.width_px, opened.height_px
        self._gone = False
        try:
            self._upload()
        except BaseException:
            self.close()
            raise

    def cut(self) -> None:
        """Show the background; a stimulus that this cuts short is reported before it returns.

        A screen whose process does not obey is lost: that is a failure of the session, and the
        picture goes with the process, which is killed.
        """
        if self._size is None or self._gone:
            return
        try:
            self._screen.ask(Hide(), DARK_WITHIN)
        except DeviceError as error:
            self.lost(error.what, error.do)

    def size_px(self) -> tuple[int, int]:
        """Return width and height of the screen; raise `DeviceError` if it is closed."""
        if self._size is None:
            raise DeviceError("it is closed", self._where, "Open it first.")
        return self._size

    def fill(self, levels: Levels) -> None:
        """Show one colour in place of the background, until the screen is to be off.

        Raises
        ------
        DeviceError
            If it is closed, or does not do so.
        """
        self._screen.ask(Fill(levels), DARK_WITHIN)

    def hold(self, picture: Picture) -> None:
        """Show a picture from the next refresh on, until the screen is to be off.

        Raises
        ------
        DeviceError
            If it is closed, or does not take the picture.
        """
        self._screen.ask(load_of(HELD, picture), LOADS_WITHIN)
        self._screen.tell(Show(HELD, self._screen.next_number()))

    def force_off(self) -> None:
        """Show the background, also where another process has the screen: that one ends."""
        if self._size is None:
            knock(self._wanted.screen)
        self.cut()

    def close(self) -> None:
        """Show the background, and need the screen no more."""
        if self._size is not None:
            self.cut()
            self._size = None
            self._screen.close(self)

    def load(
        self, stimuli: Mapping[str, Presented], refuse: Callable[[Presented], str | None]
    ) -> None:
        """Make these the stimuli that can be shown; raise `DeviceError` if one is refused."""
        require_all(stimuli, refuse, self._where, self._what)
        self._stimuli = dict(stimuli)
        self._upload()

    def loaded(self) -> frozenset[str]:
        """Return the names of the stimuli that can be shown."""
        return frozenset(self._stimuli)

    def begin(self, stimulus: str) -> None:
        """Have a stimulus shown from the next refresh on, in place of any that still lasts."""
        if self._size is None or stimulus not in self._stimuli:
            raise DeviceError(
                f"it cannot present '{stimulus}'",
                self._where,
                "Open the device and load the stimulus first.",
            )
        number = self._screen.next_number()
        self._under_way[number] = stimulus
        self._screen.tell(Show(stimulus, number))

    def hear(self, shown: Shown) -> None:
        """Report a stimulus that has ended, and record its flips."""
        name = self._under_way.pop(shown.number, None)
        if name is None:
            return
        ahead = ahead_of_perf_counter(self._clock)
        first, last = shown.flips[0], shown.flips[-1]
        rows = np.array(
            [[f.time + ahead, f.refresh, shown.number, f.frame, f.missed] for f in shown.flips]
        )
        try:
            self._streams.write(self.stream().name, rows, float(rows[0, 0]))
        except RecordingError as error:
            self._inbox.put(Failure(self._name, error.what, error.do))
        requested = self._stimuli[name].duration
        achieved = (last.refresh - first.refresh) / self._wanted.refresh_hz
        onset = first.time + ahead
        missed = round(sum(flip.missed for flip in shown.flips))
        if missed:
            what = f"{missed} refreshes passed without a picture while it showed '{name}'"
            self._inbox.put(Notice(self._name, what, SLOW_DO))
        self._inbox.put(Report(self._name, self._what, name, onset, requested, achieved))

    def lost(self, what: str, do: str) -> None:
        """Tell the session that the screen is gone, and with it all that it showed."""
        if not self._gone:
            self._gone = True
            self._inbox.put(Failure(self._name, what, do))

    def _upload(self) -> None:
        if self._size is None:
            return
        self._screen.ask(Flush(), LOADS_WITHIN)
        for name, stimulus in self._stimuli.items():
            picture = self._picture(stimulus, *self._size)
            self._screen.ask(load_of(name, picture), LOADS_WITHIN)
