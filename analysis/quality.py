"""How far a session can be used, in words: what each word means, and where its limits are.

A session is ``good`` if no other word holds for it. The words, and what makes them, stand in
`Word`; every limit is a constant below. ``docs/reference/quality.md`` tells the same to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from rig.events import (
    ClockRead,
    Definition,
    DeviceReported,
    Fault,
    InputChanged,
    Record,
    SessionEnded,
    StreamEnded,
    SyncSwitched,
    TrialEnded,
)
from rig.sync_lines import LONGEST_GAP, sync_names, sync_of
from rig.trials import LICK_INPUT

SHORT = 40
"""A session with fewer completed trials is short."""
DRY_DROPS = 10
"""So many drops that follow each other without a lick between them are not drunk."""
ODD_DROPS = 3
"""Drops whose valve was open for another time than asked; fewer can come of a stop."""
DROP_SHARE, DROP_SECONDS = 0.1, 0.002
"""The time that a valve was open is odd if it differs by more than both: a share, and seconds."""
LATE_PULSE = 0.25
"""Seconds by which a pulse of the barcode may come later than its longest gap allows."""
CLOCK_JUMP, CLOCK_DRIFT = 0.005, 5e-4
"""Between two readings another clock may differ from the session's by so many seconds, and by that
share of the time between them."""
STUCK = 10.0
"""Seconds that a tongue can be at a spout at once; a longer contact is that of a wet sensor."""
_INPUTS = ("digital input", "analog input", "camera")
_DEVICE = re.compile(r"device '([^']*)'")


class Word(StrEnum):
    """What is said of a session."""

    GOOD = "good"
    RUNS = "runs"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    CUT_OFF = "cut off"
    FAILED = "failed"
    NO_TRIALS = "no trials"
    SHORT = "short"
    WATER = "check water"
    SYNC = "sync gap"
    SENSOR = "sensor"
    NOT_USABLE = "not usable"


class Finding(msgspec.Struct, frozen=True):
    """A word that holds for a session, and why, in a sentence for people."""

    word: Word
    why: str


class Signs:
    """Collects what the events of a session tell of its water, its sync and its sensors.

    Parameters
    ----------
    definition
        What the session was made of.
    """

    def __init__(self, definition: Definition) -> None:
        self._kinds = {device.name: device.kind for device in definition.devices}
        self._licks = any(
            name.startswith(LICK_INPUT) and kind == "digital input"
            for name, kind in self._kinds.items()
        )
        self._real_time = definition.clock == "system"
        self._streams = {stream.name for stream in definition.streams}
        sync = sync_of(definition.rig_toml)
        self._sync_lines = set(sync_names(sync))
        self._barcode = sync.barcode
        self._drops = self._odd = self._dry = self._most_dry = 0
        self._licked = self._longest = 0.0
        self._touched: dict[str, float] = {}
        self._bar = self._longest_gap = self._jump = self._over = 0.0
        self._readings: dict[str, ClockRead] = {}
        self._faults: list[tuple[str, Fault]] = []
        self._ended = False

    def take(self, event: Record) -> None:
        """Take in the next record of the session."""
        match event:
            case InputChanged():
                self._touch(event)
            case DeviceReported() if event.volume_ul is not None:
                self._drop(event)
            case Fault():
                found = _DEVICE.search(event.where)
                self._faults.append((found[1] if found else "", event))
            case SyncSwitched() if event.level and event.device == self._barcode:
                self._longest_gap = max(self._longest_gap, event.hardware_time - self._bar)
                self._bar = event.hardware_time
            case TrialEnded():
                self._over = event.engine_time
            case ClockRead():
                self._read(event)
            case StreamEnded():
                self._streams.discard(event.stream)
            case SessionEnded():
                self._ended = True
                for device in list(self._touched):
                    self._let_go(device, event.engine_time)

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with water, sync and sensors."""
        return tuple(
            Finding(word, why)
            for word, told in (
                (Word.WATER, self._of_water()),
                (Word.SYNC, self._of_sync()),
                (Word.SENSOR, self._of_sensors()),
            )
            for why in told
        )

    def _of_water(self) -> Iterator[str]:
        if self._licks and self._most_dry >= DRY_DROPS:
            yield f"{self._most_dry} drops in a row without a lick between them."
        if self._odd >= ODD_DROPS:
            yield f"{self._odd} of {self._drops} drops: the valve was not open as long as asked."
        yield from self._faults_of("valve")

    def _of_sync(self) -> Iterator[str]:
        gap = max(self._longest_gap, self._over - self._bar if self._barcode else 0.0)
        if gap > LONGEST_GAP + LATE_PULSE:
            yield f"{gap:.1f} s without a pulse of the barcode."
        if self._real_time and self._jump > 0:
            yield f"Another clock jumped by {self._jump * 1000:.0f} ms against the session's."
        for name, fault in self._faults:
            if name in self._sync_lines:
                yield f"{name}: {fault.what}."

    def _of_sensors(self) -> Iterator[str]:
        if self._longest >= STUCK:
            yield f"A spout was touched for {self._longest:.0f} s at once: wet, or out of place."
        if self._licks and not self._licked and self._drops >= DRY_DROPS:
            yield f"Not one lick, with {self._drops} drops."
        if self._ended:
            yield from (f"The signal {name} has no end." for name in sorted(self._streams))
        yield from self._faults_of(*_INPUTS)

    def _faults_of(self, *kinds: str) -> Iterator[str]:
        """Return what failed at devices of some kinds, each text once."""
        told = [
            f"{name}: {fault.what}." for name, fault in self._faults
            if self._kinds.get(name) in kinds and name not in self._sync_lines
        ]  # fmt: skip
        yield from dict.fromkeys(told)

    def _touch(self, event: InputChanged) -> None:
        """Take in that a tongue touches a spout or leaves it; these are most of all events."""
        device = event.device
        if not device.startswith(LICK_INPUT):
            return
        if event.level:
            self._licked += 1
            self._dry = 0
            self._touched.setdefault(device, event.hardware_time)
        elif device in self._touched:
            self._let_go(device, event.hardware_time)

    def _let_go(self, device: str, time: float) -> None:
        self._longest = max(self._longest, time - self._touched.pop(device, time))

    def _drop(self, event: DeviceReported) -> None:
        self._drops += 1
        self._dry += 1
        self._most_dry = max(self._most_dry, self._dry)
        off = abs(event.achieved - event.requested)
        self._odd += off > max(DROP_SECONDS, DROP_SHARE * event.requested)

    def _read(self, reading: ClockRead) -> None:
        """Compare how far two clocks came since the last reading."""
        before = self._readings.get(reading.clock)
        self._readings[reading.clock] = reading
        if before is None:
            return
        passed = reading.hardware_time - before.hardware_time
        off = abs(reading.reading - before.reading - passed)
        allowed = CLOCK_JUMP + CLOCK_DRIFT * passed + reading.uncertainty + before.uncertainty
        if off > allowed:
            self._jump = max(self._jump, off)


