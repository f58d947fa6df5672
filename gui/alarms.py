"""What a person should look at, told in words: rules over what a session has told of itself.

No Qt here. An alarm stays in the list until its cause has gone and a person has acknowledged it.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gui.session_view import SessionView
from rig.events import MILD
from rig.trials import TrialRow

Severity = Literal["note", "warn", "bad"]

NO_LICK_FOR = 300.0
"""Seconds without a lick."""
STALLED_BY = 3.0
"""Times the usual length of a trial."""
STALLED_AFTER = 60.0
"""Seconds that a trial may take, however short the others were."""
DRY_DROPS = 10
"""Drops that followed each other without a lick."""
FEW_TRIALS = 10
"""The last S+ trials, in which the mouse has responded less than before."""
LOOKED_BACK = 20
"""S+ trials before these; those count in which the mouse responded most."""
ANSWERED_BEFORE = 0.8
"""Share of those to which it had responded."""
FALLEN_TO = 0.5
"""Share of the last ones at which a person is called."""
WATER_NEARLY = 0.9
UNSAFE_FOR = 5.0
"""Seconds for which nothing more has reached the disk."""


@dataclass(frozen=True)
class Alarm:
    """One thing to look at.

    Attributes
    ----------
    key
        What it is about; there is one alarm of a key at a time.
    severity
        How grave it is.
    text
        What happened, and what to do.
    since
        Session's seconds when it was raised.
    acknowledged
        Who has seen it; empty if nobody has.
    over
        Whether its cause has gone.
    """

    key: str
    severity: Severity
    text: str
    since: float = 0.0
    acknowledged: str = ""
    over: bool = False


class Alarms:
    """The alarms of one session.

    Attributes
    ----------
    list
        All that nobody has acknowledged or whose cause is still there, the oldest first.
    """

    def __init__(self) -> None:
        self.list: list[Alarm] = []
        self._disk = _Disk()
        self._response = _Response()

    @property
    def open(self) -> list[Alarm]:
        """The alarms that nobody has acknowledged."""
        return [alarm for alarm in self.list if not alarm.acknowledged]

    def look(self, view: SessionView) -> None:
        """Look at the session anew."""
        current = {alarm.key: alarm for alarm in self._raised(view)}
        kept = []
        for alarm in self.list:
            now = current.pop(alarm.key, None)
            if now is not None:
                kept.append(replace(alarm, text=now.text, severity=now.severity, over=False))
            elif not alarm.acknowledged:
                kept.append(replace(alarm, over=True))
        self.list = kept + [replace(alarm, since=view.time) for alarm in current.values()]

    def acknowledge(self, key: str, by: str) -> Alarm | None:
        """Take in that a person has seen an alarm; return it, or None if there is none."""
        found = next((alarm for alarm in self.list if alarm.key == key), None)
        if found is None:
            return None
        seen = replace(found, acknowledged=by)
        self.list = [seen if alarm.key == key else alarm for alarm in self.list]
        if seen.over:
            self.list.remove(seen)
        return seen

    def _raised(self, view: SessionView) -> Iterator[Alarm]:
        """Return what the rules say now."""
        for number, fault in enumerate(view.faults):
            severity: Severity = "warn" if fault.level in MILD else "bad"
            yield Alarm(f"fault {number}", severity, f"{fault.told}. {fault.do}")
        if view.ended is not None:
            return
        yield from self._disk.look(view)
        yield from _logger(view)
        if view.question is not None:
            yield Alarm("question", "warn", f"The protocol asks: {view.question.text}")
            return
        if not view.paused:
            yield from _no_lick(view)
            yield from _stalled(view)
        yield from self._response.look(view)
        yield from _dry_drops(view)
        yield from _water(view)


class _Disk:
    """Sees whether what happens reaches the disk."""

    def __init__(self) -> None:
        self._safe = 0
        self._since = 0.0

    def look(self, view: SessionView) -> Iterator[Alarm]:
        beat = view.beat
        if beat is None:
            return
        if beat.safe != self._safe or beat.safe == beat.size:
            self._safe, self._since = beat.safe, beat.time
        late = (beat.time - self._since) / view.speed
        if late > UNSAFE_FOR:
            yield Alarm(
                "disk",
                "bad",
                f"Nothing has reached the disk for {late:.0f} s. Look for a failing or full disk; "
                "what has happened is kept in memory and in the file that is being written.",
            )


class _Response:
    """Sees whether the mouse responds to S+ far less than it did: no water may reach it.

    Only trials of the type ``go`` count: sounds at the threshold are missed by every mouse. After
    a pause, in which somebody could look at the spout, the last ones are counted anew.
    """

    def __init__(self) -> None:
        self._taken = 0
        self._go: deque[TrialRow] = deque(maxlen=LOOKED_BACK + FEW_TRIALS)
        self._best = 0.0

    def look(self, view: SessionView) -> Iterator[Alarm]:
        for row in view.rows[self._taken :]:
            if row.trial_type == "go" and row.outcome in {"hit", "miss"}:
                self._take(row)
        self._taken = len(view.rows)
        last = list(self._go)[-FEW_TRIALS:]
        if not view.paused and any(row.start_time < view.resumed_at for row in last):
            return
        has = _hits(last) / FEW_TRIALS
        if self._best >= ANSWERED_BEFORE and has <= FALLEN_TO:
            yield Alarm(
                "fell silent",
                "bad",
                f"The mouse responds less and less: {has:.0%} hits in the last {FEW_TRIALS} S+ "
                f"trials, after {self._best:.0%}. Is the spout blocked or moved? Pause, look at "
                "it, give one drop; flush it if none comes.",
            )

    def _take(self, row: TrialRow) -> None:
        """Take in an S+ trial; what the mouse did before the last few is what it can do."""
        self._go.append(row)
        if len(self._go) == LOOKED_BACK + FEW_TRIALS:
            self._best = max(self._best, _hits(list(self._go)[:LOOKED_BACK]) / LOOKED_BACK)


def _hits(rows: Sequence[TrialRow]) -> int:
    """Return how many trials were hits."""
    return sum(row.outcome == "hit" for row in rows)


def _logger(view: SessionView) -> Iterator[Alarm]:
    if view.beat is not None and view.beat.logger == "gone":
        yield Alarm(
            "logger",
            "warn",
            "The logger has ended. Nothing is lost: the journal goes on, and the HDF5 file is "
            "built when the session ends.",
        )


def _no_lick(view: SessionView) -> Iterator[Alarm]:
    silent = view.time - max(view.last_lick, view.resumed_at)
    if silent > NO_LICK_FOR:
        yield Alarm(
            "no lick",
            "warn",
            f"No lick for {silent / 60:.0f} min. Has the mouse had enough, or has the spout moved?",
        )


def _stalled(view: SessionView) -> Iterator[Alarm]:
    rows = view.rows[-LOOKED_BACK:]
    if len(rows) < LOOKED_BACK // 4 or view.trial is None:
        return
    usual = statistics.median(row.end_time - row.start_time for row in rows)
    if _takes_its_time(view):
        return
    lasts = view.time - view.trial.hardware_time
    if lasts > max(STALLED_BY * usual, STALLED_AFTER):
        yield Alarm(
            "stalled",
            "warn",
            f"Trial {view.trial.trial} lasts {lasts:.0f} s already; they usually take "
            f"{usual:.0f} s. Is the mouse still in the rig?",
        )


def _takes_its_time(view: SessionView) -> bool:
    """Whether the state is meant to last long, and has not lasted longer: a break, say."""
    stay = view.stay
    if stay is None or stay.requested is None or stay.requested <= STALLED_AFTER:
        return False
    return view.time - stay.entered <= stay.requested


def _dry_drops(view: SessionView) -> Iterator[Alarm]:
    dry = 0
    for row in reversed(view.rows[-2 * LOOKED_BACK :]):
        if row.lick_count:
            break
        dry += row.reward_ul is not None
    if dry >= DRY_DROPS:
        minutes = (view.time - view.last_lick) / 60
        yield Alarm(
            "dry drops",
            "bad",
            f"{dry} drops, and no lick in {minutes:.0f} min. Has the spout moved, or is the "
            "valve blocked? Pause, look at the spout, give one drop.",
        )


def _water(view: SessionView) -> Iterator[Alarm]:
    limit = view.definition.session.get("max_water_ul") if view.definition else None
    if limit and view.water_ul >= WATER_NEARLY * limit:
        yield Alarm(
            "water",
            "note",
            f"The mouse has {view.water_ul / 1000:.2f} of {limit / 1000:.2f} mL. The "
            "session ends by itself at that.",
        )
