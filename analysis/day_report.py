"""The report of a day: a row a mouse, its weight and water, what is left, what to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from analysis.day_water import DayWater, left_words, water_parts
from analysis.html import banner, escaped, heading, page, paragraph, table
from analysis.quality import Word
from rig.performance import Performance, performance_of
from rig.session_folder import UNKNOWN

DAYS_BEFORE = 7
"""A mouse that had a session in so many days before is missed on a day without one."""
Row = Mapping[str, Any]
"""A session as `analysis.summary.read_summary` tells it."""


class MouseDay(msgspec.Struct, frozen=True):
    """What came of a mouse on a day.

    Attributes
    ----------
    subject
        Which mouse.
    sessions
        Its sessions of the day.
    stage
        Stage, or protocol, of the last of them.
    qc
        The words of all of them (`analysis.quality`).
    trials, hit_rate, false_alarm_rate, d_prime
        Of all its trials of that stage on the day.
    d_prime_before
        Of its last session of that stage before; None if there is none in the week before.
    water_ml
        What it could drink in all its sessions, in mL; None if none can be read.
    look_at
        What a person should see to, a sentence each.
    """

    subject: str
    sessions: list[str]
    stage: str | None
    qc: list[str]
    trials: int
    hit_rate: float | None
    false_alarm_rate: float | None
    d_prime: float | None
    d_prime_before: float | None
    water_ml: float | None
    look_at: list[str]


class Absent(msgspec.Struct, frozen=True):
    """A mouse without a session on a day, and its last one before."""

    subject: str
    last: str


class Day(msgspec.Struct, frozen=True):
    """What came of a day.

    Attributes
    ----------
    day, mice
        Which day, and its mice.
    absent
        Mice that are missed.
    not_wrapped_up
        Sessions that nobody has wrapped up; in virtual time nobody was there.
    simulated
        What of this was simulated or emulated, in words; empty if nothing was.
    """

    day: date
    mice: list[MouseDay]
    absent: list[Absent]
    not_wrapped_up: list[str]
    simulated: str


def first_day(day: date) -> date:
    """Return from which day on sessions must be read for the report of a day."""
    return day - timedelta(days=DAYS_BEFORE)


def day_of_rows(day: date, rows: Sequence[Row]) -> Day:
    """Return what came of a day.

    Parameters
    ----------
    day
        Which one.
    rows
        The sessions from `first_day` on, ordered by mouse, day and number. Of a mouse whose days
        cannot be listed the sessions count as of this day, so that it is told.
    """
    own = [row for row in rows if row["day"] in {day.isoformat(), UNKNOWN}]
    before = [row for row in rows if row["day"] < day.isoformat()]
    mice = list(dict.fromkeys(row["subject"] for row in own))
    last = {row["subject"]: row["session"] for row in before if row["subject"] not in mice}
    waiting = [
        row for row in own
        if not row["wrapped_up"] and not row["running"] and row.get("clock") != "virtual"
    ]  # fmt: skip
    return Day(
        day=day,
        mice=[
            _mouse([row for row in own if row["subject"] == mouse], before) for mouse in mice
        ],
        absent=[Absent(mouse, session) for mouse, session in sorted(last.items())],
        not_wrapped_up=[row["session"] for row in waiting],
        simulated=simulated_words(own),
    )  # fmt: skip


def day_page(day: Day, water: DayWater | None = None) -> str:
    """Return the report of a day as an HTML page; `water` is what the lab's ledger tells."""
    return page(f"{day.day} sessions", _parts(day, water))