def quality(row: Mapping[str, object], found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the words that hold for a session, the gravest first; none if it is good.

    Parameters
    ----------
    row
        What is known of it, by the names that `rig ls --json` has: ``trials`` (missing if it
        cannot be read), ``ended``, ``how`` (None if it has no end), ``running``, ``damage``,
        ``outcomes``, ``water_ml``, ``usable``.
    found
        What `Signs` found.
    """
    return tuple(_words(row, found))


def _words(row: Mapping[str, object], found: tuple[Finding, ...]) -> Iterator[Finding]:
    trials, outcomes = row.get("trials"), row.get("outcomes")
    if row.get("running"):
        yield Finding(Word.RUNS, "It is not over.")
        return
    if not isinstance(trials, int):
        yield Finding(Word.UNREADABLE, f"Its record cannot be read: {row.get('damage')}.")
        return
    if row.get("damage"):
        yield Finding(Word.DAMAGED, f"A part of its record cannot be read: {row['damage']}.")
    if row.get("how") is None:
        yield Finding(Word.CUT_OFF, "Its record has no end: a crash, or a power failure.")
    if row.get("how") == "failed":
        yield Finding(Word.FAILED, f"It was ended by an {row.get('ended')}.")
    if trials < SHORT:
        word = Word.SHORT if trials else Word.NO_TRIALS
        yield Finding(word, f"{trials} trials; {SHORT} are enough." if trials else "No trials.")
    hits = outcomes.get("hit", 0) if isinstance(outcomes, Mapping) else 0
    if hits and not row.get("water_ml"):
        yield Finding(Word.WATER, f"{hits} hits, and no water.")
    yield from found
    if row.get("usable") is False:
        yield Finding(Word.NOT_USABLE, "A person has marked it so.")


def words_of(findings: tuple[Finding, ...]) -> list[str]:
    """Return each word once, in order; ``good`` if there is none.

    Examples
    --------
    >>> words_of(())
    ['good']
    """
    return list(dict.fromkeys(str(each.word) for each in findings)) or [str(Word.GOOD)]