def _parts(day: Day, water: DayWater | None) -> Iterator[str]:
    yield f"<h1>{escaped(f'{day.day:%A, %Y-%m-%d}')}</h1>"
    if day.simulated:
        yield banner(day.simulated, "simulated")
    if water is not None:
        yield from left_words(water)
    if not day.mice:
        yield banner("There are no sessions of this day.", "note")
    else:
        sessions = sum(len(mouse.sessions) for mouse in day.mice)
        good = sum(mouse.qc == [Word.GOOD] for mouse in day.mice)
        yield paragraph(
            f"{len(day.mice)} mice, {sessions} sessions. {good} of the mice: good.",
            "good" if good == len(day.mice) else "amiss",
        )
        yield heading("Mice")
        columns = ("mouse", "quality", "trials", "hits", "FA", "d'", "d' before", "mL", "stage")
        yield table(columns, [_shown(mouse) for mouse in day.mice])
        yield paragraph(
            "Water is what the mouse could drink in the rig. d' before: of its last session of the "
            f"same stage in the {DAYS_BEFORE} days before.", "quiet",
        )  # fmt: skip
    if water is not None:
        yield from water_parts(water)
    yield from _to_look_at(day)
    if day.not_wrapped_up and (water is None or water.found is None):
        yield heading("Not wrapped up")
        yield paragraph(", ".join(day.not_wrapped_up))


def _to_look_at(day: Day) -> Iterator[str]:
    told = [(mouse.subject, why) for mouse in day.mice for why in mouse.look_at]
    if told:
        yield heading("Look at")
        yield table(("mouse", "what"), told)
    if day.absent:
        yield heading("No session on this day")
        yield table(("mouse", "last session"), [(each.subject, each.last) for each in day.absent])


def _shown(mouse: MouseDay) -> tuple[object, ...]:
    again = f" ({len(mouse.sessions)} sessions)" if len(mouse.sessions) > 1 else ""
    return (
        f"{mouse.subject}{again}", ", ".join(mouse.qc), mouse.trials, share(mouse.hit_rate),
        share(mouse.false_alarm_rate), two_digits(mouse.d_prime), two_digits(mouse.d_prime_before),
        two_digits(mouse.water_ml), mouse.stage,
    )  # fmt: skip


def simulated_words(rows: Sequence[Row]) -> str:
    """Return how many sessions were simulated or emulated, in words; empty if none was.

    Examples
    --------
    >>> simulated_words([{"simulated": True}, {"simulated": False, "emulated": False}])
    'SIMULATED: 1 of 2 sessions; there was no animal in the rig.'
    """
    count = sum(bool(row.get("simulated") or row.get("emulated")) for row in rows)
    if not count:
        return ""
    return f"SIMULATED: {count} of {len(rows)} sessions; there was no animal in the rig."


def share(value: float | None) -> str | None:
    """Return a share as people read it."""
    return None if value is None else f"{value:.0%}"


def two_digits(value: float | None) -> str | None:
    """Return a number with two digits behind the point."""
    return None if value is None else f"{value:z.2f}"


def stage_of(row: Row) -> str | None:
    """Return the stage of a session, or its protocol if it has none; None if it is unreadable."""
    return row.get("stage") or row.get("protocol")


def _mouse(own: Sequence[Row], before: Sequence[Row]) -> MouseDay:
    subject, stage = own[-1]["subject"], stage_of(own[-1])
    done = _pooled([row for row in own if stage_of(row) == stage])
    earlier = [
        row["d_prime"] for row in before if row["subject"] == subject and stage_of(row) == stage
    ]
    words = list(dict.fromkeys(word for row in own for word in row["qc"]))
    water = [row["water_ml"] for row in own if row.get("water_ml") is not None]
    return MouseDay(
        subject=subject,
        sessions=[row["session"] for row in own],
        stage=stage,
        qc=[word for word in words if word != Word.GOOD] or words,
        trials=done.trials,
        hit_rate=done.hit_rate,
        false_alarm_rate=done.false_alarm_rate,
        d_prime=done.d_prime,
        d_prime_before=earlier[-1] if earlier else None,
        water_ml=sum(water) if water else None,
        look_at=[
            f"{row['session']}: {why}" if len(own) > 1 else why
            for row in own for why in row["qc_why"]
        ],
    )  # fmt: skip


def _pooled(rows: Sequence[Row]) -> Performance:
    """Return what a mouse did in some sessions taken together; aborted trials are left out."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.get("outcomes") or {})
    del counts["aborted"]
    return performance_of(counts)
